use super::line::{Call, Line, Operation, read, write};
use crate::runtime::lock;
use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use course_seats_application::ports::{
    AuthError, Caller, Freshness, IdentityProvider, Lease, PortError, UserProfile,
};
use course_seats_domain::group::{GroupId, GroupName};
use course_seats_domain::ids::UserId;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

/// A group with its members.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// Who is in it.
    pub members: BTreeSet<UserId>,
}

/// What the identity provider knows.
#[derive(Default)]
pub struct Directory {
    /// Everybody.
    pub people: BTreeMap<UserId, UserProfile>,
    /// All groups, by id.
    pub groups: BTreeMap<String, Group>,
    sessions: BTreeMap<String, UserId>,
    made: u64,
}

impl Directory {
    /// The id of the group with this name.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&String> {
        self.groups.iter().find(|(_, group)| group.name == name).map(|(id, _)| id)
    }

    /// A token that counts for this user.
    pub fn sign_in(&mut self, user: UserId) -> String {
        let encode = |text: String| URL_SAFE_NO_PAD.encode(text);
        let number = self.sessions.len();
        let token = format!(
            "{}.{}.{}",
            encode(r#"{"alg":"SIM"}"#.into()),
            encode(format!(r#"{{"sub":"{user}","sid":{number}}}"#)),
            encode(format!("signed-{number}"))
        );
        self.sessions.insert(token.clone(), user);
        token
    }

    /// Ends a session.
    pub fn sign_out(&mut self, token: &str) {
        self.sessions.remove(token);
    }

    /// Makes a group.
    ///
    /// # Errors
    /// `Conflict` if there is one with this name.
    pub fn create(&mut self, name: &str) -> Result<GroupId, PortError> {
        if name.is_empty() {
            return Err(PortError::Rejected("HTTP 400".into()));
        }
        if self.named(name).is_some() {
            return Err(PortError::Conflict);
        }
        self.made += 1;
        let id = format!("group-{}", self.made);
        self.groups.insert(id.clone(), Group { name: name.to_owned(), members: BTreeSet::new() });
        Ok(GroupId(id))
    }

    /// Puts a user into a group.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn join(&mut self, user: UserId, group: &GroupId) -> Result<(), PortError> {
        self.members_of(user, group)?.insert(user);
        Ok(())
    }

    /// Takes a user out of a group.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn leave(&mut self, user: UserId, group: &GroupId) -> Result<(), PortError> {
        self.members_of(user, group)?.remove(&user);
        Ok(())
    }

    fn members_of(
        &mut self,
        user: UserId,
        group: &GroupId,
    ) -> Result<&mut BTreeSet<UserId>, PortError> {
        if !self.people.contains_key(&user) {
            return Err(PortError::NotFound);
        }
        let group = self.groups.get_mut(&group.0).ok_or(PortError::NotFound)?;
        Ok(&mut group.members)
    }

    fn caller(&self, token: &str) -> Option<Caller> {
        let user = *self.sessions.get(token)?;
        let profile = self.people.get(&user)?;
        let groups = self.groups.values().filter(|group| group.members.contains(&user));
        Some(Caller {
            subject: user.to_string(),
            user: Some(user),
            username: profile.username.clone(),
            full_name: profile.full_name(),
            email: profile.email.clone(),
            email_verified: true,
            groups: Arc::new(groups.map(|group| format!("/{}", group.name)).collect()),
        })
    }
}

/// The identity provider, as one process reaches it.
pub struct MemoryIdentity {
    directory: Arc<Mutex<Directory>>,
    line: Arc<dyn Line>,
}

impl MemoryIdentity {
    /// This directory at the end of this line.
    #[must_use]
    pub fn new(directory: Arc<Mutex<Directory>>, line: Arc<dyn Line>) -> Self {
        Self { directory, line }
    }

    async fn change<T: Send + 'static>(
        &self,
        call: Call<'_>,
        lease: &Lease,
        effect: impl FnOnce(&mut Directory) -> Result<T, PortError> + Send + 'static,
    ) -> Result<T, PortError> {
        let directory = Arc::clone(&self.directory);
        write(&*self.line, call, Some(lease), move |_| effect(&mut lock(&directory))).await
    }
}

