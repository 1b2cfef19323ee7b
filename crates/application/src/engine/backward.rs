use super::drive::Flow;
use super::membership::{gone, project_member};
use super::outcome::{Outcome, Stop};
use super::run::Run;
use crate::ports::store::GivenUp;
use crate::ports::{PortError, StoreError, Tx};
use course_seats_domain::group::GroupId;
use course_seats_domain::ids::{ProjectId, UserId};
use course_seats_domain::plans::{CourseEvent, CourseStep, CourseUndo, Note};
use course_seats_domain::saga::StepState;
use course_seats_domain::values::Credits;
use futures::FutureExt;
use std::panic::AssertUnwindSafe;

/// How many quick tries an undo gets in one round, before the saga goes into backoff.
const QUICK_TRIES_OF_AN_UNDO: u32 = 3;

impl Run {
    /// One round over the undos that are left, last step first. One that fails does not stop the
    /// others; it stays in the notebook and is tried again, with backoff, for ever.
    pub(super) async fn backward(
        &mut self,
        outstanding: Vec<(usize, CourseUndo)>,
    ) -> Result<Flow, Stop> {
        let mut all_done = true;
        for (at, undo) in outstanding {
            all_done &= self.undo(at, &undo).await?;
        }
        Ok(if all_done { Flow::On } else { Flow::Wait })
    }

    /// Takes one step back; whether it is.
    async fn undo(&mut self, at: usize, undo: &CourseUndo) -> Result<bool, Stop> {
        for tries in 0..QUICK_TRIES_OF_AN_UNDO {
            if tries > 0 {
                self.pause(self.app.backoff(tries)).await?;
            }
            self.keep_lease().await?;
            let attempt = AssertUnwindSafe(self.perform_undo(at, undo)).catch_unwind().await;
            let outcome = match attempt {
                Ok(outcome) => outcome?,
                Err(_) => Outcome::Unknown("the undo panicked".into()),
            };
            match outcome {
                Outcome::Done(_) | Outcome::Closed => {
                    self.tell(CourseEvent::Undone { step: at })?;
                    return Ok(true);
                }
                Outcome::NotDone(why) | Outcome::Busy(why) => {
                    self.tell(CourseEvent::UndoTried { step: at, why })?;
                }
                Outcome::Unknown(why) => {
                    self.note(CourseEvent::UndoUnknown { step: at, why }).await?;
                }
                Outcome::Refused(why) | Outcome::Undecidable(why) => {
                    self.tell(CourseEvent::UndoTried { step: at, why: why.clone() })?;
                    self.tell(CourseEvent::NeedsAttention { why })?;
                    return Ok(false);
                }
            }
        }
        Ok(false)
    }

    async fn perform_undo(&mut self, at: usize, undo: &CourseUndo) -> Result<Outcome, Stop> {
        match undo {
            CourseUndo::DeleteGroup { name } => {
                Ok(self.remove_group(name, self.group_of(name)).await)
            }
            // Nothing was ever granted to a lab; whatever is there goes back.
            CourseUndo::GiveUpLab { lab } => {
                let depleted = self.app.ports.accounting.deplete_lab(*lab, &self.lease).await;
                Ok(match gone(depleted.map(|_| ())) {
                    Ok(()) => Outcome::DONE,
                    Err(error) => error.into(),
                })
            }
            CourseUndo::GiveUpProject { project } => {
                Ok(match self.take_back(*project, Credits::ZERO).await? {
                    Ok(_) => Outcome::DONE,
                    Err(error) => error.into(),
                })
            }
            CourseUndo::TakeBack { project, amount } => {
                self.undo_grant(at, *project, *amount).await
            }
            CourseUndo::LeaveProject { project, group, user } => {
                Ok(self.leave_project(*project, group, *user).await)
            }
            CourseUndo::LeaveLab { lab, role, user, .. } => {
                // Without a note there was no attempt to join.
                if self.noted(at, |note| *note == Note::Joining { was_in: false }) {
                    Ok(self.leave_lab(*lab, *role, *user).await)
                } else {
                    Ok(Outcome::DONE)
                }
            }
        }
    }

    /// Takes a grant back: all of it if it was answered; otherwise whatever shows up in time, and
    /// the looks take the rest.
    async fn undo_grant(
        &mut self,
        at: usize,
        project: ProjectId,
        amount: Credits,
    ) -> Result<Outcome, Stop> {
        let tried = self.noted(at, |note| matches!(note, Note::GrantAttempt));
        let refused =
            self.saga.steps.get(at).is_some_and(|step| step.state == StepState::Attempted);
        let expected = if tried && !refused { amount } else { Credits::ZERO };
        Ok(match self.take_back(project, expected).await? {
            Ok(_) => Outcome::DONE,
            Err(PortError::NotFound) => Outcome::DONE,
            Err(error) => error.into(),
        })
    }

    async fn leave_project(&self, project: ProjectId, group: &GroupId, user: UserId) -> Outcome {
        match project_member(&self.app, project).await {
            Ok(Some(member)) if member == user => return Outcome::DONE,
            Ok(_) => {}
            Err(error) => return error.into(),
        }
        self.leave(user, group).await
    }

    /// Keeps the accounts of an undone saga among the given-up.
    pub(super) async fn keep_given_up(&self, tx: &mut dyn Tx) -> Result<(), StoreError> {
        let steps = self.saga.plan.steps.iter().zip(&self.saga.steps);
        for (planned, _) in steps.filter(|(_, record)| record.state == StepState::Undone) {
            let account = match &planned.step {
                CourseStep::OpenLabAccount { lab, .. } => GivenUp::Lab(*lab),
                CourseStep::OpenProjectAccount { project, .. } => GivenUp::Project(*project),
                _ => continue,
            };
            tx.give_up(account, self.id, self.app.now()).await?;
        }
        Ok(())
    }
}
