use super::drive::Flow;
use super::outcome::{Outcome, Stop};
use super::run::Run;
use crate::ports::PortError;
use course_seats_domain::group::{GroupId, GroupName};
use course_seats_domain::ids::UserId;
use course_seats_domain::plans::{CourseEvent, CourseStep, Note};
use course_seats_domain::saga::StepState;
use futures::FutureExt;
use futures::future::{join, join_all};
use std::panic::AssertUnwindSafe;
use std::time::Duration;

/// How many quick tries a forward-only step gets before it goes into backoff.
const QUICK_TRIES_OF_A_STEP: u32 = 4;

impl Run {
    /// One step, until it is done, or given up, or has to wait.
    ///
    /// A step that may be undone is tried for at most 2 × `OUTSIDE_TIMEOUT_MS`; a forward-only one
    /// for ever, with backoff between.
    pub(super) async fn forward(&mut self, at: usize, step: &CourseStep) -> Result<Flow, Stop> {
        let clock = std::sync::Arc::clone(&self.app.ports.clock);
        let give_up_at = clock.monotonic() + self.app.settings.outside_timeout * 2;
        let mut tries = 0;
        let mut first = self.beside_others(at, step).await?;
        loop {
            let outcome = match first.take() {
                // Before anything else: nobody but us knows what came of it.
                Some(outcome) => outcome,
                None => {
                    self.keep_lease().await?;
                    let attempt = AssertUnwindSafe(self.perform(at, step)).catch_unwind().await;
                    attempt.unwrap_or_else(|_| Ok(panicked()))?
                }
            };
            let out_of_time = clock.monotonic() >= give_up_at;
            let can_turn_back = self.saga.can_turn_back();
            match outcome {
                Outcome::Done(note) => {
                    // A local step may have written so itself, with what it did.
                    if !self.is_done(at) {
                        self.tell(CourseEvent::Done { step: at, note })?;
                    }
                    return Ok(Flow::On);
                }
                Outcome::Closed => return Ok(Flow::Closed),
                Outcome::Refused(why) if can_turn_back => return self.turn_back(why).await,
                Outcome::Refused(why) => {
                    // Forward only: nothing but a person or time can help.
                    self.tell(CourseEvent::Tried { step: at, why: why.clone() })?;
                    self.tell(CourseEvent::NeedsAttention { why })?;
                    return Ok(Flow::Wait);
                }
                Outcome::Undecidable(why) => {
                    self.tell(CourseEvent::NeedsAttention { why })?;
                    return Ok(Flow::Never);
                }
                Outcome::Busy(why) if out_of_time && can_turn_back && !waits_for_ever(step) => {
                    return self.turn_back(why).await;
                }
                Outcome::Busy(_) if out_of_time => return Ok(Flow::Queue),
                Outcome::Busy(_) => {
                    // Whoever it waits for says when something has moved.
                    let longest = self.app.settings.saga_lease / 4;
                    self.app.rest_until_progress(self.app.backoff(tries).min(longest)).await;
                    tries += 1;
                    continue;
                }
                Outcome::NotDone(why) => {
                    self.tell(CourseEvent::Tried { step: at, why: why.clone() })?;
                    if can_turn_back && !waits_for_ever(step) {
                        if out_of_time {
                            return self.turn_back(why).await;
                        }
                    } else if tries >= QUICK_TRIES_OF_A_STEP {
                        return Ok(Flow::Wait);
                    }
                }
                Outcome::Unknown(why) => {
                    self.note(CourseEvent::Unknown { step: at, why: why.clone() }).await?;
                    if can_turn_back {
                        if out_of_time {
                            return self.turn_back(why).await;
                        }
                    } else if tries >= QUICK_TRIES_OF_A_STEP {
                        return Ok(Flow::Wait);
                    }
                }
            }
            self.pause(self.app.backoff(tries)).await?;
            tries += 1;
        }
    }

