//! What all handlers share.

use crate::config::{Config, Cors};
use crate::runtime::HandleSpawner;
use course_seats_application::App;
use course_seats_sandbox::{Sandbox, SandboxClock};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What all handlers share.
pub struct State {
    /// The use cases.
    pub app: Arc<App>,
    /// The runtime that they run on.
    pub spawner: HandleSpawner,
    /// The systems outside, which this version has inside.
    pub sandbox: SandboxParts,
    /// Which web origins may call.
    pub cors: Cors,
    /// A path that everything is served under.
    pub base_path: String,
    draining: AtomicBool,
}

/// The sandbox and its clock.
pub struct SandboxParts {
    /// Identity provider, accounting, mailbox, faults.
    pub systems: Sandbox,
    /// The one clock.
    pub clock: Arc<SandboxClock>,
}

impl State {
    /// What all handlers share.
    #[must_use]
    pub fn new(
        app: Arc<App>,
        spawner: HandleSpawner,
        sandbox: SandboxParts,
        config: &Config,
    ) -> Self {
        Self {
            app,
            spawner,
            sandbox,
            cors: config.cors.clone(),
            base_path: config.base_path.clone(),
            draining: AtomicBool::new(false),
        }
    }

    /// From here on, nothing new is begun.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Release);
    }

    /// Whether nothing new is begun.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Acquire)
    }
}
