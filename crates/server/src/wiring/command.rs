//! The application for one command of an operator, which may run beside a server.

use super::not_opened::NotOpened;
use super::outside::Real;
use super::{DataFolder, Database, FolderError, Time, WiringError, folder, migrated, rules, wire};
use crate::config::Config;
use crate::runtime::{HandleSpawner, OsEntropy};
use course_seats_application::ports::{Entropy, Spawner};
use course_seats_application::{App, Ports};
use std::sync::Arc;

/// The application, nothing of which runs by itself.
pub struct Commanded {
    /// The application.
    pub app: Arc<App>,
    /// Ours alone until it is dropped, if a sandbox was opened there.
    pub _folder: Option<DataFolder>,
}

/// Opens the database, beside whoever else is at work on it. `outside`: also the systems outside;
/// those of the sandbox only one process can have.
pub async fn open_for_command(
    config: &Config,
    spawner: &HandleSpawner,
    outside: bool,
) -> Result<Commanded, WiringError> {
    if outside && config.parts.uses_sandbox() {
        let url = format!("http://{}", config.bind);
        let wired = wire(config, &url, spawner).await.map_err(|error| match error {
            WiringError::Folder(FolderError::InUse(folder)) => WiringError::SandboxInUse(folder),
            error => error,
        })?;
        return Ok(Commanded { app: wired.app, _folder: wired.folder });
    }
    if config.parts.uses_folder() {
        folder::make(&config.data_dir)?;
    }
    // The time of a server with these settings, beside which this may run.
    let time = Time::of(config)?;
    let clock = time.clock();
    let database = Database::open(config, Arc::clone(&clock), time.leases())?;
    migrated(&database).await?;
    let real = match outside {
        true => Real::open(config, &clock)?,
        false => Real { keycloak: None, accounting: None, mailer: None },
    };
    let nothing = Arc::new(NotOpened);
    let ports = Ports {
        store: database.into_store(),
        identity: real.keycloak.map_or_else(|| Arc::clone(&nothing) as _, |it| it as _),
        accounting: real.accounting.map_or_else(|| Arc::clone(&nothing) as _, |it| it as _),
        mailer: real.mailer.map_or_else(|| nothing as _, |it| it as _),
        clock,
        entropy: Arc::new(OsEntropy) as Arc<dyn Entropy>,
        spawner: Arc::new(spawner.clone()) as Arc<dyn Spawner>,
    };
    let rules = rules(config, "", None)?;
    Ok(Commanded { app: App::new(ports, rules), _folder: None })
}
