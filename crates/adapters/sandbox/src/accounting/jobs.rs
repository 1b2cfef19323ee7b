use super::books::{Account, Books, Change, MovementKind};
use super::{SandboxAccounting, known_project, payable};
use course_seats_application::ports::PortError;
use course_seats_domain::ids::ProjectId;
use course_seats_domain::values::Credits;

/// What other services do to the accounts when somebody runs a job: for examples and tests.
impl SandboxAccounting {
    /// A job ran and cost so much.
    ///
    /// # Errors
    /// `NotFound` for an unknown account, `Rejected` if there is too little.
    pub fn spend(&self, project: ProjectId, amount: Credits) -> Result<(), PortError> {
        self.run(project, Account::Project(project), Account::System, amount, MovementKind::Spend)
    }

    /// A job began and has reserved so much, which is not in the balance any more.
    ///
    /// # Errors
    /// `NotFound` for an unknown account, `Rejected` if there is too little.
    pub fn reserve(&self, project: ProjectId, amount: Credits) -> Result<(), PortError> {
        let (from, to) = (Account::Project(project), Account::Reservation(project));
        self.run(project, from, to, amount, MovementKind::Reserve)
    }

    /// A job ended without using so much: it flows back, also if the project was depleted.
    ///
    /// # Errors
    /// `NotFound` for an unknown account, `Rejected` if less was reserved.
    pub fn release(&self, project: ProjectId, amount: Credits) -> Result<(), PortError> {
        let (from, to) = (Account::Reservation(project), Account::Project(project));
        self.run(project, from, to, amount, MovementKind::Release)
    }

    fn run(
        &self,
        project: ProjectId,
        from: Account,
        to: Account,
        amount: Credits,
        kind: MovementKind,
    ) -> Result<(), PortError> {
        let amount = payable(amount)?;
        self.ledger.change(|visible: &Books, latest: &Books| {
            known_project(visible, project)?;
            if latest.balance(from) < amount {
                return Err(PortError::Rejected("too few credits".into()));
            }
            let movements = vec![self.ledger.movement(from, to, amount, kind)];
            Ok(((), Some(Change::Moved { movements })))
        })
    }
}
