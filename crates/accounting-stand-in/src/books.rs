use crate::amount::Amount;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

/// Where credits are. Every one of them is in exactly one account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "account", content = "id", rename_all = "snake_case")]
pub(crate) enum Account {
    /// Where they come from and go to; below zero by what is out.
    System,
    /// A lab's own.
    Lab(Uuid),
    /// A project's own: its balance.
    Project(Uuid),
    /// What running jobs of a project have reserved: not in its balance.
    Reservation(Uuid),
}

/// Credits that went from one account to another.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Movement {
    pub(crate) at: DateTime<Utc>,
    pub(crate) kind: MovementKind,
    pub(crate) from: Account,
    pub(crate) to: Account,
    pub(crate) amount: Amount,
}

/// Why credits moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MovementKind {
    TopUp,
    Assign,
    Reverse,
    Deplete,
    Spend,
    Reserve,
    Release,
}

/// A project's account belongs to a lab's.
#[derive(Debug, Clone)]
pub(crate) struct Project {
    pub(crate) lab: Uuid,
    pub(crate) name: String,
}

/// A change of the books. Movements that belong together stand in one.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Change {
    LabOpened { id: Uuid, name: String, movements: Vec<Movement> },
    ProjectOpened { id: Uuid, lab: Uuid, name: String },
    Moved { movements: Vec<Movement> },
}

/// All accounts. Double entry: the sum over all of them is zero.
#[derive(Debug, Clone, Default)]
pub(crate) struct Books {
    pub(crate) labs: BTreeMap<Uuid, String>,
    pub(crate) projects: BTreeMap<Uuid, Project>,
    pub(crate) journal: Vec<Movement>,
    balances: HashMap<Account, Decimal>,
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

    /// Makes a change. It was checked before: this cannot fail.
    pub(crate) fn apply(&mut self, change: Change) {
        match change {
            Change::LabOpened { id, name, movements } => {
                self.labs.insert(id, name);
                self.move_all(movements);
            }
            Change::ProjectOpened { id, lab, name } => {
                self.projects.insert(id, Project { lab, name });
            }
            Change::Moved { movements } => self.move_all(movements),
        }
    }

    fn move_all(&mut self, movements: Vec<Movement>) {
        for movement in movements {
            *self.balances.entry(movement.from).or_default() -= movement.amount.0;
            *self.balances.entry(movement.to).or_default() += movement.amount.0;
            self.journal.push(movement);
        }
    }
}
