//! What an operator wants to know before the first course: is the realm there, may we do what we
//! have to, and can invites be accepted.

use crate::admin::Call;
use crate::keycloak::Keycloak;
use crate::published;
use crate::wire::Answer;
use course_seats_application::ports::{Lease, PortError};
use course_seats_domain::values::EmailAddress;
use reqwest::Method;
use serde::Deserialize;
use serde_json::json;
use std::time::Duration;

/// How many users of the realm have verified their e-mail address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VerifiedUsers {
    /// So many have.
    pub verified: u64,
    /// Of so many.
    pub all: u64,
}

/// Somebody whom Keycloak knows by an e-mail address.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Person {
    /// The id.
    pub id: String,
    /// The login name.
    pub username: String,
    /// Whether the address is verified.
    #[serde(default)]
    pub email_verified: bool,
    /// Whether this person can sign in.
    #[serde(default)]
    pub enabled: bool,
}

impl Keycloak {
    /// Whose e-mail address this is, without regard to case, or `None`.
    ///
    /// # Errors
    /// If nobody can say.
    pub async fn person(&self, email: &EmailAddress) -> Result<Option<Person>, PortError> {
        let call = Call::read(&["users"])
            .query("email", email.as_str())
            .query("exact", true)
            .query("briefRepresentation", true);
        let found: Vec<Person> = self.admin.call(&call, Answer::json).await?;
        Ok(found.into_iter().next())
    }

    /// Who issues the realm's tokens, asked now: those of another issuer are refused.
    ///
    /// # Errors
    /// If the realm does not answer.
    pub async fn issuer(&self) -> Result<String, PortError> {
        published::issuer(&self.wire).await.map_err(PortError::Unavailable)
    }

    /// Whether the service account may make groups; who may that, may all that we do. Nothing is
    /// made by asking.
    ///
    /// # Errors
    /// If nobody can say: also when the client or its secret is wrong.
    pub async fn may_manage_groups(&self) -> Result<bool, PortError> {
        // Keycloak looks at the rights first, and then refuses a group without a name.
        let lease = Lease::until(Duration::MAX);
        let call = Call::write(Method::POST, &["groups"], &lease).body(json!({ "name": "" }));
        match self.admin.status(&call).await?.as_u16() {
            400 => Ok(true),
            403 => Ok(false),
            other => Err(PortError::Unavailable(format!("HTTP {other}"))),
        }
    }

    /// Only who has a verified e-mail address can accept an invite.
    ///
    /// # Errors
    /// If nobody can say.
    pub async fn verified_users(&self) -> Result<VerifiedUsers, PortError> {
        let count = Call::read(&["users", "count"]);
        let all: u64 = self.admin.call(&count, Answer::json).await?;
        // Asked for those who have: with a filter, Keycloak counts service accounts, too.
        let count = Call::read(&["users", "count"]).query("emailVerified", true);
        let verified: u64 = self.admin.call(&count, Answer::json).await?;
        Ok(VerifiedUsers { verified, all })
    }
}
