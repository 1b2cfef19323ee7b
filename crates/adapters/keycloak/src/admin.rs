//! The Admin REST, and what its answers mean (design §5, the table in the crate's README).

use crate::service_token::ServiceToken;
use crate::wire::{Answer, NoAnswer, Wire};
use course_seats_application::ports::{Lease, PortError};
use reqwest::{Method, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use std::sync::Arc;

/// One call.
pub(crate) struct Call<'a> {
    method: Method,
    path: &'a [&'a str],
    query: Vec<(&'static str, String)>,
    body: Option<Value>,
    /// Only what changes something has one, and only its outcome can be unknown.
    lease: Option<&'a Lease>,
}

impl<'a> Call<'a> {
    /// Looks.
    pub(crate) fn read(path: &'a [&'a str]) -> Self {
        Self { method: Method::GET, path, query: Vec::new(), body: None, lease: None }
    }

    /// Changes something, under a lease.
    pub(crate) fn write(method: Method, path: &'a [&'a str], lease: &'a Lease) -> Self {
        Self { method, path, query: Vec::new(), body: None, lease: Some(lease) }
    }

    pub(crate) fn query(mut self, name: &'static str, value: impl ToString) -> Self {
        self.query.push((name, value.to_string()));
        self
    }

    pub(crate) fn body(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    /// Something happened after the call was on its way.
    fn unsure(&self, what: impl Into<String>) -> PortError {
        match self.lease {
            Some(_) => PortError::Unknown(what.into()),
            None => PortError::Unavailable(what.into()),
        }
    }
}

/// The client of the Admin REST.
pub(crate) struct Admin {
    pub(crate) wire: Arc<Wire>,
    pub(crate) token: Arc<ServiceToken>,
}

impl Admin {
    /// Makes a call and returns what `read` finds in the good answer.
    pub(crate) async fn call<T>(
        &self,
        call: &Call<'_>,
        read: impl FnOnce(&Answer) -> Option<T>,
    ) -> Result<T, PortError> {
        let answer = self.answer(call).await?;
        let unreadable = || call.unsure(format!("{} without what it promises", answer.said()));
        understood(call, &answer).and_then(|()| read(&answer).ok_or_else(unreadable))
    }

    /// Makes a call of which only the status counts.
    pub(crate) async fn status(&self, call: &Call<'_>) -> Result<StatusCode, PortError> {
        Ok(self.answer(call).await?.status)
    }

    async fn answer(&self, call: &Call<'_>) -> Result<Answer, PortError> {
        let no_answer = |error| match error {
            NoAnswer::NotSent(why) => PortError::Unavailable(why.into()),
            NoAnswer::Lost(why) => call.unsure(why),
        };
        let _permit = self.wire.permit().await.map_err(no_answer)?;
        let token = self.token.token().await?;
        let answer = self.once(call, &token).await.map_err(no_answer)?;
        if answer.status != StatusCode::UNAUTHORIZED {
            return Ok(answer);
        }
        // A 401 proves that nothing was done, so this is safe for every call.
        let newer = self.token.refresh(&token).await?;
        self.once(call, &newer).await.map_err(no_answer)
    }

    async fn once(&self, call: &Call<'_>, token: &SecretString) -> Result<Answer, NoAnswer> {
        let request = self
            .wire
            .admin(call.method.clone(), call.path)
            .query(&call.query)
            .bearer_auth(token.expose_secret());
        let request = match &call.body {
            Some(body) => request.json(body),
            None => request,
        };
        self.wire.send(request, call.lease).await
    }
}

/// What a status means. The bodies of refusals are not passed on: they may name people.
fn understood(call: &Call<'_>, answer: &Answer) -> Result<(), PortError> {
    let said = answer.said();
    match answer.status.as_u16() {
        200..300 => Ok(()),
        401 => Err(PortError::Unavailable(format!("{said}, also with a new service token"))),
        403 => Err(PortError::Unavailable(format!("{said}: may the service account do this?"))),
        404 => Err(PortError::NotFound),
        408 | 425 | 429 => Err(PortError::Unavailable(said)),
        409 => Err(PortError::Conflict),
        400..500 => Err(PortError::Rejected(said)),
        _ => Err(call.unsure(said)),
    }
}
