//! Late looks: a call that timed out can still land late, so what was ever unknown is looked at
//! again, and put right in both directions (design §4.4).

mod groups;
mod members;
mod money;

pub(crate) use money::may_take_from;

use super::outcome::{Outcome, Stop};
use super::run::{Run, claimed};
use crate::app::{App, finish};
use crate::ports::store::Reservation;
use crate::ports::{StoreError, Tx};
use course_seats_domain::ids::SagaId;
use course_seats_domain::plans::{CourseEvent, CourseStep, Note, Subject};
use course_seats_domain::saga::Claim;
use futures::FutureExt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

/// Looks at one closed saga, if its look is due and nobody else has it.
pub(crate) async fn look(app: &Arc<App>, id: SagaId) {
    let claimed_at = app.ports.clock.monotonic();
    let claim = async {
        let mut tx = app.begin().await?;
        let claim = tx.claim_look(id, app.settings.lease()).await;
        claimed(tx, claim).await
    }
    .await;
    let mut run = match claim {
        Ok(Claim::Taken { ticket, saga, created_at }) => {
            Run::new(Arc::clone(app), ticket, *saga, created_at, claimed_at)
        }
        Ok(Claim::Held | Claim::Closed(_) | Claim::Missing) => return,
        Err(error) => {
            tracing::warn!(saga = %id, %error, "the look was not taken");
            return;
        }
    };
    // Whatever stops it, the lease runs out and the looks start anew.
    let stopped = match run.look().await {
        // Handed back at once; it goes on where it was.
        Err(Stop::Draining) => run.close_look(Some(chrono::TimeDelta::zero())).await,
        stopped => stopped,
    };
    if let Err(stop) = stopped {
        tracing::debug!(saga = %id, ?stop, "the look was not finished");
    }
}

impl Run {
    async fn look(&mut self) -> Result<(), Stop> {
        let attempt = AssertUnwindSafe(self.put_right()).catch_unwind().await;
        let outcome = match attempt {
            Ok(outcome) => outcome?,
            Err(_) => Outcome::Unknown("the look panicked".into()),
        };
        match outcome {
            Outcome::Done(_) | Outcome::Closed => self.end_look().await,
            Outcome::Unknown(why) => {
                self.tell(CourseEvent::LookUnknown { why })?;
                self.look_again_soon().await
            }
            Outcome::NotDone(why)
            | Outcome::Busy(why)
            | Outcome::Refused(why)
            | Outcome::Undecidable(why) => {
                tracing::info!(saga = %self.id, why, "a late look has to wait");
                self.look_again_soon().await
            }
        }
    }

    /// Ends the look: the next one is due later, or all of them anew, or it was the last.
    async fn end_look(&mut self) -> Result<(), Stop> {
        self.tell(CourseEvent::Looked)?;
        let next = self.app.settings.look_after(self.saga.looks);
        self.close_look(next).await
    }

    /// Breaks the look off; it goes on after a pause.
    async fn look_again_soon(&mut self) -> Result<(), Stop> {
        let pause = self.app.backoff(6);
        self.close_look(Some(crate::settings::delta(pause))).await
    }

    async fn close_look(&mut self, next: Option<chrono::TimeDelta>) -> Result<(), Stop> {
        let look_at = next.map(|after| self.app.now() + after);
        let result = async {
            let mut tx = self.app.begin().await?;
            let result = self.end_look_in(&mut *tx, look_at).await;
            finish(tx, result).await
        }
        .await;
        self.written(result)
    }

    async fn end_look_in(
        &self,
        tx: &mut dyn Tx,
        look_at: Option<chrono::DateTime<chrono::Utc>>,
    ) -> Result<(), StoreError> {
        for subject in self.subjects() {
            tx.unreserve(self.id, &Reservation::Subject(subject)).await?;
        }
        for planned in &self.saga.plan.steps {
            match &planned.step {
                CourseStep::SettleClosing(closing) => {
                    self.keep_lab_blocked(tx, closing.lab).await?;
                    self.keep_template_kept(tx, closing.template).await?;
                }
                CourseStep::GrantTemplate { project, .. } => {
                    self.keep_template_kept(tx, *project).await?;
                }
                _ => {}
            }
        }
        tx.close(&self.ticket, self.unwritten(), look_at).await?;
        Ok(())
    }

