use secrecy::SecretString;
use std::path::PathBuf;
use std::time::Duration;

/// Where the mail server is, and how to speak to it.
#[derive(Debug, Clone)]
pub struct MailerSettings {
    /// Its name or address (`MAIL_SERVER`).
    pub server: String,
    /// Its port (`MAIL_PORT`).
    pub port: u16,
    /// Whether the connection is encrypted (`MAIL_STARTTLS`, `MAIL_SSL_TLS`).
    pub security: MailSecurity,
    /// Who we are to it (`MAIL_USERNAME`, `MAIL_PASSWORD`).
    pub credentials: Option<MailCredentials>,
    /// Whether credentials may be sent over an unencrypted connection: not in production, where
    /// they are then held back.
    pub credentials_over_plain: bool,
    /// The sender (`MAIL_FROM`): `seats@obi.example`, or with a name in front.
    pub from: String,
    /// The value of `X-SES-CONFIGURATION-SET` (`AWS_SES_CONFIGURATION_SET`).
    pub ses_configuration_set: Option<String>,
    /// How long one mail may take (`MAIL_TIMEOUT_MS`).
    pub timeout: Duration,
    /// How many connections at once.
    pub connections: usize,
    /// A file with certificates (PEM) that are trusted beside the system's, for a server with a
    /// private authority.
    pub ca_file: Option<PathBuf>,
}

/// How the connection to the mail server is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailSecurity {
    /// Not at all.
    Plain,
    /// After `STARTTLS`, without which no mail is sent.
    StartTls,
    /// From the first byte.
    Tls,
}

/// Who we are to the mail server.
#[derive(Debug, Clone)]
pub struct MailCredentials {
    /// The user.
    pub username: String,
    /// The password.
    pub password: SecretString,
}

/// Why no mailer could be made of the settings.
#[derive(Debug, thiserror::Error)]
pub enum MailerSetupError {
    /// No address to send from.
    #[error("the sender is no e-mail address")]
    From,
    /// The header cannot hold it.
    #[error("the SES configuration set has characters other than letters, digits, - and _")]
    SesConfigurationSet,
    /// The file with certificates cannot be used.
    #[error("{path}: {why}")]
    CaFile {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The TLS parts did not start.
    #[error("TLS did not start: {0}")]
    Tls(String),
}
