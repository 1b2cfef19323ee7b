use super::{Lease, PortError};
use async_trait::async_trait;
use course_seats_domain::group::{GroupId, GroupName};
use course_seats_domain::ids::UserId;
use course_seats_domain::values::EmailAddress;
use std::collections::HashSet;
use std::sync::Arc;

/// How old an answer about somebody's session and groups may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// At most as old as the cache allows (`AUTH_CACHE_MS`).
    Cached,
    /// Asked now: a refusal is never given on cached groups.
    Fresh,
}

/// Somebody who is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The token's `sub`, which need not be a UUID.
    pub subject: String,
    /// The same as a user id, if it is one.
    pub user: Option<UserId>,
    /// The login name.
    pub username: String,
    /// The full name, or the login name.
    pub full_name: String,
    /// The e-mail address, if there is one.
    pub email: Option<EmailAddress>,
    /// Whether that address was verified.
    pub email_verified: bool,
    /// The paths of the caller's groups, such as `/vlab/{id}/admin`; those of projects may be missing.
    /// Many for an admin of many labs, so they are shared.
    pub groups: Arc<HashSet<String>>,
}

/// Why somebody is not signed in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    /// That is no token.
    #[error("the token is malformed")]
    Malformed,
    /// A token, but not one of ours that counts now: expired, foreign, unsigned, revoked.
    #[error("the session is not active")]
    Inactive,
    /// Nobody can say now.
    #[error("the identity provider cannot be reached: {0}")]
    Unavailable(String),
}

/// What is known of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserProfile {
    /// The id.
    pub id: UserId,
    /// The login name.
    pub username: String,
    /// The e-mail address, if there is one.
    pub email: Option<EmailAddress>,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
}

impl UserProfile {
    /// First and last name, or the login name if there is neither.
    #[must_use]
    pub fn full_name(&self) -> String {
        let name = format!("{} {}", self.first_name, self.last_name);
        match name.trim() {
            "" => self.username.clone(),
            name => name.to_owned(),
        }
    }
}

/// The identity provider: sessions, users, groups.
///
/// Every method that writes takes the [`Lease`] of the saga that it is called for, and must
/// return `Unavailable` without sending anything unless the lease covers the longest that the
/// call may last. Every call has a time limit: past it a write must return `Unknown`, a read
/// `Unavailable`.
#[async_trait]
pub trait IdentityProvider: Send + Sync {
    /// Who holds this bearer token. Must return `Malformed` for what is no token, `Inactive` for
    /// one that is expired, not signed by a published key, issued by somebody else or revoked,
    /// and `Unavailable` (never a refusal) if nobody can say.
    async fn authenticate(&self, token: &str, freshness: Freshness) -> Result<Caller, AuthError>;

    /// Makes a top-level group and returns its id. Must return `Conflict` if one has this name.
    async fn create_group(&self, name: &GroupName, lease: &Lease) -> Result<GroupId, PortError>;

    /// The id of the group with exactly this name, if there is one.
    async fn find_group(&self, name: &GroupName) -> Result<Option<GroupId>, PortError>;

    /// All top-level groups whose name begins with this, of all pages. One that is made or deleted
    /// meanwhile may be missing, and so may its neighbour: who acts on absence looks again.
    async fn groups(&self, prefix: &str) -> Result<Vec<(GroupId, GroupName)>, PortError>;

    /// Deletes a group with its memberships. Must return `NotFound` if there is none.
    async fn delete_group(&self, group: &GroupId, lease: &Lease) -> Result<(), PortError>;

    /// All members of a group, of all pages. Must return `NotFound` for an unknown group.
    async fn members(&self, group: &GroupId) -> Result<Vec<UserId>, PortError>;

    /// Puts a user into a group; twice is the same as once. Must return `NotFound` for an unknown
    /// user or group.
    async fn join(&self, user: UserId, group: &GroupId, lease: &Lease) -> Result<(), PortError>;

    /// Takes a user out of a group; also right if he was not in it. Must return `NotFound` for an
    /// unknown user or group.
    async fn leave(&self, user: UserId, group: &GroupId, lease: &Lease) -> Result<(), PortError>;

    /// What is known of a user, or `None`.
    async fn user(&self, user: UserId) -> Result<Option<UserProfile>, PortError>;

    /// Whether it answers.
    async fn ready(&self) -> Result<(), PortError>;
}