    /// Notes the turn to undo: from here on nobody goes forward with this saga.
    async fn turn_back(&mut self, why: String) -> Result<Flow, Stop> {
        self.note(CourseEvent::TurnedToUndo { why }).await?;
        Ok(Flow::On)
    }

    /// A first attempt at a step and at those after it that go beside it, all at once. What came of
    /// the others is told: one that did not work is tried again when it is its turn. Returns what came
    /// of the step itself; `None`: it goes alone.
    async fn beside_others(
        &mut self,
        at: usize,
        step: &CourseStep,
    ) -> Result<Option<Outcome>, Stop> {
        let after = self.saga.plan.steps.iter().zip(&self.saga.steps).enumerate().skip(at + 1);
        let others: Vec<(usize, CourseStep)> = after
            .take_while(|(_, (other, record))| {
                step.goes_beside(&other.step) && record.state == StepState::Pending
            })
            .map(|(at, (other, _))| (at, other.step.clone()))
            .collect();
        if others.is_empty() {
            return Ok(None);
        }
        self.keep_lease().await?;
        let run = &*self;
        let attempt = |at: usize, step| async move {
            let attempt = AssertUnwindSafe(run.call(at, step)).catch_unwind().await;
            attempt.unwrap_or_else(|_| panicked())
        };
        let beside = join_all(others.iter().map(|(at, other)| attempt(*at, other)));
        let (own, beside) = join(attempt(at, step), beside).await;
        for ((at, _), outcome) in others.iter().zip(beside) {
            match outcome {
                Outcome::Done(note) => self.tell(CourseEvent::Done { step: *at, note })?,
                Outcome::Unknown(why) => self.note(CourseEvent::Unknown { step: *at, why }).await?,
                Outcome::NotDone(why) | Outcome::Refused(why) => {
                    self.tell(CourseEvent::Tried { step: *at, why })?;
                }
                Outcome::Busy(_) | Outcome::Undecidable(_) | Outcome::Closed => {}
            }
        }
        Ok(Some(own))
    }

    /// One attempt at a step that only calls outside: nothing is written before it.
    async fn call(&self, at: usize, step: &CourseStep) -> Outcome {
        let accounting = &self.app.ports.accounting;
        match step {
            CourseStep::CreateGroup { name } => self.create_group(name).await,
            CourseStep::JoinOwnGroup { name, user } => self.join_own_group(name, *user).await,
            CourseStep::OpenLabAccount { lab, name } => {
                if self.is_unknown(at) && accounting.lab_balance(*lab).await.is_ok() {
                    return Outcome::DONE;
                }
                opened(accounting.open_lab(*lab, name, &self.lease).await)
            }
            CourseStep::OpenProjectAccount { project, lab, name } => {
                if self.is_unknown(at) && accounting.project_balance(*project).await.is_ok() {
                    return Outcome::DONE;
                }
                opened(accounting.open_project(*project, *lab, name, &self.lease).await)
            }
            CourseStep::EmptyProject { project, .. } => self.empty_project(*project).await,
            CourseStep::LeaveLab { lab } => self.dropped_leaves_lab(*lab).await,
            other => Outcome::Refused(format!("{other:?} is more than calls")),
        }
    }

