//! Taking credits back. A deplete is believed when its amount is what the ledger expects.

use super::outcome::{Outcome, Stop};
use super::run::Run;
use crate::app::finish;
use crate::ports::store::Reservation;
use crate::ports::{PortError, StoreError};
use chrono::{DateTime, Utc};
use course_seats_domain::ids::{CourseId, LabId, ProjectId};
use course_seats_domain::plans::{CourseEvent, Note};
use course_seats_domain::values::Credits;

impl Run {
    /// Takes everything back from a project, again and again until `expected` has come back or
    /// patience is over (what was granted may be committed after its answer). The error is that
    /// of the first call that left something open.
    pub(super) async fn take_back(
        &mut self,
        project: ProjectId,
        expected: Credits,
    ) -> Result<Result<Credits, PortError>, Stop> {
        let mut patience = self.patience(self.app.settings.grant_patience);
        let mut taken = Credits::ZERO;
        loop {
            match self.app.ports.accounting.deplete_project(project, &self.lease).await {
                Ok(amount) => taken = taken.plus(amount),
                // No such account, or not there yet.
                Err(PortError::NotFound) => {}
                Err(error) => return Ok(Err(error)),
            }
            if taken >= expected || !self.wait(&mut patience).await? {
                return Ok(Ok(taken));
            }
        }
    }

    /// Notes what a dropped student's project holds, once, and takes it back.
    pub(super) async fn deplete_dropped(
        &mut self,
        at: usize,
        project: ProjectId,
    ) -> Result<Outcome, Stop> {
        let balance = match self.noted_balance(at) {
            Some(balance) => balance,
            None => match self.balance_before_drop(project).await? {
                Ok(balance) => {
                    // On paper before the deplete: afterwards nobody could tell what was spent.
                    self.announce(at, Note::Balance { balance }).await?;
                    balance
                }
                Err(error) => return Ok(Outcome::NotDone(error.to_string())),
            },
        };
        let Some(balance) = balance else {
            return Ok(Outcome::DONE);
        };
        Ok(match self.take_back(project, balance).await? {
            Ok(amount) => Outcome::Done(Some(Note::Depleted { amount })),
            Err(error) => error.into(),
        })
    }

    /// The noted balance: `Some(None)` if there was no account.
    pub(super) fn noted_balance(&self, at: usize) -> Option<Option<Credits>> {
        self.saga.steps.get(at)?.notes.iter().find_map(|note| match note {
            Note::Balance { balance } => Some(*balance),
            _ => None,
        })
    }

    /// What the project holds. Absence is believed only after patience, and so is a balance below
    /// the grant that is read soon after it.
    async fn balance_before_drop(
        &mut self,
        project: ProjectId,
    ) -> Result<Result<Option<Credits>, PortError>, Stop> {
        let mut patience = self.patience(self.app.settings.grant_patience);
        loop {
            // From before the question: who sleeps over the answer has an old one.
            let asked_at = self.app.now();
            let balance = match self.app.ports.accounting.project_balance(project).await {
                Ok(balance) => Some(balance),
                Err(PortError::NotFound) => None,
                Err(error) => return Ok(Err(error)),
            };
            let credible = match balance {
                None => false,
                // Nobody has spent anything: then it does not matter when it was granted.
                Some(balance) if self.noted_grant().is_some_and(|grant| balance >= grant) => true,
                Some(balance) => match self.fresh_grant(project, asked_at).await {
                    Ok(granted) => granted.is_none_or(|grant| balance >= grant),
                    Err(error) => return Ok(Err(PortError::Unavailable(error.to_string()))),
                },
            };
            if credible || !self.wait(&mut patience).await? {
                return Ok(Ok(balance));
            }
        }
    }

    /// What was granted, if that was so recently that its commit was perhaps still under way at `at`.
    async fn fresh_grant(
        &self,
        project: ProjectId,
        at: DateTime<Utc>,
    ) -> Result<Option<Credits>, StoreError> {
        let enrolment = self.app.glance().await?.enrolment_of(project).await?;
        let fresh_for = self.app.settings.grant_is_fresh_for();
        Ok(enrolment
            .filter(|enrolment| at - enrolment.created_at < fresh_for)
            .and_then(|_| self.noted_grant()))
    }

    /// Closing: takes everything back from the lab and its projects, once. From its note on the
    /// lab takes no new course, because a deplete that lands late would empty it.
    pub(super) async fn deplete_lab(
        &mut self,
        at: usize,
        course: CourseId,
        lab: LabId,
    ) -> Result<Outcome, Stop> {
        if !self.noted(at, |note| matches!(note, Note::DepletingLab)) {
            match self.announce_lab_deplete(at, course, lab).await {
                Ok(true) => {}
                Ok(false) => return Ok(Outcome::Done(Some(Note::NotNeeded))),
                Err(error) => return self.written(Err(error)).map(|()| Outcome::DONE),
            }
        }
        let first = !self.is_unknown(at);
        let mut patience = self.patience(self.app.settings.grant_patience);
        loop {
            match self.app.ports.accounting.deplete_lab(lab, &self.lease).await {
                Ok(_) => {
                    // What was granted just now may be committed after this.
                    let again = match self.may_be_funded_any_moment().await {
                        Ok(again) => again,
                        Err(error) => return Ok(error.into()),
                    };
                    if !again || !self.wait(&mut patience).await? {
                        return Ok(Outcome::Done(first.then_some(Note::LabDepleted)));
                    }
                }
                // A lab without an account holds nothing; absence is believed only after patience.
                Err(PortError::NotFound) => {
                    if !self.wait(&mut patience).await? {
                        return Ok(Outcome::DONE);
                    }
                }
                Err(error) => return Ok(error.into()),
            }
        }
    }

    /// Notes the deplete and blocks the lab, in one transaction. `false`: it was depleted before.
    async fn announce_lab_deplete(
        &mut self,
        at: usize,
        course: CourseId,
        lab: LabId,
    ) -> Result<bool, StoreError> {
        let mut tx = self.app.begin().await?;
        let note = CourseEvent::Noted { step: at, note: Note::DepletingLab };
        let result = async {
            let row = tx.lock_course(course).await?;
            if row.is_none_or(|course| course.budget_depleted) {
                return Ok(false);
            }
            tx.reserve(self.id, &Reservation::ClosingLab(lab), None).await?;
            let mut events = self.unwritten().to_vec();
            events.push(note.clone());
            tx.record(&self.ticket, &events, self.app.settings.lease()).await?;
            Ok::<_, StoreError>(true)
        }
        .await;
        let announced = finish(tx, result).await?;
        if announced {
            let applied = self.saga.apply(&note);
            applied.map_err(|bug| StoreError::Corrupt(bug.to_string()))?;
            let _ = self.written(Ok(()));
        }
        Ok(announced)
    }
}
