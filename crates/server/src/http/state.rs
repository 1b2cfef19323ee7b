//! What all handlers share.

use super::crowd::Crowd;
use super::endpoints::Inside;
use super::error::{Failure, code};
use super::shared::Shared;
use crate::config::{Config, Cors};
use crate::metrics::Metrics;
use crate::runtime::HandleSpawner;
use actix_web::http::StatusCode;
use course_seats_application::App;
use course_seats_application::ports::store::Statistics;
use course_seats_sandbox::{
    Faults, SandboxAccounting, SandboxClock, SandboxIdentity, SandboxMailbox,
};
use std::sync::Arc;

/// What all handlers share.
pub struct State {
    /// The use cases.
    pub app: Arc<App>,
    /// The runtime that they run on.
    pub spawner: HandleSpawner,
    /// The systems outside that are inside.
    pub sandbox: SandboxParts,
    /// What this process counts.
    pub metrics: Arc<Metrics>,
    /// Which web origins may call.
    pub cors: Cors,
    /// A path that everything is served under.
    pub base_path: String,
    /// The requests that are being answered.
    pub crowd: Crowd,
    /// Whether the database and the identity provider answer.
    pub readiness: Shared<(bool, bool)>,
    /// What the database holds; `None`: it did not answer.
    pub statistics: Shared<Option<Arc<Statistics>>>,
}

/// What of the world is the sandbox's; `None` is the real thing.
#[derive(Default)]
pub struct SandboxParts {
    /// The identity provider.
    pub identity: Option<Arc<SandboxIdentity>>,
    /// The clock that can be turned: there with the identity provider, whose tokens live by it.
    pub clock: Option<Arc<SandboxClock>>,
    /// Accounting.
    pub accounting: Option<Arc<SandboxAccounting>>,
    /// The mail server, and what it delivered.
    pub mailbox: Option<Arc<SandboxMailbox>>,
    /// What goes wrong in any of them.
    pub faults: Option<Arc<Faults>>,
}

impl SandboxParts {
    /// Which are there.
    #[must_use]
    pub fn inside(&self) -> Inside {
        Inside {
            identity: self.identity.is_some(),
            mailbox: self.mailbox.is_some(),
            accounting: self.accounting.is_some(),
        }
    }

    /// The identity provider.
    ///
    /// # Errors
    /// 404 if it is a real one, as for all that is not there.
    pub fn identity(&self) -> Result<&Arc<SandboxIdentity>, Failure> {
        self.identity.as_ref().ok_or_else(not_here)
    }

    /// The clock that can be turned.
    ///
    /// # Errors
    /// 404 if it is the system's.
    pub fn clock(&self) -> Result<&Arc<SandboxClock>, Failure> {
        self.clock.as_ref().ok_or_else(not_here)
    }

    /// Accounting.
    ///
    /// # Errors
    /// 404 if it is a real one.
    pub fn accounting(&self) -> Result<&Arc<SandboxAccounting>, Failure> {
        self.accounting.as_ref().ok_or_else(not_here)
    }

    /// The mail server.
    ///
    /// # Errors
    /// 404 if it is a real one.
    pub fn mailbox(&self) -> Result<&Arc<SandboxMailbox>, Failure> {
        self.mailbox.as_ref().ok_or_else(not_here)
    }

    /// What goes wrong.
    ///
    /// # Errors
    /// 404 if nothing of the sandbox is there.
    pub fn faults(&self) -> Result<&Arc<Faults>, Failure> {
        self.faults.as_ref().ok_or_else(not_here)
    }
}

fn not_here() -> Failure {
    Failure::new(StatusCode::NOT_FOUND, code::NOT_FOUND, "Not Found")
}

impl State {
    /// What all handlers share.
    #[must_use]
    pub fn new(
        app: Arc<App>,
        spawner: HandleSpawner,
        sandbox: SandboxParts,
        metrics: Arc<Metrics>,
        config: &Config,
    ) -> Self {
        Self {
            app,
            spawner,
            sandbox,
            metrics,
            cors: config.cors.clone(),
            base_path: config.base_path.clone(),
            crowd: Crowd::new(config.requests_at_once),
            readiness: Shared::default(),
            statistics: Shared::default(),
        }
    }

    /// A path, or the pattern of one, as it is below the base path.
    #[must_use]
    pub fn below_base<'p>(&self, path: &'p str) -> &'p str {
        path.strip_prefix(self.base_path.as_str()).unwrap_or(path)
    }
}
