use super::StoreError;
use async_trait::async_trait;
use chrono::{DateTime, Utc};

/// Who did what to what. Plain ids, no e-mail addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// When.
    pub at: DateTime<Utc>,
    /// The caller's `sub`, or what acted by itself.
    pub actor: String,
    /// What, in one word.
    pub action: &'static str,
    /// On what: an id.
    pub subject: String,
    /// More, as a JSON object.
    pub detail: serde_json::Value,
}

/// The audit log: append only.
#[async_trait]
pub trait Audit: Send {
    /// Appends an entry.
    async fn audit(&mut self, entry: &AuditEntry) -> Result<(), StoreError>;
}
