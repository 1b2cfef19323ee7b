use crate::settings::KeycloakSettings;
use crate::wire::Wire;
use course_seats_application::ports::PortError;
use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long a kept token is used after a failed attempt to get the next one, before the next
/// attempt.
const PAUSE: Duration = Duration::from_secs(5);

/// The access token of our service account, kept until shortly before it ends.
///
/// The Admin REST and the accounting service take the same one. Calls that need it at the same
/// time share one request for it, and its failure.
pub struct ServiceToken {
    wire: Arc<Wire>,
    client_id: String,
    client_secret: SecretString,
    kept: Mutex<Option<Kept>>,
    /// Who holds it asks for the next token; inside, how the last attempt failed and when.
    turn: tokio::sync::Mutex<Option<(Duration, PortError)>>,
}

/// Times on the monotonic clock.
#[derive(Clone)]
struct Kept {
    token: SecretString,
    renew_at: Duration,
    ends_at: Duration,
}

#[derive(Deserialize)]
struct Granted {
    access_token: SecretString,
    expires_in: u64,
}

impl ServiceToken {
    pub(crate) fn new(settings: &KeycloakSettings, wire: Arc<Wire>) -> Self {
        Self {
            wire,
            client_id: settings.client_id.clone(),
            client_secret: settings.client_secret.clone(),
            kept: Mutex::default(),
            turn: tokio::sync::Mutex::default(),
        }
    }

    /// A token that is good for a while. The last fifth of its life, the next one is asked for
    /// already, and this one still used if that fails.
    ///
    /// # Errors
    /// `Unavailable`, whatever the reason.
    pub async fn token(&self) -> Result<SecretString, PortError> {
        let now = self.wire.clock.monotonic();
        let Some(kept) = self.current().clone().filter(|kept| now < kept.ends_at) else {
            return self.next(now, None).await;
        };
        if now < kept.renew_at {
            return Ok(kept.token);
        }
        // One renews, the others go on with what there is.
        let Ok(turn) = self.turn.try_lock() else { return Ok(kept.token) };
        drop(turn);
        match self.next(now, Some(&kept.token)).await {
            Ok(token) => Ok(token),
            Err(_) => {
                if let Some(kept) = self.current().as_mut() {
                    kept.renew_at = now + PAUSE;
                }
                Ok(kept.token)
            }
        }
    }

    /// A token other than this one, which was just refused. Of many calls that say so at once, one
    /// asks for it.
    ///
    /// # Errors
    /// `Unavailable`, whatever the reason.
    pub async fn refresh(&self, refused: &SecretString) -> Result<SecretString, PortError> {
        self.next(self.wire.clock.monotonic(), Some(refused)).await
    }

    /// A token other than `old`: the one that came meanwhile, or a new one.
    async fn next(
        &self,
        arrived: Duration,
        old: Option<&SecretString>,
    ) -> Result<SecretString, PortError> {
        let mut failed = self.turn.lock().await;
        let now = self.wire.clock.monotonic();
        let other =
            |kept: &Kept| old.is_none_or(|old| old.expose_secret() != kept.token.expose_secret());
        if let Some(kept) = self.current().clone().filter(|kept| now < kept.ends_at && other(kept))
        {
            return Ok(kept.token);
        }
        // Whoever waited for an attempt that failed has seen it fail: when Keycloak hangs, a
        // hundred callers must not wait for a hundred time limits, one after the other.
        if let Some((_, error)) = failed.as_ref().filter(|(at, _)| *at >= arrived) {
            return Err(error.clone());
        }
        match self.ask().await {
            Ok(kept) => {
                *failed = None;
                *self.current() = Some(kept.clone());
                Ok(kept.token)
            }
            Err(error) => {
                *failed = Some((self.wire.clock.monotonic(), error.clone()));
                Err(error)
            }
        }
    }

    /// Not counted among the calls at once: those who hold a permit wait for it.
    async fn ask(&self) -> Result<Kept, PortError> {
        let path = ["protocol", "openid-connect", "token"];
        let request = self.wire.realm(Method::POST, &path).form(&[
            ("grant_type", "client_credentials"),
            ("client_id", &self.client_id),
            ("client_secret", self.client_secret.expose_secret()),
        ]);
        let asked = self.wire.clock.monotonic();
        let answer = self.wire.send(request, None).await.map_err(|error| no_token(error.why()))?;
        if !answer.status.is_success() {
            return Err(no_token(&answer.said()));
        }
        let granted: Granted =
            answer.json().ok_or_else(|| no_token("the answer cannot be read"))?;
        let life = Duration::from_secs(granted.expires_in);
        Ok(Kept {
            token: granted.access_token,
            renew_at: asked.saturating_add(life * 4 / 5),
            ends_at: asked.saturating_add(life),
        })
    }

    fn current(&self) -> MutexGuard<'_, Option<Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn no_token(why: &str) -> PortError {
    PortError::Unavailable(format!("no service token: {why}"))
}
