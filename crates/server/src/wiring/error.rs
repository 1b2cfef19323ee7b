use super::folder::FolderError;
use course_seats_accounting::AccountingSetupError;
use course_seats_application::ports::StoreError;
use course_seats_keycloak::KeycloakSetupError;
use course_seats_mailer::MailerSetupError;
use course_seats_sandbox::SandboxError;

/// Why the parts that the settings name could not be put together.
#[derive(Debug, thiserror::Error)]
pub enum WiringError {
    /// The data folder.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The database.
    #[error("the database: {0}")]
    Database(#[from] StoreError),
    /// It answers, but does not let us in.
    #[error(
        "the database refuses us: {0}; see DATABASE_URL, or POSTGRES_USER, POSTGRES_PASSWORD and \
         POSTGRES_DB"
    )]
    DatabaseRefuses(String),
    /// Others may use it, too: an operator decides when it changes.
    #[error(
        "the database lacks {0} of our migrations: run `course-seats migrate`, then start again"
    )]
    NotMigrated(usize),
    /// A sandbox knows nothing of what another process does to it.
    #[error(
        "the sandbox in the data folder {folder} is in use by another process, and only one can \
         have it open: ask the running server (GET or POST /operator/drift), or stop it first",
        folder = .0.display()
    )]
    SandboxInUse(std::path::PathBuf),
    /// The sandbox.
    #[error("the sandbox in the data folder: {0}")]
    Sandbox(#[from] SandboxError),
    /// Neither a real one nor a sandbox: the settings refuse that.
    #[error("a system outside has no part that stands for it")]
    NoSandbox,
    /// Keycloak.
    #[error("KC_SERVER_URI: {0}")]
    Keycloak(#[from] KeycloakSetupError),
    /// Accounting.
    #[error("ACCOUNTING_BASE_URL: {0}")]
    Accounting(#[from] AccountingSetupError),
    /// Mail.
    #[error("mail (MAIL_FROM, MAIL_CA_FILE): {0}")]
    Mail(#[from] MailerSetupError),
}
