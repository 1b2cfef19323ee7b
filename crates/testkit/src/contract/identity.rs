//! What every identity provider must do.

use super::patience::eventually;
use crate::runtime::{RandomEntropy, long_lease, no_lease};
use course_seats_application::ports::{
    AuthError, Entropy, Freshness, IdentityProvider, Lease, PortError,
};
use course_seats_domain::group::{GroupId, GroupName, GroupRole};
use course_seats_domain::ids::{LabId, UserId};
use futures::future::join_all;

/// What the suite must know of the provider: two of its users, one of whom is signed in.
#[derive(Debug, Clone)]
pub struct Known {
    /// A user.
    pub user: UserId,
    /// His login name.
    pub username: String,
    /// His e-mail address, verified.
    pub email: String,
    /// A valid access token of his.
    pub token: String,
    /// Somebody else.
    pub other: UserId,
}

/// Checks everything.
///
/// # Panics
/// If the provider breaks a duty of the port.
pub async fn holds(provider: &dyn IdentityProvider, known: &Known) {
    ready(provider).await;
    users(provider, known).await;
    groups(provider).await;
    groups_are_listed_by_prefix(provider).await;
    one_of_many_creates_wins(provider).await;
    members(provider, known).await;
    unknown_ones_are_not_found(provider, known).await;
    a_short_lease_sends_nothing(provider, known).await;
    callers(provider, known).await;
    other_tokens(provider, known).await;
}

/// It answers.
pub async fn ready(provider: &dyn IdentityProvider) {
    assert_eq!(provider.ready().await, Ok(()));
}

/// Profiles of those who are there, `None` for others.
pub async fn users(provider: &dyn IdentityProvider, known: &Known) {
    let profile = provider.user(known.user).await.unwrap().unwrap();
    assert_eq!(profile.id, known.user);
    assert_eq!(profile.username, known.username);
    assert_eq!(profile.email.as_ref().map(|email| email.as_str()), Some(known.email.as_str()));
    assert!(!profile.full_name().is_empty());
    assert_eq!(provider.user(nobody()).await, Ok(None));
}

/// A group is made once, found by exactly its name, and gone when it is deleted.
pub async fn groups(provider: &dyn IdentityProvider) {
    let lease = long_lease();
    let name = new_name();
    assert_eq!(provider.find_group(&name).await, Ok(None));
    let group = provider.create_group(&name, &lease).await.unwrap();
    assert_eq!(provider.find_group(&name).await, Ok(Some(group.clone())));
    assert_eq!(provider.create_group(&name, &lease).await, Err(PortError::Conflict));
    assert_eq!(provider.members(&group).await, Ok(Vec::new()));

    let upper = GroupName::from_provider(name.as_str().to_uppercase());
    assert_eq!(provider.find_group(&upper).await, Ok(None), "names are exact in case");
    let (part, _) = name.as_str().rsplit_once('/').unwrap();
    let part = GroupName::from_provider(part);
    assert_eq!(provider.find_group(&part).await, Ok(None), "names are whole");

    assert_eq!(provider.delete_group(&group, &lease).await, Ok(()));
    assert_eq!(provider.delete_group(&group, &lease).await, Err(PortError::NotFound));
    assert_eq!(provider.find_group(&name).await, Ok(None));
    assert_eq!(provider.members(&group).await, Err(PortError::NotFound));

    let again = provider.create_group(&name, &lease).await.unwrap();
    assert_ne!(again, group, "a new group has a new id");
    assert_eq!(provider.delete_group(&again, &lease).await, Ok(()));
}

