use crate::client::Client;
use crate::keys::Key;
use crate::user::User;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use uuid::Uuid;

/// What the realm knows.
#[derive(Default)]
pub(crate) struct Realm {
    pub(crate) name: String,
    /// The last one signs; those before are still published.
    pub(crate) keys: Vec<Key>,
    clients: BTreeMap<String, Client>,
    users: HashMap<Uuid, User>,
    usernames: BTreeMap<String, Uuid>,
    emails: HashMap<String, Uuid>,
    groups: HashMap<Uuid, Group>,
    group_names: BTreeMap<String, Uuid>,
    groups_of: HashMap<Uuid, BTreeSet<String>>,
    /// Those that are open.
    sessions: HashMap<Uuid, Session>,
    refreshes: HashMap<Uuid, Uuid>,
    bulk: u64,
}

/// A top-level group.
pub(crate) struct Group {
    pub(crate) name: String,
    /// By login name, as they are listed.
    pub(crate) members: BTreeMap<String, Uuid>,
}

struct Session {
    user: Uuid,
    refresh: Uuid,
}

/// A change of it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub(crate) enum Change {
    /// The first start: one line, so that it is there whole or not at all.
    Seeded {
        realm: String,
        key: Key,
        groups: Vec<(Uuid, String)>,
        clients: Vec<Client>,
        users: Vec<User>,
    },
    GroupCreated {
        id: Uuid,
        name: String,
    },
    GroupDeleted {
        id: Uuid,
    },
    Joined {
        user: Uuid,
        group: Uuid,
    },
    Left {
        user: Uuid,
        group: Uuid,
    },
    SessionBegun {
        sid: Uuid,
        user: Uuid,
        refresh: Uuid,
    },
    SessionEnded {
        sid: Uuid,
    },
    BulkUsersAdded {
        count: u64,
    },
    ClientAdded {
        client: Client,
        account: Option<User>,
    },
    KeyAdded {
        key: Key,
    },
}

impl Realm {
    pub(crate) fn client(&self, client_id: &str) -> Option<&Client> {
        self.clients.get(client_id)
    }

    pub(crate) fn user(&self, id: Uuid) -> Option<&User> {
        self.users.get(&id)
    }

    /// By login name or e-mail address, without regard to case.
    pub(crate) fn user_called(&self, called: &str) -> Option<&User> {
        let called = called.trim().to_lowercase();
        let id = self.usernames.get(&called).or_else(|| self.emails.get(&called))?;
        self.users.get(id)
    }

    /// Everybody, clients' accounts too, by login name.
    pub(crate) fn everybody(&self) -> impl Iterator<Item = &User> {
        self.usernames.values().filter_map(|id| self.users.get(id))
    }

    pub(crate) fn group(&self, id: Uuid) -> Option<&Group> {
        self.groups.get(&id)
    }

    /// The one with exactly this name.
    pub(crate) fn group_named(&self, name: &str) -> Option<Uuid> {
        self.group_names.get(name).copied()
    }

    /// All of them, by name.
    pub(crate) fn all_groups(&self) -> impl Iterator<Item = (Uuid, &Group)> {
        self.group_names.values().filter_map(|id| Some((*id, self.groups.get(id)?)))
    }

    /// The names of somebody's groups.
    pub(crate) fn groups_of(&self, user: Uuid) -> impl Iterator<Item = &String> {
        self.groups_of.get(&user).into_iter().flatten()
    }

    /// Whether this session of this user is open.
    pub(crate) fn is_open(&self, sid: Uuid, user: Uuid) -> bool {
        self.sessions.get(&sid).is_some_and(|session| session.user == user)
    }

    /// The open session that this refresh token belongs to.
    pub(crate) fn session_of(&self, refresh: Uuid) -> Option<Uuid> {
        self.refreshes.get(&refresh).copied()
    }

    /// How many of the crowd are there.
    pub(crate) fn bulk(&self) -> u64 {
        self.bulk
    }

    /// Makes a change. It was checked before: this cannot fail.
    pub(crate) fn apply(&mut self, change: Change) {
        match change {
            Change::Seeded { realm, key, groups, clients, users } => {
                self.name = realm;
                self.keys.push(key);
                groups.into_iter().for_each(|(id, name)| self.create_group(id, name));
                for client in clients {
                    self.clients.insert(client.client_id.clone(), client);
                }
                users.into_iter().for_each(|user| self.add_user(user));
            }
            Change::GroupCreated { id, name } => self.create_group(id, name),
            Change::GroupDeleted { id } => {
                if let Some(group) = self.groups.remove(&id) {
                    self.group_names.remove(&group.name);
                    for user in group.members.into_values() {
                        self.groups_of.entry(user).or_default().remove(&group.name);
                    }
                }
            }
            Change::Joined { user, group } => self.join(user, group),
            Change::Left { user, group } => self.leave(user, group),
            Change::SessionBegun { sid, user, refresh } => {
                self.sessions.insert(sid, Session { user, refresh });
                self.refreshes.insert(refresh, sid);
            }
            Change::SessionEnded { sid } => {
                if let Some(session) = self.sessions.remove(&sid) {
                    self.refreshes.remove(&session.refresh);
                }
            }
            Change::BulkUsersAdded { count } => {
                for _ in 0..count {
                    self.bulk += 1;
                    self.add_user(User::bulk(self.bulk));
                }
            }
            Change::ClientAdded { client, account } => {
                self.clients.insert(client.client_id.clone(), client);
                account.into_iter().for_each(|account| self.add_user(account));
            }
            Change::KeyAdded { key } => self.keys.push(key),
        }
    }

    fn create_group(&mut self, id: Uuid, name: String) {
        self.group_names.insert(name.clone(), id);
        self.groups.insert(id, Group { name, members: BTreeMap::new() });
    }

    fn add_user(&mut self, user: User) {
        let groups = user.groups.iter().filter_map(|path| self.group_named(path.get(1..)?));
        let groups: Vec<_> = groups.collect();
        let id = user.id;
        self.usernames.insert(user.username.to_lowercase(), id);
        if let Some(email) = &user.email {
            self.emails.insert(email.to_lowercase(), id);
        }
        self.users.insert(id, user);
        groups.into_iter().for_each(|group| self.join(id, group));
    }

    fn join(&mut self, user: Uuid, group: Uuid) {
        if let (Some(user), Some(group)) = (self.users.get(&user), self.groups.get_mut(&group)) {
            group.members.insert(user.username.clone(), user.id);
            self.groups_of.entry(user.id).or_default().insert(group.name.clone());
        }
    }

    fn leave(&mut self, user: Uuid, group: Uuid) {
        if let (Some(user), Some(group)) = (self.users.get(&user), self.groups.get_mut(&group)) {
            group.members.remove(&user.username);
            self.groups_of.entry(user.id).or_default().remove(&group.name);
        }
    }
}
