use crate::gate::World;
use crate::{Faults, SandboxAccounting, SandboxError, SandboxIdentity, SandboxMailbox};
use course_seats_application::ports::{Clock, Entropy, Spawner};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// How the sandbox is set up.
#[derive(Debug, Clone)]
pub struct SandboxConfig {
    /// Where everything is kept; made if it is not there.
    pub folder: PathBuf,
    /// Who issues the tokens: `{base_url}/sandbox/realms/obp-realm`.
    pub issuer: String,
    /// How long every call takes (`SANDBOX_LATENCY_MS`).
    pub latency: Duration,
    /// How long one call may last (`OUTSIDE_TIMEOUT_MS`).
    pub call_limit: Duration,
    /// How many calls at once to one system (`OUTSIDE_CONCURRENCY`).
    pub concurrency: usize,
    /// How long an access token is valid; half an hour is usual.
    pub token_lifetime: Duration,
}

/// The three systems outside, in this process.
pub struct Sandbox {
    /// The identity provider.
    pub identity: Arc<SandboxIdentity>,
    /// The accounting service.
    pub accounting: Arc<SandboxAccounting>,
    /// The mail server, and what it delivered.
    pub mailbox: Arc<SandboxMailbox>,
    /// What goes wrong.
    pub faults: Arc<Faults>,
}

impl Sandbox {
    /// Opens what is kept in the folder, or a new one with its users.
    ///
    /// # Errors
    /// If a file cannot be read or written, or holds what the sandbox never wrote.
    pub fn open(
        config: SandboxConfig,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        spawner: Arc<dyn Spawner>,
    ) -> Result<Self, SandboxError> {
        let folder = config.folder;
        std::fs::create_dir_all(&folder).map_err(SandboxError::file(&folder))?;
        let faults = Arc::new(Faults::new(config.latency));
        let world = World {
            clock,
            spawner,
            faults: Arc::clone(&faults),
            call_limit: config.call_limit,
            concurrency: config.concurrency,
        };
        Ok(Self {
            identity: Arc::new(SandboxIdentity::open(
                &folder.join("identity.jsonl"),
                config.issuer,
                config.token_lifetime,
                world.clone(),
                entropy,
            )?),
            accounting: Arc::new(SandboxAccounting::open(
                &folder.join("accounting.jsonl"),
                world.clone(),
            )?),
            mailbox: Arc::new(SandboxMailbox::open(&folder.join("mailbox.jsonl"), world)?),
            faults,
        })
    }
}
