//! The credits of a template are seen to by one saga at a time: by its funding as long as that is
//! open, and then by whoever waits for what may still land. Until then the project serves no new
//! course, whose credits would be taken back or doubled.

use super::run::Run;
use crate::app::{App, finish};
use crate::ports::store::Reservation;
use crate::ports::{StoreError, Tx};
use chrono::{DateTime, Utc};
use course_seats_domain::ids::{ProjectId, SagaId};
use course_seats_domain::plans::{CourseSaga, CourseStep, Note};
use course_seats_domain::saga::{StepRecord, StepState};

/// Who sees to a template's credits.
pub(super) enum Keeper {
    /// This saga; `before`: it did so already.
    Us {
        /// What it waits for may land late.
        before: bool,
    },
    /// Somebody else, or they are a new course's.
    Other,
}

/// Keeps new courses from the template of a funding that ends, if a grant of it may still land.
pub(crate) async fn keep_after_funding(
    app: &App,
    tx: &mut dyn Tx,
    id: SagaId,
    funding: &CourseSaga,
) -> Result<(), StoreError> {
    match grant_of(funding) {
        // Who else has it sees to it.
        Some((template, record)) if may_still_land(record) => {
            keep(app, tx, id, template, 0).await.map(|_| ())
        }
        _ => Ok(()),
    }
}

/// The template that a saga funds, and what is known of that.
fn grant_of(funding: &CourseSaga) -> Option<(ProjectId, &StepRecord<Note>)> {
    let mut steps = funding.plan.steps.iter().zip(&funding.steps);
    steps.find_map(|(planned, record)| match &planned.step {
        CourseStep::GrantTemplate { project, .. } => Some((*project, record)),
        _ => None,
    })
}

/// Whether more was tried than is known to have arrived, or not to have been sent.
fn may_still_land(grant: &StepRecord<Note>) -> bool {
    let count = |wanted: fn(&Note) -> bool| grant.notes.iter().filter(|note| wanted(note)).count();
    let tried = count(|note| matches!(note, Note::GrantAttemptAt { .. }));
    let not_sent = count(|note| matches!(note, Note::NotNeeded));
    tried > not_sent + usize::from(grant.state == StepState::Done)
}

/// Until the last look of this saga. Returns whether it has it.
async fn keep(
    app: &App,
    tx: &mut dyn Tx,
    saga: SagaId,
    template: ProjectId,
    looks_done: u32,
) -> Result<bool, StoreError> {
    let until = app.now() + app.settings.looks_take(looks_done);
    tx.reserve(saga, &Reservation::Template(template), Some(until)).await
}

impl Run {
    /// Keeps new courses from the template that this saga funds, if a grant may still land, or if
    /// what did is to be taken back.
    pub(super) async fn keep_funded_template(
        &self,
        tx: &mut dyn Tx,
        to_be_taken_back: bool,
    ) -> Result<(), StoreError> {
        match grant_of(&self.saga) {
            Some((template, record)) if to_be_taken_back || may_still_land(record) => {
                keep(&self.app, tx, self.id, template, 0).await.map(|_| ())
            }
            // It was answered; it may be committed a little later.
            Some((template, _)) => {
                let until = self.app.now() + self.app.settings.grant_is_fresh_for();
                tx.reserve(self.id, &Reservation::Template(template), Some(until)).await.map(|_| ())
            }
            None => Ok(()),
        }
    }

    /// Closing: whether a grant to the course's template may be committed any moment. The plan knows
    /// the template, also when the other service has deleted the course.
    pub(super) async fn may_be_funded_any_moment(&self) -> Result<bool, StoreError> {
        let mut steps = self.saga.plan.steps.iter();
        let template = steps.find_map(|planned| match &planned.step {
            CourseStep::SettleClosing(closing) => Some(Reservation::Template(closing.template)),
            _ => None,
        });
        match template {
            Some(template) => Ok(self.app.glance().await?.taken_until(&template).await?.is_some()),
            None => Ok(false),
        }
    }

    /// Keeps them from it for as long as looks are left, if they are kept from it by this saga.
    pub(super) async fn keep_template_kept(
        &self,
        tx: &mut dyn Tx,
        template: ProjectId,
    ) -> Result<(), StoreError> {
        match tx.taken_until(&Reservation::Template(template)).await? {
            Some(Some(until)) if self.is_long(until) => {
                keep(&self.app, tx, self.id, template, self.saga.looks).await.map(|_| ())
            }
            _ => Ok(()),
        }
    }

    /// Whether something is kept for what may land late, and not only for the seconds in which what
    /// was answered is committed.
    pub(super) fn is_long(&self, until: DateTime<Utc>) -> bool {
        until - self.app.now() > self.app.settings.grant_is_fresh_for()
    }

    /// Before a look takes from a template: no course may take it from now on.
    pub(super) async fn take_template(&self, template: ProjectId) -> Result<Keeper, StoreError> {
        let mut tx = self.app.begin().await?;
        let result = async {
            let taken = tx.taken_until(&Reservation::Template(template)).await?;
            let before = taken.is_some_and(|until| until.is_none_or(|until| self.is_long(until)));
            let ours = keep(&self.app, &mut *tx, self.id, template, 0).await?;
            // Read after it was taken: nobody opens a course on it meanwhile.
            let serves = tx.course_with_template(template).await?;
            if !ours || serves.is_some_and(|course| course.closing.is_none()) {
                return Ok(Keeper::Other);
            }
            // Only who still has the look may take anything for it.
            tx.record(&self.ticket, &[], self.app.settings.lease()).await?;
            Ok(Keeper::Us { before })
        }
        .await;
        match result {
            Ok(Keeper::Other) => tx.rollback().await.map(|()| Keeper::Other),
            result => finish(tx, result).await,
        }
    }

    /// After a look has taken from it, and was answered.
    pub(super) async fn free_template(&self, template: ProjectId) -> Result<(), StoreError> {
        let mut tx = self.app.begin().await?;
        let freed = tx.unreserve(self.id, &Reservation::Template(template)).await;
        finish(tx, freed).await
    }
}
