use super::Status;
use serde::{Deserialize, Serialize};

/// One thing that happened to a saga. Stored as JSON; `step` is the step's place in the plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event<N> {
    /// Another owner took over a saga that had begun, or a look whose process had died: an
    /// unknown outcome too.
    TakenOver,
    /// Written *before* the act that it announces.
    Noted {
        /// The step.
        step: usize,
        /// What is about to be done.
        note: N,
    },
    /// An attempt that surely had no effect.
    Tried {
        /// The step.
        step: usize,
        /// Why.
        why: String,
    },
    /// An attempt of which nobody knows whether it had an effect.
    Unknown {
        /// The step.
        step: usize,
        /// Why.
        why: String,
    },
    /// The step is done.
    Done {
        /// The step.
        step: usize,
        /// What it gave.
        #[serde(default = "none", skip_serializing_if = "Option::is_none")]
        note: Option<N>,
    },
    /// From here on it is undone. Who tells this of a saga that is in other hands tells
    /// [`Event::TakenOver`] first: a step that is under way there may not be written down.
    TurnedToUndo {
        /// Why.
        why: String,
    },
    /// An undo that did not work; it is tried again.
    UndoTried {
        /// The step.
        step: usize,
        /// Why.
        why: String,
    },
    /// An undo of which nobody knows whether it had an effect; it is tried again.
    UndoUnknown {
        /// The step.
        step: usize,
        /// Why.
        why: String,
    },
    /// The step is undone, or never happened.
    Undone {
        /// The step.
        step: usize,
    },
    /// A person may want to know.
    NeedsAttention {
        /// Why.
        why: String,
    },
    /// All steps are done: closed.
    Completed,
    /// All undos are done: closed.
    AllUndone,
    /// Ended from outside without undoing anything, because its subject is gone: closed. Who tells
    /// this of a saga that is in other hands tells [`Event::TakenOver`] first, so that it is
    /// looked at again.
    Cancelled {
        /// Why.
        why: String,
    },
    /// A person says that it is over although nobody can tell what came of it: closed as it stands,
    /// nothing undone, no step called done. Only of one that needs attention. Who tells this of a
    /// saga that is in other hands tells [`Event::TakenOver`] first, so that it is looked at again.
    Settled {
        /// What the person says.
        why: String,
    },
    /// A person has seen why a closed saga needs attention: it does not any more.
    Seen {
        /// What the person says.
        why: String,
    },
    /// A late look at a closed saga began.
    LookBegan,
    /// A call of the look has an unknown outcome: the looks start anew.
    LookUnknown {
        /// Why.
        why: String,
    },
    /// The look is over.
    Looked,
}

impl<N> Event<N> {
    /// The status that this event leads to, if it changes it.
    #[must_use]
    pub fn leads_to(&self) -> Option<Status> {
        match self {
            Self::TurnedToUndo { .. } => Some(Status::Undoing),
            Self::Completed => Some(Status::Completed),
            Self::AllUndone | Self::Cancelled { .. } | Self::Settled { .. } => Some(Status::Undone),
            _ => None,
        }
    }
}

fn none<T>() -> Option<T> {
    None
}
