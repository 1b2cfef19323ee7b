use crate::demo::api::Dates;
use crate::demo::client::{Reply, fetch, text};
use crate::demo::pause::pause;
use crate::demo::wrong::Wrong;
use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use reqwest::Method;
use serde_json::json;
use std::time::Duration;

/// How time goes by: the sandbox's clock is turned; on real systems everybody waits, so that dates
/// are near.
#[derive(Debug, Clone)]
pub struct Calendar {
    /// The sandbox's clock; `None`: everybody waits.
    clock_url: Option<String>,
}

impl Calendar {
    pub(super) fn turned(base: &str) -> Self {
        Self { clock_url: Some(format!("{base}/sandbox/clock")) }
    }

    pub(super) fn waited() -> Self {
        Self { clock_url: None }
    }

    /// Whether time can be turned: everybody's tokens have run out afterwards.
    #[must_use]
    pub fn can_turn(&self) -> bool {
        self.clock_url.is_some()
    }

    /// What the service's clock shows.
    ///
    /// # Errors
    /// If it does not show it.
    pub async fn now(&self, http: &reqwest::Client) -> Result<DateTime<Utc>, Wrong> {
        match &self.clock_url {
            Some(url) => time(fetch(http, Method::GET, url, None).await?),
            None => Ok(system_now()),
        }
    }

    /// The dates of a course that began yesterday and whose end is to be seen.
    #[must_use]
    pub fn dates(&self, now: DateTime<Utc>) -> Dates {
        let now = now.trunc_subsecs(0);
        let (last_drop, end) = match self.can_turn() {
            true => (TimeDelta::days(10), TimeDelta::days(40)),
            // Long enough for what is done before, on a slow machine, too.
            false => (TimeDelta::seconds(50), TimeDelta::seconds(75)),
        };
        Dates { start: now - TimeDelta::days(1), last_drop: now + last_drop, end: now + end }
    }

    /// Lets time go by until just after `at`, by turning the clock by whole days or by waiting.
    ///
    /// # Errors
    /// If the clock does not turn.
    pub async fn pass(
        &self,
        http: &reqwest::Client,
        at: DateTime<Utc>,
    ) -> Result<DateTime<Utc>, Wrong> {
        let now = self.now(http).await?;
        let left = at - now;
        match &self.clock_url {
            Some(url) => {
                let body = json!({ "advance_days": left.num_days() + 1 });
                time(fetch(http, Method::POST, url, Some(body)).await?)
            }
            None => {
                let left = (left + TimeDelta::milliseconds(50)).to_std();
                pause(left.unwrap_or(Duration::ZERO)).await;
                self.now(http).await
            }
        }
    }
}

fn time(reply: Reply) -> Result<DateTime<Utc>, Wrong> {
    let now = text(&reply.ok()?, "/now")?;
    now.parse().map_err(|_| Wrong::new("a time", now.clone()))
}

#[expect(clippy::disallowed_methods, reason = "a client of the service has no Clock port")]
fn system_now() -> DateTime<Utc> {
    Utc::now()
}