    /// One attempt.
    async fn perform(&mut self, at: usize, step: &CourseStep) -> Result<Outcome, Stop> {
        match step {
            CourseStep::Hold { subjects } => self.take_subjects(subjects, None).await,
            CourseStep::CreateGroup { .. }
            | CourseStep::JoinOwnGroup { .. }
            | CourseStep::OpenLabAccount { .. }
            | CourseStep::OpenProjectAccount { .. }
            | CourseStep::EmptyProject { .. }
            | CourseStep::LeaveLab { .. } => Ok(self.call(at, step).await),
            CourseStep::Grant { project, amount } => self.grant(at, *project, *amount).await,
            CourseStep::GrantTemplate { project, amount, .. } => {
                self.grant_template(at, *project, *amount).await
            }
            CourseStep::JoinProject { group, user, .. } => Ok(self.join(*user, group).await),
            CourseStep::JoinLab { role, group, user, .. } => {
                self.join_lab(at, *role, group, *user).await
            }
            CourseStep::MarkDropping(drop) => self.mark_dropping(at, drop).await,
            CourseStep::DepleteProject { project } => self.deplete_dropped(at, *project).await,
            CourseStep::DropAll { course } => self.drop_all(*course).await,
            CourseStep::DepleteLab { course, lab } => self.deplete_lab(at, *course, *lab).await,
            CourseStep::DeleteStudentGroups { course, .. } => {
                self.delete_student_groups(at, *course).await
            }
            CourseStep::SettleLab(_)
            | CourseStep::SettleProject(_)
            | CourseStep::SettleInvite(_)
            | CourseStep::SettleTemplate { .. }
            | CourseStep::SettleAssign(_)
            | CourseStep::SettleActivate(_)
            | CourseStep::SettleDrop(_)
            | CourseStep::SettleClosing(_) => self.settle(at, step).await,
        }
    }

    async fn join_own_group(&self, name: &GroupName, user: UserId) -> Outcome {
        match self.group_of(name) {
            Some(group) => self.join(user, &group).await,
            None => Outcome::Refused(format!("the plan does not make the group {}", name.as_str())),
        }
    }

    pub(super) async fn join(&self, user: UserId, group: &GroupId) -> Outcome {
        match self.app.ports.identity.join(user, group, &self.lease).await {
            Ok(()) => Outcome::DONE,
            Err(error) => error.into(),
        }
    }

    /// Whether a step has such a note.
    pub(super) fn noted(&self, at: usize, wanted: impl Fn(&Note) -> bool) -> bool {
        self.saga.steps.get(at).is_some_and(|step| step.notes.iter().any(wanted))
    }

    fn is_done(&self, at: usize) -> bool {
        self.saga.steps.get(at).is_some_and(|step| step.state == StepState::Done)
    }

    /// Whether an attempt at this step may have had its effect.
    pub(super) fn is_unknown(&self, at: usize) -> bool {
        self.saga.taken_over
            || self.saga.steps.get(at).is_some_and(|step| step.state == StepState::Unknown)
    }

    /// Patience that begins now.
    pub(super) fn patience(&self, length: Duration) -> Patience {
        let now = self.app.ports.clock.monotonic();
        Patience { until: now + length, asked_at: now, tries: 0 }
    }

    /// Waits before something is asked once more, keeping the lease. `false`: patience is over, and was
    /// when it was asked last. A process that slept meanwhile has an answer from before.
    pub(super) async fn wait(&mut self, patience: &mut Patience) -> Result<bool, Stop> {
        if patience.asked_at >= patience.until {
            return Ok(false);
        }
        let left = patience.until.saturating_sub(self.app.ports.clock.monotonic());
        self.pause(self.app.backoff(patience.tries).min(left)).await?;
        patience.asked_at = self.app.ports.clock.monotonic();
        patience.tries += 1;
        Ok(true)
    }
}

/// How long something that does not show is asked for again.
pub(super) struct Patience {
    until: Duration,
    asked_at: Duration,
    tries: u32,
}

/// Whether the step waits until it gets its turn, although it could still be undone: a drop that
/// was accepted goes on by itself.
fn waits_for_ever(step: &CourseStep) -> bool {
    matches!(step, CourseStep::MarkDropping(_))
}

/// A panic says nothing about the effect.
fn panicked() -> Outcome {
    Outcome::Unknown("the step panicked".into())
}

/// A 500 may mean that the account exists already: only a read of its balance tells, next time.
fn opened(result: Result<(), PortError>) -> Outcome {
    match result {
        Ok(()) | Err(PortError::Conflict) => Outcome::DONE,
        Err(error) => error.into(),
    }
}
