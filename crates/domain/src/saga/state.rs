use super::{Event, Plan, PlannedStep, Step};
use serde::{Deserialize, Serialize};

/// Where a saga is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Going forward.
    Running,
    /// Going back.
    Undoing,
    /// Closed: all is done.
    Completed,
    /// Closed: nothing is left of it.
    Undone,
}

impl Status {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Running, Self::Undoing, Self::Completed, Self::Undone];

    /// Whether there is still something to do or to undo.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, Self::Running | Self::Undoing)
    }

    /// The word under which it is stored and shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Undoing => "undoing",
            Self::Completed => "completed",
            Self::Undone => "undone",
        }
    }
}

/// Where one step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    /// Nothing is known to have been tried.
    Pending,
    /// It was announced, or tried without effect.
    Attempted,
    /// Nobody knows whether it happened.
    Unknown,
    /// It happened.
    Done,
    /// It was taken back, or never happened.
    Undone,
}

impl StepState {
    /// The word under which it is shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Attempted => "attempted",
            Self::Unknown => "unknown",
            Self::Done => "done",
            Self::Undone => "undone",
        }
    }
}

/// How many failed attempts at one step are counted.
pub const MOST_COUNTED: u32 = 50;

/// What is known of one step.
#[derive(Debug, Clone, PartialEq)]
pub struct StepRecord<N> {
    /// Where it is.
    pub state: StepState,
    /// What was noted, oldest first.
    pub notes: Vec<N>,
    /// How many attempts, forward or back, did not come to a good end; not many more than
    /// [`MOST_COUNTED`] are counted.
    pub attempts: u32,
    /// What the last such attempt said.
    pub error: Option<String>,
}

impl<N> Default for StepRecord<N> {
    fn default() -> Self {
        Self { state: StepState::Pending, notes: Vec::new(), attempts: 0, error: None }
    }
}

/// An event that cannot happen where the saga is: a bug, or a story that was tampered with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a saga that is {status:?} cannot take {event}")]
pub struct IllegalEvent {
    /// Where the saga is.
    pub status: Status,
    /// What was told.
    pub event: String,
}

