use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::fmt::Debug;

/// The version that new plans carry. Stored plans outlive the code: every released version loads
/// and resumes for ever.
pub const PLAN_VERSION: u32 = 1;

/// One kind of step that a service's sagas are made of. Steps, undos and notes are *data*, stored
/// as JSON; what they do lives in whoever executes them.
///
/// Every step must be safe to repeat, and every undo safe if its step never happened.
pub trait Step:
    Clone + Debug + PartialEq + Serialize + DeserializeOwned + Send + Sync + 'static
{
    /// What takes a step back.
    type Undo: Clone + Debug + PartialEq + Serialize + DeserializeOwned + Send + Sync + 'static;
    /// What is written down on the way: before an act whose repetition would do harm, or as a
    /// step's output.
    type Note: Clone + Debug + PartialEq + Serialize + DeserializeOwned + Send + Sync + 'static;

    /// The name under which the step is shown and counted. Part of the stored format.
    fn name(&self) -> &'static str;

    /// What takes it back, if anything must.
    fn undo(&self) -> Option<Self::Undo>;
}

/// A step with the undo that was written down with it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct PlannedStep<S: Step> {
    /// The step.
    pub step: S,
    /// What takes it back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undo: Option<S::Undo>,
}

/// Everything a saga will do and how to take it back, written before anything is done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Plan<S: Step> {
    /// The version of the format and of the steps' meaning.
    pub version: u32,
    /// Once this many steps are done there is no turning back: the saga is forward only.
    /// `None`: it can be undone up to its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forward_only_after: Option<usize>,
    /// The steps, in order.
    pub steps: Vec<PlannedStep<S>>,
}

impl<S: Step> Plan<S> {
    /// A plan that can be undone up to its end.
    #[must_use]
    pub fn undoable(steps: Vec<S>) -> Self {
        Self::with(steps, None)
    }

    /// A plan that is forward only once its first `after` steps are done.
    #[must_use]
    pub fn forward_only_after(after: usize, steps: Vec<S>) -> Self {
        Self::with(steps, Some(after))
    }

    /// Whether this code knows what the plan means: in a rolling deploy an older replica may find
    /// a newer one's plan, and leaves it alone.
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.version <= PLAN_VERSION
    }

    fn with(steps: Vec<S>, forward_only_after: Option<usize>) -> Self {
        let steps = steps.into_iter().map(|step| PlannedStep { undo: step.undo(), step }).collect();
        Self { version: PLAN_VERSION, forward_only_after, steps }
    }
}
