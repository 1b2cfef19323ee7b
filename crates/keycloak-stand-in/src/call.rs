use crate::answer;
use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};
use stand_in_kit::{Answer, CallKind, Request};
use uuid::Uuid;

/// The calls that it knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "named after what they ask for")]
pub enum Operation {
    Realm,
    Discovery,
    Certs,
    Token,
    UserInfo,
    Logout,
    FindGroups,
    CountGroups,
    CreateGroup,
    ReadGroup,
    DeleteGroup,
    Members,
    Join,
    Leave,
    FindUsers,
    CountUsers,
    ReadUser,
    GroupsOfUser,
}

impl CallKind for Operation {
    /// Whether it changes groups, or who is in them. That sessions begin and end does not count.
    fn is_write(self) -> bool {
        matches!(self, Self::CreateGroup | Self::DeleteGroup | Self::Join | Self::Leave)
    }
}

/// A call, read from its path. An id that is none is nobody's.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Call {
    Realm,
    Discovery,
    Certs,
    Token,
    UserInfo,
    Logout,
    Admin(Admin),
}

/// A call of the Admin REST.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Admin {
    FindGroups,
    CountGroups,
    CreateGroup,
    ReadGroup(Option<Uuid>),
    DeleteGroup(Option<Uuid>),
    Members(Option<Uuid>),
    Join(Option<Uuid>, Option<Uuid>),
    Leave(Option<Uuid>, Option<Uuid>),
    FindUsers,
    CountUsers,
    ReadUser(Option<Uuid>),
    GroupsOfUser(Option<Uuid>),
}

impl Call {
    /// Reads a call on this realm, or says why it is none.
    pub(crate) fn read(request: &Request, realm: &str) -> Result<Self, Answer> {
        let decoded = |part| percent_decode_str(part).decode_utf8_lossy().into_owned();
        let parts: Vec<String> = request.path.split('/').skip(1).map(decoded).collect();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let method = request.method.as_str();
        let call = match parts.as_slice() {
            ["realms", name, ..] if *name != realm => {
                return Err(answer::error(404, "Realm does not exist"));
            }
            ["admin", "realms", name, ..] if *name != realm => {
                return Err(answer::error(404, "Realm not found."));
            }
            ["realms", _, page @ ..] => Self::page(method, page),
            ["admin", "realms", _, page @ ..] => Admin::page(method, page).map(Self::Admin),
            _ => None,
        };
        call.ok_or_else(answer::unknown_path)
    }

    fn page(method: &str, page: &[&str]) -> Option<Self> {
        match (method, page) {
            ("GET", []) => Some(Self::Realm),
            ("GET", [".well-known", "openid-configuration"]) => Some(Self::Discovery),
            (method, ["protocol", "openid-connect", page]) => match (method, *page) {
                ("GET", "certs") => Some(Self::Certs),
                ("POST", "token") => Some(Self::Token),
                ("GET" | "POST", "userinfo") => Some(Self::UserInfo),
                ("POST", "logout") => Some(Self::Logout),
                _ => None,
            },
            _ => None,
        }
    }

    pub(crate) fn operation(self) -> Operation {
        match self {
            Self::Realm => Operation::Realm,
            Self::Discovery => Operation::Discovery,
            Self::Certs => Operation::Certs,
            Self::Token => Operation::Token,
            Self::UserInfo => Operation::UserInfo,
            Self::Logout => Operation::Logout,
            Self::Admin(call) => call.operation(),
        }
    }
}

impl Admin {
    fn page(method: &str, page: &[&str]) -> Option<Self> {
        match (method, page) {
            ("GET", ["groups"]) => Some(Self::FindGroups),
            ("POST", ["groups"]) => Some(Self::CreateGroup),
            ("GET", ["groups", "count"]) => Some(Self::CountGroups),
            ("GET", ["groups", group]) => Some(Self::ReadGroup(id(group))),
            ("DELETE", ["groups", group]) => Some(Self::DeleteGroup(id(group))),
            ("GET", ["groups", group, "members"]) => Some(Self::Members(id(group))),
            ("PUT", ["users", user, "groups", group]) => Some(Self::Join(id(user), id(group))),
            ("DELETE", ["users", user, "groups", group]) => Some(Self::Leave(id(user), id(group))),
            ("GET", ["users"]) => Some(Self::FindUsers),
            ("GET", ["users", "count"]) => Some(Self::CountUsers),
            ("GET", ["users", user]) => Some(Self::ReadUser(id(user))),
            ("GET", ["users", user, "groups"]) => Some(Self::GroupsOfUser(id(user))),
            _ => None,
        }
    }

    pub(crate) fn operation(self) -> Operation {
        match self {
            Self::FindGroups => Operation::FindGroups,
            Self::CountGroups => Operation::CountGroups,
            Self::CreateGroup => Operation::CreateGroup,
            Self::ReadGroup(_) => Operation::ReadGroup,
            Self::DeleteGroup(_) => Operation::DeleteGroup,
            Self::Members(_) => Operation::Members,
            Self::Join(..) => Operation::Join,
            Self::Leave(..) => Operation::Leave,
            Self::FindUsers => Operation::FindUsers,
            Self::CountUsers => Operation::CountUsers,
            Self::ReadUser(_) => Operation::ReadUser,
            Self::GroupsOfUser(_) => Operation::GroupsOfUser,
        }
    }
}

fn id(text: &str) -> Option<Uuid> {
    text.parse().ok()
}
