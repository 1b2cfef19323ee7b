//! The application: its ports and settings in one place, filled in once by whoever wires it.

use crate::engine::Tasks;
use crate::mail::Pace;
use crate::ports::store::AuditEntry;
use crate::ports::{
    Accounting, Clock, Entropy, IdentityProvider, Mailer, Spawner, Store, StoreError, Tx,
};
use crate::settings::Settings;
use chrono::{DateTime, Utc};
use std::sync::Arc;

/// What the application needs of the world.
#[derive(Clone)]
pub struct Ports {
    /// The database.
    pub store: Arc<dyn Store>,
    /// Sessions, users and groups.
    pub identity: Arc<dyn IdentityProvider>,
    /// Credits.
    pub accounting: Arc<dyn Accounting>,
    /// Mail.
    pub mailer: Arc<dyn Mailer>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// New ids and jitter.
    pub entropy: Arc<dyn Entropy>,
    /// Where tasks live.
    pub spawner: Arc<dyn Spawner>,
}

/// The application.
pub struct App {
    pub(crate) ports: Ports,
    /// What operators have set.
    pub settings: Settings,
    /// The sagas and reconcilers at work in this process.
    pub(crate) tasks: Tasks,
    /// How fast mail leaves this process.
    pub(crate) mail_pace: Pace,
}

impl App {
    /// An application on these ports. Nothing runs yet: see [`App::start_reconcilers`].
    #[must_use]
    pub fn new(ports: Ports, settings: Settings) -> Arc<Self> {
        let (tasks, mail_pace) = (Tasks::default(), Pace::default());
        Arc::new(Self { ports, settings, tasks, mail_pace })
    }

    /// The ports, for whoever serves what is not a use case (readiness).
    #[must_use]
    pub fn ports(&self) -> &Ports {
        &self.ports
    }

    /// The time of day.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.ports.clock.now()
    }

    /// A new id.
    pub(crate) fn new_id<T: From<uuid::Uuid>>(&self) -> T {
        self.ports.entropy.uuid().into()
    }

    /// Begins a transaction that writes.
    pub(crate) async fn begin(&self) -> Result<Box<dyn Tx>, StoreError> {
        self.ports.store.begin().await
    }

    /// Begins a transaction that reads.
    pub(crate) async fn read(&self) -> Result<Box<dyn Tx>, StoreError> {
        self.ports.store.read().await
    }

    /// For who asks one thing, and does not care whether the next answer fits.
    pub(crate) async fn glance(&self) -> Result<Box<dyn Tx>, StoreError> {
        self.ports.store.glance().await
    }

    /// For who writes one thing.
    pub(crate) async fn single(&self) -> Result<Box<dyn Tx>, StoreError> {
        self.ports.store.single().await
    }

    /// An audit entry of now.
    pub(crate) fn audit(
        &self,
        actor: &str,
        action: &'static str,
        subject: impl ToString,
        detail: serde_json::Value,
    ) -> AuditEntry {
        let (actor, subject) = (actor.to_owned(), subject.to_string());
        AuditEntry { at: self.now(), actor, action, subject, detail }
    }
}

/// Ends a transaction: commits what went well, takes back what did not.
pub(crate) async fn finish<T, E: From<StoreError>>(
    tx: Box<dyn Tx>,
    result: Result<T, E>,
) -> Result<T, E> {
    match result {
        Ok(value) => {
            tx.commit().await?;
            Ok(value)
        }
        Err(error) => {
            // What went wrong first is what the caller should hear.
            if let Err(rollback) = tx.rollback().await {
                tracing::debug!(error = %rollback, "rollback failed; the connection is dropped");
            }
            Err(error)
        }
    }
}
