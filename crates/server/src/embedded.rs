//! The embedded default: SQLite and the sandbox, in one folder.

use crate::config::Config;
use crate::http::state::SandboxParts;
use crate::runtime::{HandleSpawner, OsEntropy};
use course_seats_application::ports::{Clock, Entropy, Spawner, Store, StoreError};
use course_seats_application::{App, Ports};
use course_seats_sandbox::{Sandbox, SandboxClock, SandboxConfig, SandboxError};
use course_seats_sqlite::{SqliteSettings, SqliteStore};
use secrecy::{ExposeSecret, SecretString};
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// How long an access token of the sandbox counts.
const TOKEN_LIFETIME: Duration = Duration::from_secs(30 * 60);

/// Why the embedded parts could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    /// The data folder.
    #[error(
        "the data folder {folder} cannot be used: {source}; DATA_DIR sets another one",
        folder = folder.display()
    )]
    Folder {
        /// Which.
        folder: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Another process has it.
    #[error(
        "the data folder {folder} is in use by another process; DATA_DIR sets another one",
        folder = .0.display()
    )]
    InUse(PathBuf),
    /// The database.
    #[error("the database in the data folder: {0}")]
    Database(#[from] StoreError),
    /// The sandbox.
    #[error("the sandbox in the data folder: {0}")]
    Sandbox(#[from] SandboxError),
}

/// That the data folder is ours: two processes in one would not see each other's sandbox. Given
/// back when it is dropped, or when the process dies.
pub struct FolderLock {
    _file: File,
}

impl FolderLock {
    /// Takes the folder, which is made if it is not there.
    pub fn take(folder: &Path) -> Result<Self, EmbeddedError> {
        let wrong = |source| EmbeddedError::Folder { folder: folder.to_owned(), source };
        std::fs::create_dir_all(folder).map_err(wrong)?;
        let file = File::create(folder.join("lock")).map_err(wrong)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(EmbeddedError::InUse(folder.to_owned())),
            Err(TryLockError::Error(source)) => Err(wrong(source)),
        }
    }
}

/// The application on the embedded parts.
pub struct Embedded {
    /// The application; nothing runs in it yet.
    pub app: Arc<App>,
    /// The sandbox and its clock.
    pub sandbox: SandboxParts,
}

/// Opens everything in the data folder, and migrates the database. `url` is where the server
/// answers: the sandbox issues its tokens under it, and the links in its mails lead there.
pub async fn open(
    config: &Config,
    url: &str,
    spawner: &HandleSpawner,
) -> Result<Embedded, EmbeddedError> {
    let clock = open_clock(&config.data_dir)?;
    let store = open_store(&config.data_dir, &clock)?;
    store.migrate().await?;
    let entropy: Arc<dyn Entropy> = Arc::new(OsEntropy);
    let spawner: Arc<dyn Spawner> = Arc::new(spawner.clone());
    let sandbox = SandboxConfig {
        folder: config.data_dir.join("sandbox"),
        issuer: format!("{url}{}/sandbox/realms/obp-realm", config.base_path),
        latency: config.sandbox_latency,
        call_limit: config.rules.outside_timeout,
        concurrency: config.outside_concurrency,
        token_lifetime: TOKEN_LIFETIME,
    };
    let systems =
        Sandbox::open(sandbox, Arc::clone(&clock), Arc::clone(&entropy), Arc::clone(&spawner))?;
    let ports = Ports {
        store: Arc::new(store) as Arc<dyn Store>,
        identity: Arc::clone(&systems.identity) as _,
        accounting: Arc::clone(&systems.accounting) as _,
        mailer: Arc::clone(&systems.mailbox) as _,
        clock: Arc::clone(&clock) as _,
        entropy,
        spawner,
    };
    let mut rules = config.rules.clone();
    if rules.invite_secret.expose_secret().is_empty() {
        rules.invite_secret = kept_secret(&config.data_dir)?;
    }
    if rules.invite_link_base.is_empty() {
        rules.invite_link_base = format!("{url}{}", config.base_path);
    }
    let sandbox = SandboxParts { systems, clock };
    Ok(Embedded { app: App::new(ports, rules), sandbox })
}

/// The embedded database alone, not migrated.
pub fn open_database(config: &Config) -> Result<SqliteStore, EmbeddedError> {
    let clock = open_clock(&config.data_dir)?;
    open_store(&config.data_dir, &clock)
}

fn open_clock(folder: &Path) -> Result<Arc<SandboxClock>, EmbeddedError> {
    let wrong = |source| EmbeddedError::Folder { folder: folder.to_owned(), source };
    std::fs::create_dir_all(folder).map_err(wrong)?;
    Ok(Arc::new(SandboxClock::open(&folder.join("sandbox"))?))
}

fn open_store(folder: &Path, clock: &Arc<SandboxClock>) -> Result<SqliteStore, EmbeddedError> {
    let clock = Arc::clone(clock) as Arc<dyn Clock>;
    let settings = SqliteSettings::default();
    Ok(SqliteStore::open(&folder.join("course-seats.sqlite"), clock, settings)?)
}

/// The secret of invite tokens: made once, so that invites survive a restart.
fn kept_secret(folder: &Path) -> Result<SecretString, EmbeddedError> {
    let wrong = |source| EmbeddedError::Folder { folder: folder.to_owned(), source };
    let path = folder.join("invite-secret");
    match std::fs::read_to_string(&path) {
        Ok(secret) if secret.trim().len() >= 32 => return Ok(SecretString::from(secret.trim())),
        Ok(_) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(wrong(error)),
    }
    let entropy = OsEntropy;
    let secret = format!("{}{}", entropy.uuid().simple(), entropy.uuid().simple());
    // Written beside and moved into place, so that a kill leaves no half of it.
    let beside = path.with_extension("new");
    write_private(&beside, &secret)
        .and_then(|()| std::fs::rename(&beside, &path))
        .map_err(wrong)?;
    Ok(SecretString::from(secret))
}

#[cfg(unix)]
fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(not(unix))]
fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    std::fs::write(path, text)
}
