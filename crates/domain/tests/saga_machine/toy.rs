//! A service whose steps do nothing: the machine must not care.

use course_seats_domain::saga::{Event, Plan, Saga, Status, Step, StepState};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Toy {
    pub name: String,
    pub undoable: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Untoy(pub String);

impl Step for Toy {
    type Undo = Untoy;
    type Note = u8;

    fn name(&self) -> &'static str {
        "toy"
    }

    fn undo(&self) -> Option<Untoy> {
        self.undoable.then(|| Untoy(self.name.clone()))
    }
}

pub fn toys(undoable: &[bool]) -> Vec<Toy> {
    let toy = |(at, &undoable): (usize, &bool)| Toy { name: format!("toy {at}"), undoable };
    undoable.iter().enumerate().map(toy).collect()
}

/// A saga of so many undoable steps.
pub fn saga(steps: usize) -> Saga<Toy> {
    Saga::new(Plan::undoable(toys(&vec![true; steps])))
}

pub fn plan() -> impl Strategy<Value = Plan<Toy>> {
    let steps = prop::collection::vec(any::<bool>(), 0..6);
    (steps, prop::option::weighted(0.4, 0usize..7)).prop_map(|(steps, after)| match after {
        None => Plan::undoable(toys(&steps)),
        Some(after) => Plan::forward_only_after(after, toys(&steps)),
    })
}

pub fn why() -> String {
    "because".to_owned()
}

pub fn done(step: usize) -> Event<u8> {
    Event::Done { step, note: None }
}

pub fn turned() -> Event<u8> {
    Event::TurnedToUndo { why: why() }
}

/// Everything that could be told of a saga of so many steps, also what cannot be: a step more
/// than there are.
pub fn everything(steps: usize) -> Vec<Event<u8>> {
    let mut all = vec![
        Event::TakenOver,
        turned(),
        Event::NeedsAttention { why: why() },
        Event::Completed,
        Event::AllUndone,
        Event::Cancelled { why: why() },
        Event::Settled { why: why() },
        Event::Seen { why: why() },
        Event::LookBegan,
        Event::LookUnknown { why: why() },
        Event::Looked,
    ];
    for step in 0..=steps {
        all.extend([
            Event::Noted { step, note: 7 },
            Event::Tried { step, why: why() },
            Event::Unknown { step, why: why() },
            done(step),
            Event::Done { step, note: Some(8) },
            Event::UndoTried { step, why: why() },
            Event::UndoUnknown { step, why: why() },
            Event::Undone { step },
        ]);
    }
    all
}

/// Which events are legal, said once more in other words than the machine's.
pub fn legal(saga: &Saga<Toy>, event: &Event<u8>) -> bool {
    let in_plan = |step: &usize| *step < saga.plan.steps.len();
    let running = saga.status == Status::Running;
    let undoing = saga.status == Status::Undoing;
    let open = running || undoing;
    match event {
        Event::NeedsAttention { .. } => true,
        Event::Cancelled { .. } => open,
        Event::Settled { .. } => running && saga.needs_attention,
        Event::Seen { .. } => !open && saga.needs_attention,
        Event::TakenOver => open || saga.looking,
        Event::Noted { step, .. }
        | Event::Tried { step, .. }
        | Event::Unknown { step, .. }
        | Event::Done { step, .. } => running && in_plan(step),
        Event::Completed => running && done_first(saga) == saga.steps.len(),
        Event::TurnedToUndo { .. } => {
            running && saga.plan.forward_only_after.is_none_or(|after| done_first(saga) < after)
        }
        Event::UndoTried { step, .. }
        | Event::UndoUnknown { step, .. }
        | Event::Undone { step } => undoing && in_plan(step),
        Event::AllUndone => undoing && to_undo(saga).is_empty(),
        Event::LookBegan => !open && !saga.looking,
        Event::LookUnknown { .. } | Event::Looked => saga.looking,
    }
}

/// How many steps are done without a gap.
pub fn done_first(saga: &Saga<Toy>) -> usize {
    saga.steps.iter().position(|step| step.state != StepState::Done).unwrap_or(saga.steps.len())
}

/// Which steps need undoing, last one first.
pub fn to_undo(saga: &Saga<Toy>) -> Vec<usize> {
    let needs = |at: &usize| {
        let (planned, record) = (&saga.plan.steps[*at], &saga.steps[*at]);
        let tried = record.state != StepState::Pending || saga.taken_over;
        planned.undo.is_some() && tried && record.state != StepState::Undone
    };
    (0..saga.steps.len()).rev().filter(needs).collect()
}
