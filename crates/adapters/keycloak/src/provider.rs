use crate::admin::Call;
use crate::keycloak::Keycloak;
use crate::published::issuer;
use crate::wire::Answer;
use async_trait::async_trait;
use course_seats_application::ports::{
    AuthError, Caller, Freshness, IdentityProvider, Lease, PortError, UserProfile,
};
use course_seats_domain::group::{GroupId, GroupName};
use course_seats_domain::ids::UserId;
use course_seats_domain::values::EmailAddress;
use reqwest::Method;
use reqwest::header::LOCATION;
use serde::Deserialize;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// How many members are asked for at once.
const PAGE: usize = 100;

/// How many groups.
const GROUPS_A_PAGE: usize = 500;

#[derive(Deserialize)]
struct Group {
    id: String,
    name: String,
    #[serde(rename = "parentId")]
    parent_id: Option<String>,
}

#[derive(Deserialize)]
struct Member {
    id: String,
}

#[derive(Deserialize)]
struct User {
    id: Uuid,
    username: String,
    email: Option<String>,
    #[serde(rename = "firstName")]
    first_name: Option<String>,
    #[serde(rename = "lastName")]
    last_name: Option<String>,
}

#[async_trait]
impl IdentityProvider for Keycloak {
    async fn authenticate(&self, token: &str, freshness: Freshness) -> Result<Caller, AuthError> {
        self.who_holds(token, freshness).await
    }

    async fn create_group(&self, name: &GroupName, lease: &Lease) -> Result<GroupId, PortError> {
        let call =
            Call::write(Method::POST, &["groups"], lease).body(json!({ "name": name.as_str() }));
        self.admin.call(&call, created).await
    }

    async fn find_group(&self, name: &GroupName) -> Result<Option<GroupId>, PortError> {
        // By search: a path in the address must not begin with a slash, nor hold an escaped one.
        let call = Call::read(&["groups"]).query("search", name.as_str()).query("exact", true);
        let groups = self.admin.call(&call, Answer::json::<Vec<Group>>).await?;
        // A group further down that has this name brings its parents along.
        let found = groups.into_iter().find(|group| group.name == name.as_str());
        Ok(found.map(|group| GroupId(group.id)))
    }

    async fn groups(&self, prefix: &str) -> Result<Vec<(GroupId, GroupName)>, PortError> {
        // One that is made between two pages moves the others: nobody is told twice.
        let mut groups = BTreeMap::new();
        let mut first = 0;
        loop {
            let call = Call::read(&["groups"])
                .query("search", prefix)
                .query("first", first)
                .query("max", GROUPS_A_PAGE)
                .query("briefRepresentation", true)
                .query("populateHierarchy", false);
            let page = self.admin.call(&call, Answer::json::<Vec<Group>>).await?;
            let read = page.len();
            // A search finds any part of a name, in any case, and groups within groups.
            let wanted = page
                .into_iter()
                .filter(|group| group.parent_id.is_none() && group.name.starts_with(prefix));
            groups.extend(wanted.map(|group| (group.id, group.name)));
            if read < GROUPS_A_PAGE {
                let named =
                    |(id, name): (String, String)| (GroupId(id), GroupName::from_provider(name));
                return Ok(groups.into_iter().map(named).collect());
            }
            first += read;
        }
    }

    async fn delete_group(&self, group: &GroupId, lease: &Lease) -> Result<(), PortError> {
        let path = ["groups", segment(group)?];
        self.admin.call(&Call::write(Method::DELETE, &path, lease), done).await
    }

    async fn members(&self, group: &GroupId) -> Result<Vec<UserId>, PortError> {
        let path = ["groups", segment(group)?, "members"];
        // Somebody who joins between two pages moves the others: nobody counts twice.
        let mut members = BTreeSet::new();
        let mut first = 0;
        loop {
            let call = Call::read(&path)
                .query("first", first)
                .query("max", PAGE)
                .query("briefRepresentation", true);
            let page = self.admin.call(&call, Answer::json::<Vec<Member>>).await?;
            let ids = page.iter().filter_map(|member| user_id(&member.id));
            members.extend(ids);
            if page.len() < PAGE {
                return Ok(members.into_iter().collect());
            }
            first += page.len();
        }
    }

    async fn join(&self, user: UserId, group: &GroupId, lease: &Lease) -> Result<(), PortError> {
        self.membership(Method::PUT, user, group, lease).await
    }

    async fn leave(&self, user: UserId, group: &GroupId, lease: &Lease) -> Result<(), PortError> {
        self.membership(Method::DELETE, user, group, lease).await
    }

    async fn user(&self, user: UserId) -> Result<Option<UserProfile>, PortError> {
        let id = user.to_string();
        let path = ["users", id.as_str()];
        match self.admin.call(&Call::read(&path), Answer::json::<User>).await {
            Ok(found) => Ok(Some(profile(found))),
            Err(PortError::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn ready(&self) -> Result<(), PortError> {
        issuer(&self.wire).await.map(|_| ()).map_err(PortError::Unavailable)
    }
}

impl Keycloak {
    async fn membership(
        &self,
        method: Method,
        user: UserId,
        group: &GroupId,
        lease: &Lease,
    ) -> Result<(), PortError> {
        let user = user.to_string();
        let path = ["users", user.as_str(), "groups", segment(group)?];
        self.admin.call(&Call::write(method, &path, lease), done).await
    }
}

/// The id of what was made: the last part of `Location`.
fn created(answer: &Answer) -> Option<GroupId> {
    let (_, id) = answer.header(LOCATION)?.rsplit_once('/')?;
    let id = GroupId(id.to_owned());
    segment(&id).is_ok().then_some(id)
}

/// Nothing is promised but the status.
#[expect(clippy::unnecessary_wraps, reason = "it stands where others read a body")]
fn done(_: &Answer) -> Option<()> {
    Some(())
}

/// The id as a part of a path. Other texts name no group, and some would name something else
/// (`DELETE groups/..`).
fn segment(group: &GroupId) -> Result<&str, PortError> {
    let id = group.0.as_str();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if !id.is_empty() && id.bytes().all(plain) { Ok(id) } else { Err(PortError::NotFound) }
}

/// Somebody from a federated directory may have an id that is no UUID: he was never put into a
/// group by us, and nothing could take him out.
fn user_id(id: &str) -> Option<UserId> {
    let parsed = id.parse::<Uuid>().ok().map(UserId::new);
    if parsed.is_none() {
        tracing::warn!("a group has a member whose id is no UUID: passed over");
    }
    parsed
}

fn profile(user: User) -> UserProfile {
    UserProfile {
        id: UserId::new(user.id),
        username: user.username,
        email: user.email.map(EmailAddress::adopted),
        first_name: user.first_name.unwrap_or_default(),
        last_name: user.last_name.unwrap_or_default(),
    }
}
