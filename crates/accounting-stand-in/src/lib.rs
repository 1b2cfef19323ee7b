#![doc = include_str!("../README.md")]

mod amount;
mod answer;
mod books;
mod call;
mod control;
mod fault;
mod journal;
mod ledger;
mod rules;
mod server;
mod time;
mod world;

pub use call::Operation;
pub use fault::{Fault, FaultKind};
pub use server::{StandIn, StandInConfig};
