//! The saga machine: an undo notebook, generic over the steps of whoever uses it.
//!
//! A *saga* is one operation on one subject that touches systems which no transaction spans. Its
//! [`Plan`] is data: every [`Step`] and every undo is chosen before anything is done, so that any
//! process can finish or undo what another began. What happens is told as [`Event`]s; a [`Saga`]
//! is its plan and the fold of its events, and the fold is the same live and in replay.
//!
//! Nothing here acts. [`Saga::next`] says what is to be done, [`Saga::apply`] takes in what came
//! of it, [`recovery::decide`] says what a process that finds a saga in the ledger should do, and
//! [`Ledger`] is what a database must promise.

mod event;
mod ledger;
mod plan;
pub mod recovery;
mod state;

pub use event::Event;
pub use ledger::{Claim, Ledger, LedgerError, NewSaga, Ticket};
pub use plan::{PLAN_VERSION, Plan, PlannedStep, Step};
pub use state::{IllegalEvent, MOST_COUNTED, Next, Saga, Status, StepRecord, StepState};
