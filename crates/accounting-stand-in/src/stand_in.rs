use crate::ledger::Ledger;
use crate::rules;
use crate::service::Accounting;
use serde_json::Value;
use stand_in_kit::Running;
use std::io;
use std::net::SocketAddr;
use std::ops::Deref;
use std::path::PathBuf;
use std::time::Duration;

/// How a stand-in is started.
#[derive(Debug, Clone)]
pub struct StandInConfig {
    /// Where it listens; port 0 for any.
    pub bind: SocketAddr,
    /// A file that keeps the books over a restart; made if it is not there.
    pub state: Option<PathBuf>,
}

impl Default for StandInConfig {
    /// On any port of the loopback, with nothing kept.
    fn default() -> Self {
        Self { bind: SocketAddr::from(([127, 0, 0, 1], 0)), state: None }
    }
}

/// A running stand-in. It stops when it is dropped. What all stand-ins can do, its address, faults
/// and counts, is at [`Running`].
pub struct StandIn(Running<Accounting>);

impl StandIn {
    /// Starts one on the runtime of the caller.
    ///
    /// # Errors
    /// If the address cannot be listened to, or the file not read.
    pub async fn start(config: StandInConfig) -> io::Result<Self> {
        let service = Accounting { ledger: Ledger::open(config.state.as_deref())? };
        Running::start(service, config.bind).await.map(Self)
    }

    /// From now on changes show only so long after they were answered.
    pub fn set_commit_delay(&self, delay: Duration) {
        self.0.service().ledger.set_commit_delay(delay);
    }

    /// All accounts with what is in them, the journal, and the sum, as `/_control/accounts`.
    #[must_use]
    pub fn accounts(&self) -> Value {
        rules::report(&self.0.service().ledger)
    }

    /// Runs as the whole of a process: prints where it is, and returns when it is told to stop.
    ///
    /// # Errors
    /// If signals cannot be listened to, or nothing be printed.
    pub async fn run(self) -> io::Result<()> {
        self.0.run().await
    }

    /// Stops it: its port is free when this returns, and every connection is closed.
    pub async fn stop(self) {
        self.0.stop().await;
    }
}

impl Deref for StandIn {
    type Target = Running<Accounting>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}
