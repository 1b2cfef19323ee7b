use crate::client::Client;
use crate::service::Keycloak;
use crate::user::Person;
use crate::{control, groups};
use serde_json::Value;
use stand_in_kit::{Answer, Running};
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
    /// A file that keeps the realm over a restart; made if it is not there.
    pub state: Option<PathBuf>,
    /// How long every call takes.
    pub latency: Duration,
    /// How long an access token is good for, in whole seconds.
    pub token_life: Duration,
}

impl Default for StandInConfig {
    /// On any port of the loopback, at once, with nothing kept, and tokens of five minutes.
    fn default() -> Self {
        Self {
            bind: SocketAddr::from(([127, 0, 0, 1], 0)),
            state: None,
            latency: Duration::ZERO,
            token_life: Duration::from_secs(300),
        }
    }
}

/// A running stand-in. It stops when it is dropped. What all stand-ins can do, its address, faults
/// and counts, is at [`Running`].
pub struct StandIn(Running<Keycloak>);

impl StandIn {
    /// Starts one on the runtime of the caller.
    ///
    /// # Errors
    /// If the address cannot be listened to, or the file not read.
    pub async fn start(config: StandInConfig) -> io::Result<Self> {
        let service = Keycloak::open(config.state.as_deref(), config.token_life)?;
        let running = Running::start(service, config.bind).await?;
        running.set_latency(config.latency);
        Ok(Self(running))
    }

    /// Every group with its members, as `/_control/groups`.
    #[must_use]
    pub fn groups(&self) -> Value {
        groups::report(self.0.service())
    }

    /// Adds so many students, as `/_control/users`.
    ///
    /// # Errors
    /// If they are too many at once, or could not be kept.
    pub fn add_people(&self, count: u64) -> io::Result<Vec<Person>> {
        let (answer, people) = control::add_people(self.0.service(), count);
        done(&answer).map(|()| people)
    }

    /// Adds a client, as `/_control/clients`.
    ///
    /// # Errors
    /// If there is one of this name, or it could not be kept.
    pub fn add_client(&self, client: Client) -> io::Result<()> {
        done(&control::add_client(self.0.service(), client))
    }

    /// Lets another key sign from now on, as `/_control/keys`.
    ///
    /// # Errors
    /// If it could not be kept.
    pub fn rotate_key(&self) -> io::Result<()> {
        done(&control::rotate_key(self.0.service()))
    }

    /// How long access tokens are good for that are issued from now on, in whole seconds.
    pub fn set_token_life(&self, life: Duration) {
        self.0.service().set_token_life(life);
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
    type Target = Running<Keycloak>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

fn done(answer: &Answer) -> io::Result<()> {
    match answer.status {
        200..300 => Ok(()),
        status => Err(io::Error::other(format!("HTTP {status}"))),
    }
}
