mod books;
mod jobs;
mod ledger;
mod report;

use crate::SandboxError;
use crate::fault::Operation;
use crate::gate::{Gate, World};
use async_trait::async_trait;
use books::{Account, Books, Change, Movement, MovementKind};
use course_seats_application::ports::{Accounting, Lease, PortError};
use course_seats_domain::ids::{LabId, ProjectId};
use course_seats_domain::values::Credits;
use ledger::SharedLedger;
use rust_decimal::Decimal;
use std::path::Path;
use std::time::Duration;

/// The accounting service of the sandbox.
pub struct SandboxAccounting {
    ledger: SharedLedger,
    gate: Gate,
}

impl SandboxAccounting {
    /// Opens the books in this file.
    pub(crate) fn open(path: &Path, world: World) -> Result<Self, SandboxError> {
        Ok(Self { ledger: SharedLedger::open(path, world.clone())?, gate: Gate::new(world) })
    }

    /// From now on changes become visible only so long after they were answered, as it happens
    /// with the real service. Gone after a restart.
    pub fn set_commit_delay(&self, delay: Duration) {
        self.ledger.set_commit_delay(delay);
    }
}

#[async_trait]
impl Accounting for SandboxAccounting {
    async fn open_lab(&self, lab: LabId, name: &str, lease: &Lease) -> Result<(), PortError> {
        let name = name.to_owned();
        let ledger = self.ledger.clone();
        self.gate
            .write(Operation::OpenLab, Some(lease), move || {
                ledger.change(|_, latest| match latest.labs.contains_key(&lab) {
                    true => Err(crashed()),
                    false => Ok(((), Some(Change::LabOpened { id: lab, name }))),
                })
            })
            .await
    }

    async fn open_project(
        &self,
        project: ProjectId,
        lab: LabId,
        name: &str,
        lease: &Lease,
    ) -> Result<(), PortError> {
        let name = name.to_owned();
        let ledger = self.ledger.clone();
        self.gate
            .write(Operation::OpenProject, Some(lease), move || {
                ledger.change(|visible, latest| {
                    let exists = latest.projects.contains_key(&project);
                    if exists || !visible.labs.contains_key(&lab) {
                        return Err(crashed());
                    }
                    Ok(((), Some(Change::ProjectOpened { id: project, lab, name })))
                })
            })
            .await
    }

    async fn grant(
        &self,
        project: ProjectId,
        amount: Credits,
        lease: &Lease,
    ) -> Result<(), PortError> {
        let ledger = self.ledger.clone();
        self.gate
            .write(Operation::Grant, Some(lease), move || {
                let amount = payable(amount)?;
                ledger.change(|visible, _| {
                    let known = visible.projects.get(&project).ok_or(PortError::NotFound)?;
                    let lab = Account::Lab(known.lab);
                    let to = Account::Project(project);
                    let movements = vec![
                        ledger.movement(Account::System, lab, amount, MovementKind::TopUp),
                        ledger.movement(lab, to, amount, MovementKind::Assign),
                    ];
                    Ok(((), Some(Change::Moved { movements })))
                })
            })
            .await
    }

    async fn project_balance(&self, project: ProjectId) -> Result<Credits, PortError> {
        self.gate
            .read(Operation::ProjectBalance, || {
                self.ledger.look(|books| {
                    known_project(books, project)?;
                    credits(books.balance(Account::Project(project)))
                })
            })
            .await
    }

    async fn lab_balance(&self, lab: LabId) -> Result<Credits, PortError> {
        self.gate
            .read(Operation::LabBalance, || {
                self.ledger.look(|books| {
                    known_lab(books, lab)?;
                    credits(books.balance(Account::Lab(lab)))
                })
            })
            .await
    }

    async fn deplete_project(
        &self,
        project: ProjectId,
        lease: &Lease,
    ) -> Result<Credits, PortError> {
        let ledger = self.ledger.clone();
        self.gate
            .write(Operation::DepleteProject, Some(lease), move || {
                ledger.change(|visible, latest| {
                    known_project(visible, project)?;
                    emptied(&ledger, latest, [Account::Project(project)])
                })
            })
            .await
    }

    async fn deplete_lab(&self, lab: LabId, lease: &Lease) -> Result<Credits, PortError> {
        let ledger = self.ledger.clone();
        self.gate
            .write(Operation::DepleteLab, Some(lease), move || {
                ledger.change(|visible, latest| {
                    known_lab(visible, lab)?;
                    let projects = latest.projects.iter().filter(|(_, known)| known.lab == lab);
                    let projects = projects.map(|(id, _)| Account::Project(*id));
                    emptied(&ledger, latest, projects.chain([Account::Lab(lab)]))
                })
            })
            .await
    }
}

/// Everything in these accounts goes back to the system account.
fn emptied(
    ledger: &SharedLedger,
    books: &Books,
    accounts: impl IntoIterator<Item = Account>,
) -> Result<(Credits, Option<Change>), PortError> {
    let movements: Vec<Movement> = accounts
        .into_iter()
        .map(|account| (account, books.balance(account)))
        .filter(|(_, balance)| !balance.is_zero())
        .map(|(account, balance)| {
            ledger.movement(account, Account::System, balance, MovementKind::Deplete)
        })
        .collect();
    let total = credits(movements.iter().map(|movement| movement.amount).sum())?;
    let change = (!movements.is_empty()).then_some(Change::Moved { movements });
    Ok((total, change))
}

fn known_project(books: &Books, project: ProjectId) -> Result<(), PortError> {
    books.projects.get(&project).map(|_| ()).ok_or(PortError::NotFound)
}

fn known_lab(books: &Books, lab: LabId) -> Result<(), PortError> {
    books.labs.get(&lab).map(|_| ()).ok_or(PortError::NotFound)
}

/// An amount that can be moved. The bounds keep every sum of a decimal exact.
fn payable(amount: Credits) -> Result<Decimal, PortError> {
    let amount = amount.amount().normalize();
    if amount <= Decimal::ZERO {
        return Err(PortError::Rejected("the amount must be above 0".into()));
    }
    if amount.scale() > 9 || amount > Decimal::from(1_000_000_000_000_u64) {
        return Err(PortError::Rejected("the amount is too large or too fine".into()));
    }
    Ok(amount)
}

fn credits(amount: Decimal) -> Result<Credits, PortError> {
    Credits::try_from(amount).map_err(|error| PortError::Rejected(error.to_string()))
}

/// What the real one answers where a row exists or is missing: plain text, no reason.
fn crashed() -> PortError {
    PortError::Unknown("HTTP 500".into())
}
