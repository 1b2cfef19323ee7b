use super::SandboxIdentity;
use super::people::Person;
use super::realm::{Change, Group, Realm};
use crate::fault::Operation;
use crate::kept::{Kept, lock};
use async_trait::async_trait;
use course_seats_application::ports::{
    AuthError, Caller, Freshness, IdentityProvider, Lease, PortError, UserProfile,
};
use course_seats_domain::group::{GroupId, GroupName};
use course_seats_domain::ids::UserId;
use course_seats_domain::values::EmailAddress;
use course_seats_oidc::TokenError;
use serde_json::{Value, json};
use std::sync::Arc;
use uuid::Uuid;

/// The longest name of a group; Keycloak fails past it.
const NAME_CHARS: usize = 255;

#[async_trait]
impl IdentityProvider for SandboxIdentity {
    async fn authenticate(&self, token: &str, _: Freshness) -> Result<Caller, AuthError> {
        // Here, without asking anybody, as a client with the published keys does it.
        let claims =
            course_seats_oidc::verify(token, &self.keys.published, &self.issuer, self.clock.now())
                .map_err(|error| match error {
                    TokenError::Malformed => AuthError::Malformed,
                    TokenError::UnknownKey | TokenError::Refused => AuthError::Inactive,
                })?;
        let sid = claims.sid.as_deref().and_then(|sid| sid.parse::<Uuid>().ok());
        let sid = sid.ok_or(AuthError::Inactive)?;
        self.gate
            .read(Operation::Authenticate, || {
                Ok(self.look(|realm| realm.open_session(sid).map(|who| caller(realm, who))))
            })
            .await
            .map_err(|error| AuthError::Unavailable(error.to_string()))?
            .filter(|caller| caller.subject == claims.sub)
            .ok_or(AuthError::Inactive)
    }

    async fn create_group(&self, name: &GroupName, lease: &Lease) -> Result<GroupId, PortError> {
        let name = name.as_str().to_owned();
        let id = GroupId(self.entropy.uuid().to_string());
        self.change(Operation::CreateGroup, lease, move |realm| {
            if name.is_empty() {
                return Err(PortError::Rejected("HTTP 400".into()));
            }
            if name.chars().count() > NAME_CHARS {
                return Err(PortError::Unknown("HTTP 500".into()));
            }
            if realm.state().group_named(&name).is_some() {
                return Err(PortError::Conflict);
            }
            realm.record(Change::GroupCreated { id: id.clone(), name })?;
            Ok(id)
        })
        .await
    }

    async fn find_group(&self, name: &GroupName) -> Result<Option<GroupId>, PortError> {
        self.gate
            .read(Operation::FindGroup, || {
                Ok(self.look(|realm| realm.group_named(name.as_str()).cloned()))
            })
            .await
    }

    async fn groups(&self, prefix: &str) -> Result<Vec<(GroupId, GroupName)>, PortError> {
        let named = |(id, group): (&GroupId, &Group)| {
            let name = group.name.starts_with(prefix).then_some(&group.name)?;
            Some((id.clone(), GroupName::from_provider(name)))
        };
        self.gate
            .read(Operation::Groups, || {
                Ok(self.look(|realm| realm.groups.iter().filter_map(named).collect()))
            })
            .await
    }

    async fn delete_group(&self, group: &GroupId, lease: &Lease) -> Result<(), PortError> {
        let id = group.clone();
        self.change(Operation::DeleteGroup, lease, move |realm| {
            if !realm.state().groups.contains_key(&id) {
                return Err(PortError::NotFound);
            }
            realm.record(Change::GroupDeleted { id })
        })
        .await
    }

    async fn members(&self, group: &GroupId) -> Result<Vec<UserId>, PortError> {
        self.gate
            .read(Operation::Members, || {
                self.look(|realm| {
                    let group = realm.groups.get(group).ok_or(PortError::NotFound)?;
                    Ok(group.members.iter().copied().collect())
                })
            })
            .await
    }

    async fn join(&self, user: UserId, group: &GroupId, lease: &Lease) -> Result<(), PortError> {
        let group = group.clone();
        self.change(Operation::Join, lease, move |realm| {
            match is_member(realm.state(), user, &group)? {
                true => Ok(()),
                false => realm.record(Change::Joined { user, group }),
            }
        })
        .await
    }

    async fn leave(&self, user: UserId, group: &GroupId, lease: &Lease) -> Result<(), PortError> {
        let group = group.clone();
        self.change(Operation::Leave, lease, move |realm| {
            match is_member(realm.state(), user, &group)? {
                true => realm.record(Change::Left { user, group }),
                false => Ok(()),
            }
        })
        .await
    }

    async fn user(&self, user: UserId) -> Result<Option<UserProfile>, PortError> {
        self.gate
            .read(Operation::User, || Ok(self.look(|realm| realm.people.get(&user).map(profile))))
            .await
    }

    async fn ready(&self) -> Result<(), PortError> {
        self.gate.read(Operation::Ready, || Ok(())).await
    }
}

impl SandboxIdentity {
    /// Every group with its members, by name.
    #[must_use]
    pub fn groups_json(&self) -> Value {
        self.look(|realm| {
            let mut groups: Vec<_> = realm.groups.iter().collect();
            groups.sort_by(|(_, left), (_, right)| left.name.cmp(&right.name));
            let groups = groups.into_iter().map(|(id, group)| {
                let members = group.members.iter().map(|id| {
                    json!({"id": id, "username": realm.people.get(id).map(|who| &who.username)})
                });
                json!({
                    "id": id,
                    "name": group.name,
                    "path": format!("/{}", group.name),
                    "members": members.collect::<Vec<_>>(),
                })
            });
            json!({ "groups": groups.collect::<Vec<_>>() })
        })
    }

    async fn change<T: Send + 'static>(
        &self,
        operation: Operation,
        lease: &Lease,
        effect: impl FnOnce(&mut Kept<Realm>) -> Result<T, PortError> + Send + 'static,
    ) -> Result<T, PortError> {
        let realm = Arc::clone(&self.realm);
        self.gate.write(operation, Some(lease), move || effect(&mut lock(&realm))).await
    }
}

fn is_member(realm: &Realm, user: UserId, group: &GroupId) -> Result<bool, PortError> {
    if !realm.people.contains_key(&user) {
        return Err(PortError::NotFound);
    }
    let group = realm.groups.get(group).ok_or(PortError::NotFound)?;
    Ok(group.members.contains(&user))
}

fn caller(realm: &Realm, person: &Person) -> Caller {
    Caller {
        subject: person.id.to_string(),
        user: Some(person.id),
        username: person.username.clone(),
        full_name: person.full_name(),
        email: Some(EmailAddress::adopted(person.email())),
        email_verified: true,
        groups: Arc::new(realm.paths_of(person.id).into_iter().collect()),
    }
}

fn profile(person: &Person) -> UserProfile {
    UserProfile {
        id: person.id,
        username: person.username.clone(),
        email: Some(EmailAddress::adopted(person.email())),
        first_name: person.first_name.clone(),
        last_name: person.last_name.clone(),
    }
}