/// What is to be done next.
#[derive(Debug, Clone, PartialEq)]
pub enum Next<'a, S: Step> {
    /// Do this step.
    Do(usize, &'a S),
    /// Take these steps back, in this order; one that fails does not stop the others.
    Undo(Vec<(usize, &'a S::Undo)>),
    /// Every step is done: close with [`Event::Completed`].
    Complete,
    /// Every undo is done: close with [`Event::AllUndone`].
    CloseUndone,
    /// It is closed.
    Nothing,
}

/// A saga: its plan, and what has happened so far.
#[derive(Debug, Clone, PartialEq)]
pub struct Saga<S: Step> {
    /// What it set out to do.
    pub plan: Plan<S>,
    /// Where it is.
    pub status: Status,
    /// What is known of each step.
    pub steps: Vec<StepRecord<S::Note>>,
    /// Whether anything about it was ever unknown: then it is looked at again after it closed.
    pub uncertain: bool,
    /// Whether another owner may have done more than is written down.
    pub taken_over: bool,
    /// Whether a person may want to know.
    pub needs_attention: bool,
    /// Whether a person has decided about it: then nobody is asked for attention again.
    pub settled: bool,
    /// Why it turned to undo, was cancelled or settled, or needs attention.
    pub reason: Option<String>,
    /// How many late looks are behind it.
    pub looks: u32,
    /// Whether a look is under way.
    pub looking: bool,
    /// Whether the look under way must be followed by all looks anew.
    pub looks_anew: bool,
}

impl<S: Step> Saga<S> {
    /// A saga of which nothing has happened yet.
    #[must_use]
    pub fn new(plan: Plan<S>) -> Self {
        let steps = plan.steps.iter().map(|_| StepRecord::default()).collect();
        Self {
            plan,
            status: Status::Running,
            steps,
            uncertain: false,
            taken_over: false,
            needs_attention: false,
            settled: false,
            reason: None,
            looks: 0,
            looking: false,
            looks_anew: false,
        }
    }

    /// The saga that a plan and its story amount to.
    ///
    /// # Errors
    /// [`IllegalEvent`] at the first event that cannot have happened.
    pub fn replay<'a>(
        plan: Plan<S>,
        events: impl IntoIterator<Item = &'a Event<S::Note>>,
    ) -> Result<Self, IllegalEvent> {
        let mut saga = Self::new(plan);
        for event in events {
            saga.apply(event)?;
        }
        Ok(saga)
    }

    /// Takes in what happened: the whole machine is this one `match`, live and in replay.
    ///
    /// # Errors
    /// [`IllegalEvent`] if it cannot happen where the saga is; the saga is unchanged then.
    pub fn apply(&mut self, event: &Event<S::Note>) -> Result<(), IllegalEvent> {
        use Event as E;
        use Status::{Completed, Running, Undoing, Undone};
        let status = self.status;
        let illegal = || IllegalEvent { status, event: format!("{event:?}") };
        match (self.status, event) {
            (Running | Undoing, E::TakenOver) => {
                (self.taken_over, self.uncertain) = (true, true);
                for step in &mut self.steps {
                    if step.state == StepState::Attempted {
                        step.state = StepState::Unknown;
                    }
                }
            }
            (Completed | Undone, E::TakenOver) if self.looking => self.looks_anew = true,

            (Running, E::Noted { step, note }) => {
                let record = self.step_mut(*step).ok_or_else(illegal)?;
                record.notes.push(note.clone());
                if record.state == StepState::Pending {
                    record.state = StepState::Attempted;
                }
            }
            (Running, E::Tried { step, why }) => {
                let record = self.step_mut(*step).ok_or_else(illegal)?;
                record.fail(why);
                if record.state == StepState::Pending {
                    record.state = StepState::Attempted;
                }
            }
            (Running, E::Unknown { step, why }) => {
                let record = self.step_mut(*step).ok_or_else(illegal)?;
                record.fail(why);
                // What is done stays done: else a point of no return would be open again.
                if record.state != StepState::Done {
                    record.state = StepState::Unknown;
                }
                self.uncertain = true;
            }
            (Running, E::Done { step, note }) => {
                let record = self.step_mut(*step).ok_or_else(illegal)?;
                record.notes.extend(note.clone());
                record.state = StepState::Done;
            }
            (Running, E::Completed) if self.all_done() => self.close(Completed),
            (Running, E::TurnedToUndo { why }) if self.can_turn_back() => {
                self.status = Undoing;
                self.reason = Some(why.clone());
            }
            (Running | Undoing, E::Cancelled { why }) => {
                self.close(Undone);
                self.reason = Some(why.clone());
            }

            (Running, E::Settled { why }) if self.needs_attention => {
                self.close(Undone);
                self.settled = true;
                self.reason = Some(why.clone());
            }
            (Completed | Undone, E::Seen { why }) if self.needs_attention => {
                (self.needs_attention, self.settled) = (false, true);
                self.reason = Some(why.clone());
            }

            (Undoing, E::UndoTried { step, why }) => {
                self.step_mut(*step).ok_or_else(illegal)?.fail(why)
            }
            (Undoing, E::UndoUnknown { step, why }) => {
                self.step_mut(*step).ok_or_else(illegal)?.fail(why);
                self.uncertain = true;
            }
            (Undoing, E::Undone { step }) => {
                self.step_mut(*step).ok_or_else(illegal)?.state = StepState::Undone;
            }
            (Undoing, E::AllUndone) if self.outstanding().is_empty() => self.close(Undone),

            (_, E::NeedsAttention { why }) => {
                self.needs_attention = true;
                // Why it turned back says more than why that takes long.
                self.reason.get_or_insert_with(|| why.clone());
            }

            (Completed | Undone, E::LookBegan) if !self.looking => self.looking = true,
            (Completed | Undone, E::LookUnknown { .. }) if self.looking => self.looks_anew = true,
            (Completed | Undone, E::Looked) if self.looking => {
                self.looks = if self.looks_anew { 0 } else { self.looks + 1 };
                (self.looking, self.looks_anew) = (false, false);
            }

            (
                Running,
                E::Completed
                | E::TurnedToUndo { .. }
                | E::UndoTried { .. }
                | E::UndoUnknown { .. }
                | E::Undone { .. }
                | E::AllUndone
                | E::Settled { .. }
                | E::Seen { .. }
                | E::LookBegan
                | E::LookUnknown { .. }
                | E::Looked,
            )
            | (
                Undoing,
                E::Noted { .. }
                | E::Tried { .. }
                | E::Unknown { .. }
                | E::Done { .. }
                | E::Completed
                | E::TurnedToUndo { .. }
                | E::AllUndone
                | E::Settled { .. }
                | E::Seen { .. }
                | E::LookBegan
                | E::LookUnknown { .. }
                | E::Looked,
            )
            | (Completed | Undone, _) => return Err(illegal()),
        }
        Ok(())
    }

    /// Whether an event is worth a line in the story. One that only says that something failed once
    /// more is not, after [`MOST_COUNTED`] of them: an outage that lasts for days must not make a
    /// story that nobody can read any more in time.
    #[must_use]
    pub fn is_news(&self, event: &Event<S::Note>) -> bool {
        let counted = |step: &usize| {
            self.steps.get(*step).is_none_or(|record| record.attempts < MOST_COUNTED)
        };
        let known = |step: &usize, state: StepState| {
            self.steps.get(*step).is_some_and(|record| record.state == state)
        };
        match event {
            Event::Tried { step, .. } => counted(step) || known(step, StepState::Pending),
            Event::Unknown { step, .. } => {
                counted(step) || !self.uncertain || !known(step, StepState::Unknown)
            }
            Event::UndoTried { step, .. } => counted(step),
            Event::UndoUnknown { step, .. } => counted(step) || !self.uncertain,
            Event::NeedsAttention { .. } => !self.needs_attention,
            Event::LookUnknown { .. } => !self.looks_anew,
            _ => true,
        }
    }

    /// What is to be done next.
    #[must_use]
    pub fn next(&self) -> Next<'_, S> {
        match self.status {
            Status::Running => {
                let undone = self
                    .plan
                    .steps
                    .iter()
                    .zip(&self.steps)
                    .position(|(_, record)| record.state != StepState::Done);
                match undone.and_then(|at| Some((at, self.plan.steps.get(at)?))) {
                    Some((at, planned)) => Next::Do(at, &planned.step),
                    None => Next::Complete,
                }
            }
            Status::Undoing => {
                let outstanding = self.outstanding();
                if outstanding.is_empty() { Next::CloseUndone } else { Next::Undo(outstanding) }
            }
            Status::Completed | Status::Undone => Next::Nothing,
        }
    }

    /// Whether it may still be undone: its point of no return is not behind it.
    #[must_use]
    pub fn can_turn_back(&self) -> bool {
        self.status == Status::Running
            && self.plan.forward_only_after.is_none_or(|after| {
                self.steps.iter().take_while(|step| step.state == StepState::Done).count() < after
            })
    }

    /// Whether anything of it may have happened.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        self.taken_over || self.steps.iter().any(|step| step.state != StepState::Pending)
    }

    /// The notes of the first step that `wanted` picks, oldest first.
    pub fn notes_of(&self, wanted: impl Fn(&S) -> bool) -> &[S::Note] {
        self.plan
            .steps
            .iter()
            .zip(&self.steps)
            .find(|(planned, _)| wanted(&planned.step))
            .map_or(&[], |(_, record)| record.notes.as_slice())
    }

    /// The undos that are left, last step first. A step that was surely never tried needs none.
    fn outstanding(&self) -> Vec<(usize, &S::Undo)> {
        let left = |(at, (planned, record)): (usize, (_, &StepRecord<S::Note>))| {
            let planned: &PlannedStep<S> = planned;
            let may_have_happened = match record.state {
                StepState::Pending => self.taken_over,
                StepState::Attempted | StepState::Unknown | StepState::Done => true,
                StepState::Undone => false,
            };
            let undo = planned.undo.as_ref().filter(|_| may_have_happened)?;
            Some((at, undo))
        };
        self.plan.steps.iter().zip(&self.steps).enumerate().filter_map(left).rev().collect()
    }

    /// What is closed needs nobody any more.
    fn close(&mut self, status: Status) {
        self.status = status;
        self.needs_attention = false;
    }

    fn all_done(&self) -> bool {
        self.steps.iter().all(|step| step.state == StepState::Done)
    }

    fn step_mut(&mut self, at: usize) -> Option<&mut StepRecord<S::Note>> {
        self.steps.get_mut(at)
    }
}

impl<N> StepRecord<N> {
    fn fail(&mut self, why: &str) {
        self.attempts += 1;
        self.error = Some(why.to_owned());
    }
}
