//! The systems outside: the real ones, and the sandbox's for those that are not named.

use super::tokens::KeycloakTokens;
use super::{DataFolder, Time, WiringError};
use crate::config::Config;
use crate::http::state::SandboxParts;
use course_seats_accounting::AccountingClient;
use course_seats_application::ports::{
    Accounting, Clock, Entropy, IdentityProvider, Mailer, Spawner,
};
use course_seats_keycloak::Keycloak;
use course_seats_mailer::SmtpMailer;
use course_seats_sandbox::{Sandbox, SandboxConfig};
use std::sync::Arc;
use std::time::Duration;

/// How long an access token of the sandbox counts.
const TOKEN_LIFETIME: Duration = Duration::from_secs(30 * 60);

/// The systems outside.
pub struct Outside {
    pub identity: Arc<dyn IdentityProvider>,
    pub accounting: Arc<dyn Accounting>,
    pub mailer: Arc<dyn Mailer>,
    /// Those of them that are the sandbox's.
    pub sandbox: SandboxParts,
}

/// The real ones that the settings name.
pub struct Real {
    pub keycloak: Option<Arc<Keycloak>>,
    pub accounting: Option<Arc<AccountingClient>>,
    pub mailer: Option<Arc<SmtpMailer>>,
}

impl Real {
    /// Clients for them. Nothing is sent yet.
    pub fn open(config: &Config, clock: &Arc<dyn Clock>) -> Result<Self, WiringError> {
        let parts = &config.parts;
        let keycloak = match &parts.identity {
            Some(settings) => Some(Arc::new(Keycloak::new(settings, Arc::clone(clock))?)),
            None => None,
        };
        // The settings refuse an accounting service without Keycloak.
        let accounting = match (&parts.accounting, &keycloak) {
            (Some(settings), Some(keycloak)) => {
                let tokens = Arc::new(KeycloakTokens(keycloak.service_token()));
                Some(Arc::new(AccountingClient::new(settings.clone(), tokens, Arc::clone(clock))?))
            }
            _ => None,
        };
        let mailer = match &parts.mail {
            Some(settings) => Some(Arc::new(SmtpMailer::new(settings, Arc::clone(clock))?)),
            None => None,
        };
        Ok(Self { keycloak, accounting, mailer })
    }
}

impl Outside {
    /// The real ones, and a sandbox in the data folder for the others.
    pub(super) fn open(
        config: &Config,
        url: &str,
        folder: Option<&DataFolder>,
        time: &Time,
        entropy: &Arc<dyn Entropy>,
        spawner: &Arc<dyn Spawner>,
    ) -> Result<Self, WiringError> {
        let clock = time.clock();
        let real = Real::open(config, &clock)?;
        let sandbox = match folder.filter(|_| config.parts.uses_sandbox()) {
            Some(folder) => {
                let settings = sandbox_settings(config, url, folder);
                let (entropy, spawner) = (Arc::clone(entropy), Arc::clone(spawner));
                Some(Sandbox::open(settings, clock, entropy, spawner)?)
            }
            None => None,
        };
        let mut inside = SandboxParts::default();
        if let Some(sandbox) = sandbox {
            inside.faults = Some(sandbox.faults);
            inside.identity = Some(sandbox.identity).filter(|_| real.keycloak.is_none());
            inside.accounting = Some(sandbox.accounting).filter(|_| real.accounting.is_none());
            inside.mailbox = Some(sandbox.mailbox).filter(|_| real.mailer.is_none());
        }
        if let Time::Sandbox(clock) = time {
            inside.clock = Some(Arc::clone(clock));
        }
        Ok(Self {
            identity: either(real.keycloak.map(|it| it as _), &inside.identity, |it| it as _)?,
            accounting: either(real.accounting.map(|it| it as _), &inside.accounting, |it| {
                it as _
            })?,
            mailer: either(real.mailer.map(|it| it as _), &inside.mailbox, |it| it as _)?,
            sandbox: inside,
        })
    }
}

/// The real one, or the sandbox's.
fn either<P: ?Sized, S>(
    real: Option<Arc<P>>,
    inside: &Option<Arc<S>>,
    as_port: impl FnOnce(Arc<S>) -> Arc<P>,
) -> Result<Arc<P>, WiringError> {
    real.or_else(|| inside.clone().map(as_port)).ok_or(WiringError::NoSandbox)
}

fn sandbox_settings(config: &Config, url: &str, folder: &DataFolder) -> SandboxConfig {
    SandboxConfig {
        folder: folder.sandbox(),
        issuer: format!("{url}{}/sandbox/realms/obp-realm", config.base_path),
        latency: config.sandbox_latency,
        call_limit: config.rules.outside_timeout,
        concurrency: config.outside_concurrency,
        token_lifetime: TOKEN_LIFETIME,
    }
}