/// Whole, by what their names begin with, in exactly that case.
pub async fn groups_are_listed_by_prefix(provider: &dyn IdentityProvider) {
    let lease = long_lease();
    let lab = LabId::new(RandomEntropy.uuid());
    let prefix = format!("vlab/{lab}/");
    assert_eq!(provider.groups(&prefix).await, Ok(Vec::new()));
    let mut made = Vec::new();
    for role in GroupRole::ALL {
        let name = GroupName::of_lab(lab, role);
        made.push((provider.create_group(&name, &lease).await.unwrap(), name));
    }
    let inside = GroupName::from_provider(format!("other/{prefix}admin"));
    provider.create_group(&inside, &lease).await.unwrap();
    let mut listed = provider.groups(&prefix).await.unwrap();
    listed.sort_by(|(_, left), (_, right)| left.cmp(right));
    assert_eq!(listed, made);
    assert_eq!(provider.groups(&prefix.to_uppercase()).await, Ok(Vec::new()));
    for name in made.iter().map(|(_, name)| name).chain([&inside]) {
        remove(provider, name).await;
    }
}

/// Of several creates of one name at once, exactly one makes the group.
pub async fn one_of_many_creates_wins(provider: &dyn IdentityProvider) {
    let lease = long_lease();
    let name = new_name();
    let answers = join_all((0..8).map(|_| provider.create_group(&name, &lease))).await;
    let made: Vec<_> = answers.iter().filter_map(|answer| answer.as_ref().ok()).collect();
    assert_eq!(made.len(), 1, "{answers:?}");
    assert_eq!(provider.find_group(&name).await.unwrap().as_ref(), made.first().copied());
    let conflicts = answers.iter().filter(|answer| **answer == Err(PortError::Conflict));
    assert_eq!(conflicts.count(), 7, "{answers:?}");
    remove(provider, &name).await;
}

/// Joining and leaving are safe to repeat, and members are told whole.
pub async fn members(provider: &dyn IdentityProvider, known: &Known) {
    let lease = long_lease();
    let name = new_name();
    let group = provider.create_group(&name, &lease).await.unwrap();
    for _ in 0..2 {
        assert_eq!(provider.join(known.user, &group, &lease).await, Ok(()));
    }
    assert_eq!(provider.join(known.other, &group, &lease).await, Ok(()));
    let mut both = vec![known.user, known.other];
    both.sort();
    assert_eq!(sorted_members(provider, &group).await, both);
    for _ in 0..2 {
        assert_eq!(provider.leave(known.other, &group, &lease).await, Ok(()));
    }
    assert_eq!(sorted_members(provider, &group).await, [known.user]);

    // A group with members goes with its memberships.
    assert_eq!(provider.delete_group(&group, &lease).await, Ok(()));
    let again = provider.create_group(&name, &lease).await.unwrap();
    assert_eq!(provider.members(&again).await, Ok(Vec::new()));
    remove(provider, &name).await;
}

/// `NotFound` for a user or a group that is not there.
pub async fn unknown_ones_are_not_found(provider: &dyn IdentityProvider, known: &Known) {
    let lease = long_lease();
    let nowhere = GroupId(RandomEntropy.uuid().to_string());
    let name = new_name();
    let group = provider.create_group(&name, &lease).await.unwrap();
    let not_found = Err(PortError::NotFound);
    assert_eq!(provider.join(known.user, &nowhere, &lease).await, not_found);
    assert_eq!(provider.leave(known.user, &nowhere, &lease).await, not_found);
    assert_eq!(provider.join(nobody(), &group, &lease).await, not_found);
    assert_eq!(provider.leave(nobody(), &group, &lease).await, not_found);
    assert_eq!(provider.delete_group(&nowhere, &lease).await, not_found);
    assert_eq!(provider.members(&nowhere).await, Err(PortError::NotFound));
    remove(provider, &name).await;
}

/// Without enough of a lease nothing is sent.
pub async fn a_short_lease_sends_nothing(provider: &dyn IdentityProvider, known: &Known) {
    let (long, short) = (long_lease(), no_lease());
    let (name, other) = (new_name(), new_name());
    let group = provider.create_group(&name, &long).await.unwrap();
    provider.join(known.other, &group, &long).await.unwrap();

    unavailable(provider.create_group(&other, &short).await);
    unavailable(provider.join(known.user, &group, &short).await);
    unavailable(provider.leave(known.other, &group, &short).await);
    unavailable(provider.delete_group(&group, &short).await);
    let ended = long_lease();
    ended.end();
    unavailable(provider.join(known.user, &group, &ended).await);

    assert_eq!(provider.find_group(&other).await, Ok(None));
    assert_eq!(sorted_members(provider, &group).await, [known.other]);
    remove(provider, &name).await;
}

