//! What the realm publishes about its tokens: their issuer and the keys that sign them.

use crate::wire::{Answer, NoAnswer, Wire};
use course_seats_oidc::{JwkSet, key_set};
use reqwest::Method;
use serde::Deserialize;
use serde_json::Value;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// After so long they are asked for again, although no token needs it: a key may be gone.
const OLD: Duration = Duration::from_secs(300);

/// They are asked for at most this often, however many tokens with unknown keys come.
const PAUSE: Duration = Duration::from_secs(1);

/// The issuer and the keys, as published at one time.
pub(crate) struct Published {
    pub(crate) issuer: String,
    pub(crate) keys: JwkSet,
    /// When they were asked for, on the monotonic clock.
    asked: Duration,
}

/// Keeps them.
pub(crate) struct PublishedCache {
    wire: Arc<Wire>,
    kept: Mutex<Option<Arc<Published>>>,
    turn: tokio::sync::Mutex<Turn>,
}

/// How the last attempt to get them went, on the monotonic clock.
#[derive(Default)]
struct Turn {
    began: Option<Duration>,
    failed: Option<(Duration, String)>,
}

#[derive(Deserialize)]
struct Discovery {
    issuer: String,
}

impl PublishedCache {
    pub(crate) fn new(wire: Arc<Wire>) -> Self {
        Self { wire, kept: Mutex::default(), turn: tokio::sync::Mutex::default() }
    }

    /// What is published, at most a few minutes old; older if nobody answers.
    pub(crate) async fn current(&self) -> Result<Arc<Published>, String> {
        let now = self.wire.clock.monotonic();
        let kept = self.kept().clone();
        match kept {
            Some(kept) if now < kept.asked + OLD => Ok(kept),
            Some(kept) => Ok(self.asked_since(now).await.unwrap_or(kept)),
            None => self.asked_since(now).await,
        }
    }

    /// What was published at this time or later. Whoever comes too soon after the last question
    /// waits a moment and shares the next one: an unknown key is never refused unasked, and a flood
    /// of tokens with made-up keys is one question a second.
    pub(crate) async fn asked_since(&self, since: Duration) -> Result<Arc<Published>, String> {
        let mut turn = self.turn.lock().await;
        if let Some(kept) = self.kept().clone().filter(|kept| kept.asked >= since) {
            return Ok(kept);
        }
        if let Some((_, why)) = turn.failed.as_ref().filter(|(at, _)| *at >= since) {
            return Err(why.clone());
        }
        let clock = &self.wire.clock;
        if let Some(began) = turn.began {
            let pause = (began + PAUSE).saturating_sub(clock.monotonic());
            if !pause.is_zero() {
                clock.sleep(pause).await;
            }
        }
        let asked = clock.monotonic();
        turn.began = Some(asked);
        match self.ask(asked).await {
            Ok(published) => {
                let published = Arc::new(published);
                turn.failed = None;
                *self.kept() = Some(Arc::clone(&published));
                Ok(published)
            }
            Err(why) => {
                turn.failed = Some((clock.monotonic(), why.clone()));
                Err(why)
            }
        }
    }

    async fn ask(&self, asked: Duration) -> Result<Published, String> {
        let issuer = issuer(&self.wire).await?;
        let request = self.wire.realm(Method::GET, &["protocol", "openid-connect", "certs"]);
        let answer = good(self.wire.send(request, None).await)?;
        let keys = answer.json::<Value>().as_ref().and_then(key_set).ok_or_else(unreadable)?;
        Ok(Published { issuer, keys, asked })
    }

    fn kept(&self) -> MutexGuard<'_, Option<Arc<Published>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The issuer, asked now.
pub(crate) async fn issuer(wire: &Wire) -> Result<String, String> {
    let request = wire.realm(Method::GET, &[".well-known", "openid-configuration"]);
    let answer = good(wire.send(request, None).await)?;
    Ok(answer.json::<Discovery>().ok_or_else(unreadable)?.issuer)
}

fn good(answer: Result<Answer, NoAnswer>) -> Result<Answer, String> {
    let answer = answer.map_err(|error| error.why().to_owned())?;
    if answer.status.is_success() { Ok(answer) } else { Err(answer.said()) }
}

fn unreadable() -> String {
    "the answer cannot be read".into()
}
