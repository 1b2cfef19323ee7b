//! Money is never paid twice: one account, one grant attempt (design §4.8).

use super::outcome::{Outcome, Stop};
use super::run::Run;
use crate::ports::PortError;
use course_seats_domain::ids::ProjectId;
use course_seats_domain::plans::{CourseEvent, Note};
use course_seats_domain::values::Credits;

impl Run {
    /// Grants to a fresh account.
    pub(super) async fn grant(
        &mut self,
        at: usize,
        project: ProjectId,
        amount: Credits,
    ) -> Result<Outcome, Stop> {
        if self.noted(at, |note| matches!(note, Note::GrantAttempt)) {
            // Somebody has tried before; whether it arrived, only the balance tells.
            return self.did_grant_arrive(project, amount).await;
        }
        self.announce(at, Note::GrantAttempt).await?;
        match self.try_grant(project, amount).await? {
            Ok(()) => Ok(Outcome::DONE),
            Err(PortError::Unknown(why)) => {
                self.note(CourseEvent::Unknown { step: at, why }).await?;
                self.did_grant_arrive(project, amount).await
            }
            // It surely was not granted, and patience is over.
            Err(error) => Ok(Outcome::Refused(error.to_string())),
        }
    }

    /// Calls until the answer says that it was granted, or leaves it unknown. An answer that
    /// proves that nothing happened is no attempt: the same account is asked again, with patience
    /// (a 404 soon after its creation heals).
    async fn try_grant(
        &mut self,
        project: ProjectId,
        amount: Credits,
    ) -> Result<Result<(), PortError>, Stop> {
        let mut patience = self.patience(self.app.settings.grant_patience);
        loop {
            let answer = self.app.ports.accounting.grant(project, amount, &self.lease).await;
            let over = match answer {
                Ok(()) | Err(PortError::Unknown(_)) => true,
                Err(_) => !self.wait(&mut patience).await?,
            };
            if over {
                return Ok(answer);
            }
        }
    }

    /// Asks the balance, with patience: what it shows is proof, what it does not show is not,
    /// until patience is over. Then the account is given up.
    async fn did_grant_arrive(
        &mut self,
        project: ProjectId,
        amount: Credits,
    ) -> Result<Outcome, Stop> {
        let mut patience = self.patience(self.app.settings.grant_patience);
        loop {
            let balance = self.app.ports.accounting.project_balance(project).await;
            if balance.is_ok_and(|balance| balance >= amount) {
                return Ok(Outcome::DONE);
            }
            if !self.wait(&mut patience).await? {
                let why = "the grant's outcome stayed unknown: account given up";
                return Ok(Outcome::Refused(why.into()));
            }
        }
    }

    /// Grants to a template project, which may hold credits already: its balance before and after
    /// tells whether an attempt arrived.
    pub(super) async fn grant_template(
        &mut self,
        at: usize,
        project: ProjectId,
        amount: Credits,
    ) -> Result<Outcome, Stop> {
        if let Some(before) = self.template_attempt(at) {
            // An attempt is on paper and not known to have failed.
            match self.did_template_grant_arrive(project, before, amount).await? {
                Arrival::Yes => return Ok(Outcome::DONE),
                Arrival::No => {}
                Arrival::Unclear(why) => return Ok(Outcome::Undecidable(why)),
                Arrival::Silent(why) => return Ok(Outcome::NotDone(why)),
            }
        }
        let before = match self.app.ports.accounting.project_balance(project).await {
            Ok(balance) => balance,
            Err(error) => return Ok(Outcome::NotDone(error.to_string())),
        };
        self.announce(at, Note::GrantAttemptAt { balance: before }).await?;
        match self.try_grant(project, amount).await? {
            Ok(()) => Ok(Outcome::DONE),
            Err(PortError::Unknown(why)) => Ok(Outcome::Unknown(why)),
            Err(error) => {
                // No attempt was made after all.
                self.tell(CourseEvent::Noted { step: at, note: Note::NotNeeded })?;
                Ok(Outcome::NotDone(error.to_string()))
            }
        }
    }

    /// The balance before the last attempt, unless that is known not to have been made.
    fn template_attempt(&self, at: usize) -> Option<Credits> {
        match self.saga.steps.get(at)?.notes.last()? {
            Note::GrantAttemptAt { balance } => Some(*balance),
            _ => None,
        }
    }

    async fn did_template_grant_arrive(
        &mut self,
        project: ProjectId,
        before: Credits,
        amount: Credits,
    ) -> Result<Arrival, Stop> {
        let mut patience = self.patience(self.app.settings.late_arrival_grace);
        loop {
            let arrival = match self.app.ports.accounting.project_balance(project).await {
                Ok(balance) if balance == before.plus(amount) => return Ok(Arrival::Yes),
                Ok(balance) if balance == before => Arrival::No,
                Ok(balance) => Arrival::Unclear(format!(
                    "the template holds {balance}, neither {before} nor {before} + {amount}"
                )),
                Err(error) => Arrival::Silent(error.to_string()),
            };
            if !self.wait(&mut patience).await? {
                return Ok(arrival);
            }
        }
    }
}

enum Arrival {
    Yes,
    No,
    Unclear(String),
    Silent(String),
}
