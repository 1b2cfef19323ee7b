use std::time::Duration;
use url::Url;

/// Where the accounting service is, and how long it may take.
#[derive(Debug, Clone)]
pub struct AccountingSettings {
    /// Where its paths begin (`ACCOUNTING_BASE_URL`), with or without a slash at the end.
    pub base_url: Url,
    /// How long one call may last, from the first byte to the last (`OUTSIDE_TIMEOUT_MS`).
    pub timeout: Duration,
    /// How long it may take to connect. Below `timeout`, so that a call that never reached
    /// anybody is told from one that may have: only the first is known not to be done.
    pub connect_timeout: Duration,
    /// How many calls at once (`OUTSIDE_CONCURRENCY`).
    pub concurrency: usize,
}

/// Why no client could be made of the settings.
#[derive(Debug, thiserror::Error)]
pub enum AccountingSetupError {
    /// Not a place that can be called.
    #[error("the accounting service's address must begin with http:// or https://")]
    Address,
    /// The TLS parts did not start.
    #[error("the HTTP client for accounting did not start: {0}")]
    Client(reqwest::Error),
}
