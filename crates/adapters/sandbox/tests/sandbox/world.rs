use course_seats_application::ports::Clock;
use course_seats_domain::group::GroupName;
use course_seats_sandbox::{Sandbox, SandboxClock, SandboxConfig, TokenRequest};
use course_seats_testkit::runtime::{RandomEntropy, TokioSpawner};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

pub const ISSUER: &str = "http://127.0.0.1:8000/sandbox/realms/obp-realm";

/// A sandbox in a folder of its own, which goes with it.
pub struct World {
    pub sandbox: Sandbox,
    pub clock: Arc<SandboxClock>,
    pub folder: tempfile::TempDir,
}

pub fn world() -> World {
    with_limit(Duration::from_secs(5))
}

pub fn with_limit(call_limit: Duration) -> World {
    let folder = tempfile::tempdir().unwrap();
    let (sandbox, clock) = open(folder.path(), call_limit);
    World { sandbox, clock, folder }
}

impl World {
    /// The same folder, opened by the next process.
    pub fn restarted(self) -> Self {
        let Self { sandbox, clock, folder } = self;
        drop((sandbox, clock));
        let (sandbox, clock) = open(folder.path(), Duration::from_secs(5));
        Self { sandbox, clock, folder }
    }

    pub fn token(&self, username: &str) -> String {
        let answer = self.sandbox.identity.token(&password(username, "sandbox")).unwrap();
        answer.get("access_token").unwrap().as_str().unwrap().to_owned()
    }

    /// Waits until something is so, by asking.
    pub async fn until(&self, what: &str, mut ask: impl AsyncFnMut() -> bool) {
        for _ in 0..1000 {
            if ask().await {
                return;
            }
            self.clock.sleep(Duration::from_millis(5)).await;
        }
        assert!(ask().await, "{what}");
    }
}

fn open(folder: &Path, call_limit: Duration) -> (Sandbox, Arc<SandboxClock>) {
    let clock = Arc::new(SandboxClock::open(folder).unwrap());
    let config = SandboxConfig {
        folder: folder.to_owned(),
        issuer: ISSUER.into(),
        latency: Duration::ZERO,
        call_limit,
        concurrency: 4,
        token_lifetime: Duration::from_secs(1800),
    };
    let spawner = Arc::new(TokioSpawner::current());
    let sandbox = Sandbox::open(config, clock.clone(), Arc::new(RandomEntropy), spawner);
    (sandbox.unwrap(), clock)
}

pub fn password(username: &str, password: &str) -> TokenRequest {
    TokenRequest {
        grant_type: Some("password".into()),
        client_id: Some("obpapp".into()),
        username: Some(username.into()),
        password: Some(password.into()),
        refresh_token: None,
    }
}

pub fn group(name: &str) -> GroupName {
    GroupName::from_provider(name)
}