#[async_trait]
impl IdentityProvider for MemoryIdentity {
    async fn authenticate(&self, token: &str, _: Freshness) -> Result<Caller, AuthError> {
        if !is_token(token) {
            return Err(AuthError::Malformed);
        }
        let call = Call { operation: Operation::Authenticate, about: &"a token" };
        let caller = read(&*self.line, call, || Ok(lock(&self.directory).caller(token))).await;
        let caller = caller.map_err(|error| AuthError::Unavailable(error.to_string()))?;
        caller.ok_or(AuthError::Inactive)
    }

    async fn create_group(&self, name: &GroupName, lease: &Lease) -> Result<GroupId, PortError> {
        let wanted = name.as_str().to_owned();
        let call = Call { operation: Operation::CreateGroup, about: &name.as_str() };
        self.change(call, lease, move |directory| directory.create(&wanted)).await
    }

    async fn find_group(&self, name: &GroupName) -> Result<Option<GroupId>, PortError> {
        let call = Call { operation: Operation::FindGroup, about: &name.as_str() };
        let find =
            || Ok(lock(&self.directory).named(name.as_str()).map(|id| GroupId(id.to_owned())));
        read(&*self.line, call, find).await
    }

    async fn groups(&self, prefix: &str) -> Result<Vec<(GroupId, GroupName)>, PortError> {
        let call = Call { operation: Operation::Groups, about: &prefix };
        let list = || {
            let directory = lock(&self.directory);
            let wanted =
                directory.groups.iter().filter(|(_, group)| group.name.starts_with(prefix));
            let named = |(id, group): (&String, &Group)| {
                (GroupId(id.clone()), GroupName::from_provider(&group.name))
            };
            Ok(wanted.map(named).collect())
        };
        read(&*self.line, call, list).await
    }

    async fn delete_group(&self, group: &GroupId, lease: &Lease) -> Result<(), PortError> {
        let id = group.0.clone();
        let call = Call { operation: Operation::DeleteGroup, about: group };
        let delete = move |directory: &mut Directory| {
            directory.groups.remove(&id).map(|_| ()).ok_or(PortError::NotFound)
        };
        self.change(call, lease, delete).await
    }

    async fn members(&self, group: &GroupId) -> Result<Vec<UserId>, PortError> {
        let call = Call { operation: Operation::Members, about: group };
        let members = || {
            let directory = lock(&self.directory);
            let group = directory.groups.get(&group.0).ok_or(PortError::NotFound)?;
            Ok(group.members.iter().copied().collect())
        };
        read(&*self.line, call, members).await
    }

    async fn join(&self, user: UserId, group: &GroupId, lease: &Lease) -> Result<(), PortError> {
        let into = group.clone();
        let call = Call { operation: Operation::Join, about: group };
        self.change(call, lease, move |directory| directory.join(user, &into)).await
    }

    async fn leave(&self, user: UserId, group: &GroupId, lease: &Lease) -> Result<(), PortError> {
        let out_of = group.clone();
        let call = Call { operation: Operation::Leave, about: group };
        self.change(call, lease, move |directory| directory.leave(user, &out_of)).await
    }

    async fn user(&self, user: UserId) -> Result<Option<UserProfile>, PortError> {
        let call = Call { operation: Operation::User, about: &user };
        read(&*self.line, call, || Ok(lock(&self.directory).people.get(&user).cloned())).await
    }

    async fn ready(&self) -> Result<(), PortError> {
        let call = Call { operation: Operation::Ready, about: &"" };
        read(&*self.line, call, || Ok(())).await
    }
}

/// Whether it looks like one: header and claims are JSON, and there is a place for a signature.
fn is_token(text: &str) -> bool {
    let json = |part: &str| {
        let bytes = URL_SAFE_NO_PAD.decode(part).ok();
        bytes.and_then(|bytes| serde_json::from_slice::<serde_json::Value>(&bytes).ok()).is_some()
    };
    matches!(text.split('.').collect::<Vec<_>>().as_slice(), [header, claims, _] if json(header) && json(claims))
}