/// A valid token names its holder, and a fresh answer the groups of now.
pub async fn callers(provider: &dyn IdentityProvider, known: &Known) {
    let lease: Lease = long_lease();
    let name = new_name();
    let group = provider.create_group(&name, &lease).await.unwrap();
    for freshness in [Freshness::Cached, Freshness::Fresh] {
        let caller = provider.authenticate(&known.token, freshness).await.unwrap();
        assert_eq!(caller.user, Some(known.user));
        assert_eq!(caller.subject, known.user.to_string());
        assert_eq!(caller.username, known.username);
        assert!(!caller.full_name.is_empty());
        assert_eq!(caller.email.as_ref().map(|email| email.as_str()), Some(known.email.as_str()));
        assert!(caller.email_verified);
        assert!(!caller.groups.contains(&name.path()));
    }
    let is_in = async || {
        let caller = provider.authenticate(&known.token, Freshness::Fresh).await.unwrap();
        caller.groups.contains(&name.path())
    };
    provider.join(known.user, &group, &lease).await.unwrap();
    assert!(is_in().await, "a fresh answer knows the new group");
    let cached = async || {
        let caller = provider.authenticate(&known.token, Freshness::Cached).await.unwrap();
        caller.groups.contains(&name.path())
    };
    eventually("a cached answer knows it too", true, cached).await;
    provider.leave(known.user, &group, &lease).await.unwrap();
    assert!(!is_in().await, "a fresh answer forgets it");
    remove(provider, &name).await;
}

/// What is no token is told apart from one that does not count.
pub async fn other_tokens(provider: &dyn IdentityProvider, known: &Known) {
    for text in ["", "nonsense", "a.b.c", "e30.e30", "e30.e30.e30.e30"] {
        let answer = provider.authenticate(text, Freshness::Cached).await;
        assert_eq!(answer, Err(AuthError::Malformed), "{text:?}");
    }
    let mut parts = known.token.split('.');
    let (header, payload) = (parts.next().unwrap(), parts.next().unwrap());
    // {"alg":"none","typ":"JWT"}
    let unsigned = format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{payload}.");
    let cut = format!("{header}.{payload}.");
    let forged = format!("{header}.{payload}.{}", "A".repeat(86));
    let empty = format!("{header}.e30.{}", "A".repeat(86));
    for token in [unsigned, cut, forged, empty] {
        for freshness in [Freshness::Cached, Freshness::Fresh] {
            let answer = provider.authenticate(&token, freshness).await;
            assert_eq!(answer, Err(AuthError::Inactive));
        }
    }
}

/// After its session was ended somewhere else, a token is refused: at once if asked afresh, and
/// soon in any case. Call it last: the token is of no use any more.
pub async fn revoked(provider: &dyn IdentityProvider, token: &str) {
    let fresh = provider.authenticate(token, Freshness::Fresh).await;
    assert_eq!(fresh, Err(AuthError::Inactive));
    let cached = async || provider.authenticate(token, Freshness::Cached).await;
    eventually("a cached answer", Err(AuthError::Inactive), cached).await;
}

fn new_name() -> GroupName {
    GroupName::of_lab(LabId::new(RandomEntropy.uuid()), GroupRole::Member)
}

fn nobody() -> UserId {
    UserId::new(RandomEntropy.uuid())
}

async fn sorted_members(provider: &dyn IdentityProvider, group: &GroupId) -> Vec<UserId> {
    let mut members = provider.members(group).await.unwrap();
    members.sort();
    members
}

async fn remove(provider: &dyn IdentityProvider, name: &GroupName) {
    let group = provider.find_group(name).await.unwrap().unwrap();
    provider.delete_group(&group, &long_lease()).await.unwrap();
}

fn unavailable<T: std::fmt::Debug>(answer: Result<T, PortError>) {
    assert!(matches!(answer, Err(PortError::Unavailable(_))), "{answer:?}");
}