    /// What the look takes while it acts, so that no drop or activation acts beside it.
    fn subjects(&self) -> Vec<Subject> {
        let settle = self.saga.plan.steps.last().map(|planned| &planned.step);
        match settle {
            Some(CourseStep::SettleInvite(invite)) => {
                vec![Subject::Member(invite.lab, invite.user)]
            }
            Some(CourseStep::SettleAssign(assign)) => vec![Subject::Enrolment(assign.enrolment)],
            Some(CourseStep::SettleActivate(activate)) => vec![
                Subject::Enrolment(activate.enrolment),
                Subject::Member(activate.lab, activate.user),
            ],
            Some(CourseStep::SettleDrop(drop)) => {
                std::iter::once(Subject::Enrolment(drop.enrolment))
                    .chain(self.noted_student().map(|student| Subject::Member(drop.lab, student)))
                    .collect()
            }
            // Looks that take from one template do so one after the other.
            Some(CourseStep::SettleTemplate { course }) => vec![Subject::Template(*course)],
            Some(CourseStep::SettleClosing(closing)) => vec![Subject::Template(closing.course)],
            _ => Vec::new(),
        }
    }

    /// Takes the subjects until the lease ends, so that a look whose process dies holds nobody.
    async fn hold_while_looking(&mut self) -> Result<Outcome, Stop> {
        let until = self.app.now() + self.app.settings.lease();
        match self.subjects().as_slice() {
            [] => Ok(Outcome::DONE),
            subjects => self.take_subjects(subjects, Some(until)).await,
        }
    }

    /// What belongs is there, what does not is gone: by the rows, at this moment.
    async fn put_right(&mut self) -> Result<Outcome, Stop> {
        let steps: Vec<CourseStep> =
            self.saga.plan.steps.iter().map(|planned| planned.step.clone()).collect();
        for (at, step) in steps.iter().enumerate() {
            self.keep_lease().await?;
            // Anew before each step: the hold ends with the lease, and the lease was renewed.
            let held = self.hold_while_looking().await?;
            if !matches!(held, Outcome::Done(_)) {
                return Ok(held);
            }
            let outcome = self.put_step_right(at, step).await?;
            if !matches!(outcome, Outcome::Done(_)) {
                return Ok(outcome);
            }
        }
        Ok(Outcome::DONE)
    }

    async fn put_step_right(&mut self, at: usize, step: &CourseStep) -> Result<Outcome, Stop> {
        match step {
            CourseStep::CreateGroup { name } => self.group_put_right(name).await,
            CourseStep::OpenProjectAccount { project, .. }
            | CourseStep::DepleteProject { project } => self.money_put_right(*project).await,
            CourseStep::OpenLabAccount { lab, .. } => self.lab_money_put_right(*lab).await,
            CourseStep::GrantTemplate { course, project, amount } => {
                self.template_put_right(*course, *project, *amount).await
            }
            CourseStep::JoinProject { project, .. } | CourseStep::EmptyProject { project, .. } => {
                self.project_member_put_right(*project).await
            }
            CourseStep::JoinLab { lab, role, user, .. } => {
                if self.noted(at, |note| *note == Note::Joining { was_in: true }) {
                    return Ok(Outcome::DONE);
                }
                self.lab_member_put_right(*lab, *role, *user).await
            }
            CourseStep::LeaveLab { lab } => match self.noted_student() {
                Some(student) => {
                    let role = course_seats_domain::group::GroupRole::Member;
                    self.lab_member_put_right(*lab, role, student).await
                }
                None => Ok(Outcome::DONE),
            },
            CourseStep::SettleClosing(closing) => self.closing_put_right(closing).await,
            // What else they touch is local, or put right with the step that made it.
            CourseStep::Hold { .. }
            // Nothing of ours takes an admin out again; who did it since may have meant it.
            | CourseStep::JoinOwnGroup { .. }
            | CourseStep::Grant { .. }
            | CourseStep::MarkDropping(_)
            | CourseStep::DropAll { .. }
            | CourseStep::DepleteLab { .. }
            | CourseStep::DeleteStudentGroups { .. }
            | CourseStep::SettleLab(_)
            | CourseStep::SettleProject(_)
            | CourseStep::SettleInvite(_)
            | CourseStep::SettleTemplate { .. }
            | CourseStep::SettleAssign(_)
            | CourseStep::SettleActivate(_)
            | CourseStep::SettleDrop(_) => Ok(Outcome::DONE),
        }
    }
}
