use crate::amount::Amount;
use crate::answer;
use rust_decimal::Decimal;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use stand_in_kit::{Answer, CallKind, Request};
use uuid::Uuid;

/// The calls that the service knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "named after their paths")]
pub enum Operation {
    OpenLab,
    OpenProject,
    TopUp,
    Assign,
    Reverse,
    Grant,
    DepleteProject,
    DepleteLab,
    ProjectBalance,
    LabBalance,
}

impl CallKind for Operation {
    fn is_write(self) -> bool {
        !matches!(self, Self::ProjectBalance | Self::LabBalance)
    }
}

/// One call, read from its path and body.
#[derive(Debug, Clone)]
pub(crate) enum Call {
    OpenLab(OpenLab),
    OpenProject(OpenProject),
    TopUp(OfLab),
    Assign(OfBoth),
    Reverse(OfBoth),
    Grant(OfProject),
    DepleteProject(ThisProject),
    DepleteLab(ThisLab),
    ProjectBalance(Uuid),
    LabBalance { lab: Uuid, with_projects: bool },
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct OpenLab {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    #[serde(default = "nothing")]
    pub(crate) balance: Amount,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct OpenProject {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    pub(crate) vlab_id: Uuid,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct OfLab {
    pub(crate) vlab_id: Uuid,
    pub(crate) amount: Amount,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct OfProject {
    pub(crate) proj_id: Uuid,
    pub(crate) amount: Amount,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct OfBoth {
    pub(crate) vlab_id: Uuid,
    pub(crate) proj_id: Uuid,
    pub(crate) amount: Amount,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ThisProject {
    pub(crate) proj_id: Uuid,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ThisLab {
    pub(crate) vlab_id: Uuid,
}

fn nothing() -> Amount {
    Amount(Decimal::ZERO)
}

impl Call {
    /// Reads a call, or says why it is none.
    pub(crate) fn read(request: &Request) -> Result<Self, Answer> {
        match (request.method.as_str(), request.path.as_str()) {
            ("POST", "/account/virtual-lab") => json(request).map(Self::OpenLab),
            ("POST", "/account/project") => json(request).map(Self::OpenProject),
            ("POST", "/budget/top-up") => json(request).map(Self::TopUp),
            ("POST", "/budget/assign") => json(request).map(Self::Assign),
            ("POST", "/budget/reverse") => json(request).map(Self::Reverse),
            ("POST", "/budget/grant") => json(request).map(Self::Grant),
            ("POST", "/budget/deplete/project") => json(request).map(Self::DepleteProject),
            ("POST", "/budget/deplete/virtual-lab") => json(request).map(Self::DepleteLab),
            ("GET", path) => Self::read_balance(path, request.query.as_deref()),
            _ => Err(answer::unknown_path()),
        }
    }

    fn read_balance(path: &str, query: Option<&str>) -> Result<Self, Answer> {
        if let Some(id) = path.strip_prefix("/balance/project/") {
            return uuid(id).map(Self::ProjectBalance);
        }
        if let Some(id) = path.strip_prefix("/balance/virtual-lab/") {
            let with_projects = query
                .is_some_and(|query| query.split('&').any(|part| part == "include_projects=true"));
            return uuid(id).map(|lab| Self::LabBalance { lab, with_projects });
        }
        Err(answer::unknown_path())
    }

    pub(crate) fn operation(&self) -> Operation {
        match self {
            Self::OpenLab(_) => Operation::OpenLab,
            Self::OpenProject(_) => Operation::OpenProject,
            Self::TopUp(_) => Operation::TopUp,
            Self::Assign(_) => Operation::Assign,
            Self::Reverse(_) => Operation::Reverse,
            Self::Grant(_) => Operation::Grant,
            Self::DepleteProject(_) => Operation::DepleteProject,
            Self::DepleteLab(_) => Operation::DepleteLab,
            Self::ProjectBalance(_) => Operation::ProjectBalance,
            Self::LabBalance { .. } => Operation::LabBalance,
        }
    }
}

/// Reads a body, or says what is wrong with it.
pub(crate) fn json<T: DeserializeOwned>(request: &Request) -> Result<T, Answer> {
    request.json().map_err(|why| answer::invalid(&why))
}

fn uuid(text: &str) -> Result<Uuid, Answer> {
    text.parse().map_err(|_| answer::invalid("not a UUID"))
}
