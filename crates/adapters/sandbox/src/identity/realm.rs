use super::people::Person;
use crate::kept::State;
use course_seats_domain::group::GroupId;
use course_seats_domain::ids::UserId;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use uuid::Uuid;

/// What the identity provider knows.
#[derive(Debug, Default)]
pub(crate) struct Realm {
    pub(crate) key: Option<SavedKey>,
    pub(crate) people: BTreeMap<UserId, Person>,
    pub(crate) groups: HashMap<GroupId, Group>,
    names: HashMap<String, GroupId>,
    groups_of: HashMap<UserId, BTreeSet<String>>,
    pub(crate) sessions: HashMap<Uuid, Session>,
    refreshes: HashMap<Uuid, Uuid>,
}

/// A top-level group.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) name: String,
    pub(crate) members: BTreeSet<UserId>,
}

/// Somebody's session.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) user: UserId,
    pub(crate) ended: bool,
}

/// The signing key.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct SavedKey {
    pub(crate) kid: String,
    /// PKCS #8, base64.
    pub(crate) secret: String,
}

/// A change of it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub(crate) enum Change {
    /// The first start: one line, so that it is there whole or not at all.
    Seeded {
        key: SavedKey,
        people: Vec<Person>,
        admin_group: GroupId,
        admin: UserId,
    },
    GroupCreated {
        id: GroupId,
        name: String,
    },
    GroupDeleted {
        id: GroupId,
    },
    Joined {
        user: UserId,
        group: GroupId,
    },
    Left {
        user: UserId,
        group: GroupId,
    },
    SessionBegun {
        sid: Uuid,
        user: UserId,
        refresh: Uuid,
    },
    SessionEnded {
        sid: Uuid,
    },
}

impl Realm {
    /// The id of the group with exactly this name.
    pub(crate) fn group_named(&self, name: &str) -> Option<&GroupId> {
        self.names.get(name)
    }

    /// The paths of somebody's groups.
    pub(crate) fn paths_of(&self, user: UserId) -> Vec<String> {
        let names = self.groups_of.get(&user).into_iter().flatten();
        names.map(|name| format!("/{name}")).collect()
    }

    /// Who signs in under this name, or this e-mail address, without regard to case.
    pub(crate) fn person_called(&self, username: &str) -> Option<&Person> {
        let wanted = username.trim().to_lowercase();
        self.people.values().find(|person| person.username == wanted || person.email() == wanted)
    }

    /// Whose session this is, if it is still open.
    pub(crate) fn open_session(&self, sid: Uuid) -> Option<&Person> {
        let session = self.sessions.get(&sid).filter(|session| !session.ended)?;
        self.people.get(&session.user)
    }

    /// The session that a refresh token belongs to, open or not.
    pub(crate) fn session_of_refresh(&self, refresh: Uuid) -> Option<Uuid> {
        self.refreshes.get(&refresh).copied()
    }

    fn join(&mut self, user: UserId, group: &GroupId) {
        if let Some(group) = self.groups.get_mut(group) {
            group.members.insert(user);
            self.groups_of.entry(user).or_default().insert(group.name.clone());
        }
    }

    fn create(&mut self, id: GroupId, name: String) {
        self.names.insert(name.clone(), id.clone());
        self.groups.insert(id, Group { name, members: BTreeSet::new() });
    }
}

impl State for Realm {
    type Change = Change;

    fn apply(&mut self, change: Change) {
        match change {
            Change::Seeded { key, people, admin_group, admin } => {
                self.key = Some(key);
                self.people = people.into_iter().map(|person| (person.id, person)).collect();
                self.create(admin_group.clone(), super::people::SERVICE_ADMIN_GROUP.into());
                self.join(admin, &admin_group);
            }
            Change::GroupCreated { id, name } => self.create(id, name),
            Change::GroupDeleted { id } => {
                if let Some(group) = self.groups.remove(&id) {
                    self.names.remove(&group.name);
                    for user in group.members {
                        self.groups_of.entry(user).or_default().remove(&group.name);
                    }
                }
            }
            Change::Joined { user, group } => self.join(user, &group),
            Change::Left { user, group } => {
                if let Some(group) = self.groups.get_mut(&group) {
                    group.members.remove(&user);
                    self.groups_of.entry(user).or_default().remove(&group.name);
                }
            }
            Change::SessionBegun { sid, user, refresh } => {
                self.sessions.insert(sid, Session { user, ended: false });
                self.refreshes.insert(refresh, sid);
            }
            Change::SessionEnded { sid } => {
                if let Some(session) = self.sessions.get_mut(&sid) {
                    session.ended = true;
                }
            }
        }
    }
}
