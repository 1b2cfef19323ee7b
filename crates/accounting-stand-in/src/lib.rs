#![doc = include_str!("../README.md")]

mod amount;
mod answer;
mod books;
mod call;
mod control;
mod ledger;
mod rules;
mod service;
mod stand_in;

pub use call::Operation;
pub use service::Accounting;
pub use stand_in::{StandIn, StandInConfig};
pub use stand_in_kit::{Calls, Chaos, FaultKind};

/// A fault that waits for its call.
pub type Fault = stand_in_kit::Fault<Operation>;
