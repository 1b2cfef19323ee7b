//! Puts the application together from the parts that the settings name: each embedded, or real.

mod command;
mod database;
mod error;
mod folder;
mod not_opened;
mod outside;
mod tokens;

pub use command::{Commanded, open_for_command};
pub use database::Database;
pub use error::WiringError;
pub use folder::{DataFolder, FolderError};
pub use outside::Real;

use crate::config::Config;
use crate::http::state::SandboxParts;
use crate::metrics::{Metered, Metrics};
use crate::runtime::{HandleSpawner, OsEntropy, SystemClock};
use course_seats_application::ports::{Clock, Entropy, Spawner, StoreError};
use course_seats_application::settings::Settings;
use course_seats_application::{App, Ports};
use course_seats_postgres::{FirstContact, LeaseTime};
use course_seats_sandbox::SandboxClock;
use outside::Outside;
use secrecy::ExposeSecret;
use std::sync::Arc;

/// The application on its parts.
pub struct Wired {
    /// The application; nothing runs in it yet.
    pub app: Arc<App>,
    /// What of the world is the sandbox's.
    pub sandbox: SandboxParts,
    /// What its calls outside are counted by.
    pub metrics: Arc<Metrics>,
    /// Ours alone until it is dropped, if something is kept there.
    pub folder: Option<DataFolder>,
}

/// Opens every part. `url` is where the server answers: the sandbox issues its tokens under it, and
/// the links in mails lead there unless the settings say where else.
///
/// The embedded database is migrated; PostgreSQL must have been. That it cannot be reached now
/// stops nothing: the service answers 503 until it can.
pub async fn wire(
    config: &Config,
    url: &str,
    spawner: &HandleSpawner,
) -> Result<Wired, WiringError> {
    let folder = match config.parts.uses_folder() {
        true => Some(DataFolder::take(&config.data_dir)?),
        false => None,
    };
    let time = Time::of(config)?;
    let database = Database::open(config, time.clock(), time.leases())?;
    prepare(&database).await?;
    let entropy: Arc<dyn Entropy> = Arc::new(OsEntropy);
    let spawner: Arc<dyn Spawner> = Arc::new(spawner.clone());
    let outside = Outside::open(config, url, folder.as_ref(), &time, &entropy, &spawner)?;
    let metrics = Arc::new(Metrics::default());
    let (calls, clock) = (&metrics.calls, time.clock());
    let ports = Ports {
        store: database.into_store(),
        identity: Arc::new(Metered::new(outside.identity, calls.clone(), Arc::clone(&clock))),
        accounting: Arc::new(Metered::new(outside.accounting, calls.clone(), Arc::clone(&clock))),
        mailer: Arc::new(Metered::new(outside.mailer, calls.clone(), Arc::clone(&clock))),
        clock,
        entropy,
        spawner,
    };
    let rules = rules(config, url, folder.as_ref())?;
    let app = App::new(ports, rules);
    Ok(Wired { app, sandbox: outside.sandbox, metrics, folder })
}

/// The database alone, not migrated. Others may be at work on it.
pub fn open_database(config: &Config) -> Result<Database, WiringError> {
    if config.parts.database.is_none() {
        folder::make(&config.data_dir)?;
    }
    let clock = Arc::new(SystemClock::default());
    Ok(Database::open(config, clock, LeaseTime::Database)?)
}

/// Clients for the real systems that the settings name, on the system's clock.
pub fn open_real(config: &Config) -> Result<Real, WiringError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
    Real::open(config, &clock)
}

/// The time that everything lives by.
pub enum Time {
    /// The sandbox's, which can be turned: tokens that another system issues would not turn with it.
    Sandbox(Arc<SandboxClock>),
    /// The system's.
    Real(Arc<SystemClock>),
}

impl Time {
    /// That of a server with these settings.
    fn of(config: &Config) -> Result<Self, WiringError> {
        Ok(match config.parts.identity {
            None => {
                let folder = folder::sandbox(&config.data_dir);
                Self::Sandbox(Arc::new(SandboxClock::open(&folder)?))
            }
            Some(_) => Self::Real(Arc::new(SystemClock::default())),
        })
    }

    fn clock(&self) -> Arc<dyn Clock> {
        match self {
            Self::Sandbox(clock) => Arc::clone(clock) as _,
            Self::Real(clock) => Arc::clone(clock) as _,
        }
    }

    /// Where time can be turned there is one process, and its leases turn with it.
    fn leases(&self) -> LeaseTime {
        match self {
            Self::Sandbox(clock) => LeaseTime::Clock(Arc::clone(clock) as _),
            Self::Real(_) => LeaseTime::Database,
        }
    }
}

/// Refuses a database that lacks migrations of ours.
async fn migrated(database: &Database) -> Result<(), WiringError> {
    let status = database.migration_status().await?;
    match status.iter().filter(|(_, applied)| !applied).count() {
        0 => Ok(()),
        count => Err(WiringError::NotMigrated(count)),
    }
}

/// The embedded database is migrated; the other one is looked at.
async fn prepare(database: &Database) -> Result<(), WiringError> {
    let Database::Postgres(store) = database else {
        return Ok(database.migrate().await?);
    };
    match store.first_contact().await {
        FirstContact::Answers => {}
        FirstContact::Refuses(why) => return Err(WiringError::DatabaseRefuses(why)),
        FirstContact::Silent(why) => {
            not_there(&why);
            return Ok(());
        }
    }
    match migrated(database).await {
        Err(WiringError::Database(StoreError::Unavailable(why))) => {
            not_there(&why);
            Ok(())
        }
        looked_at => looked_at,
    }
}

fn not_there(why: &str) {
    tracing::warn!(why, "the database cannot be reached; not ready until it can");
}

fn rules(config: &Config, url: &str, folder: Option<&DataFolder>) -> Result<Settings, WiringError> {
    let mut rules = config.rules.clone();
    if let Some(folder) = folder.filter(|_| rules.invite_secret.expose_secret().is_empty()) {
        rules.invite_secret = folder.invite_secret()?;
    }
    if rules.invite_link_base.is_empty() {
        rules.invite_link_base = format!("{url}{}", config.base_path);
    }
    Ok(rules)
}
