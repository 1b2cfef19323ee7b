use crate::kept::State;
use chrono::{DateTime, Utc};
use course_seats_domain::ids::{LabId, ProjectId};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::str::FromStr;

/// Where credits are. Every one of them is in exactly one account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) enum Account {
    /// Where they come from and go to; below zero by what is out.
    System,
    /// A lab's own.
    Lab(LabId),
    /// A project's own: its balance.
    Project(ProjectId),
    /// What running jobs of a project have reserved: not in its balance.
    Reservation(ProjectId),
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System => f.write_str("system"),
            Self::Lab(id) => write!(f, "lab/{id}"),
            Self::Project(id) => write!(f, "project/{id}"),
            Self::Reservation(id) => write!(f, "reservation/{id}"),
        }
    }
}

impl From<Account> for String {
    fn from(account: Account) -> Self {
        account.to_string()
    }
}

impl FromStr for Account {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "system" {
            return Ok(Self::System);
        }
        let unknown = || format!("no account: {text}");
        let (kind, id) = text.split_once('/').ok_or_else(unknown)?;
        let id = id.parse().map_err(|_| unknown())?;
        match kind {
            "lab" => Ok(Self::Lab(LabId::new(id))),
            "project" => Ok(Self::Project(ProjectId::new(id))),
            "reservation" => Ok(Self::Reservation(ProjectId::new(id))),
            _ => Err(unknown()),
        }
    }
}

impl TryFrom<String> for Account {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

/// Why credits moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MovementKind {
    TopUp,
    Assign,
    Deplete,
    Spend,
    Reserve,
    Release,
}

/// Credits that went from one account to another.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Movement {
    pub(crate) at: DateTime<Utc>,
    pub(crate) from: Account,
    pub(crate) to: Account,
    pub(crate) amount: Decimal,
    pub(crate) kind: MovementKind,
}

/// A lab's account.
#[derive(Debug, Clone)]
pub(crate) struct Lab {
    pub(crate) name: String,
}

/// A project's account.
#[derive(Debug, Clone)]
pub(crate) struct Project {
    pub(crate) lab: LabId,
    pub(crate) name: String,
}

/// What the accounting service knows: double entry, so the sum over all accounts is zero.
#[derive(Debug, Clone, Default)]
pub(crate) struct Books {
    pub(crate) labs: BTreeMap<LabId, Lab>,
    pub(crate) projects: BTreeMap<ProjectId, Project>,
    pub(crate) journal: Vec<Movement>,
    balances: HashMap<Account, Decimal>,
}

/// A change of it. Movements that belong together stand in one.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub(crate) enum Change {
    LabOpened { id: LabId, name: String },
    ProjectOpened { id: ProjectId, lab: LabId, name: String },
    Moved { movements: Vec<Movement> },
}

impl Books {
    /// What is in an account.
    pub(crate) fn balance(&self, account: Account) -> Decimal {
        self.balances.get(&account).copied().unwrap_or_default()
    }

    /// The sum over all accounts: zero, or the books are wrong.
    pub(crate) fn sum(&self) -> Decimal {
        self.balances.values().copied().sum()
    }
}

impl State for Books {
    type Change = Change;

    fn apply(&mut self, change: Change) {
        match change {
            Change::LabOpened { id, name } => {
                self.labs.insert(id, Lab { name });
            }
            Change::ProjectOpened { id, lab, name } => {
                self.projects.insert(id, Project { lab, name });
            }
            Change::Moved { movements } => {
                for movement in movements {
                    *self.balances.entry(movement.from).or_default() -= movement.amount;
                    *self.balances.entry(movement.to).or_default() += movement.amount;
                    self.journal.push(movement);
                }
            }
        }
    }
}
