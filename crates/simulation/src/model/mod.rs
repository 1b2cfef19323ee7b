//! The users, what they are told, and everybody else who acts: a script that the seed writes
//! before anything runs, and what was promised on the way.

mod foreign;
mod jobs;
mod moves;
mod promises;
mod script;
mod stories;
mod writer;

pub use foreign::{Foreign, Left};
pub use jobs::Jobs;
pub use promises::{Promise, Promises};
pub use script::{Episode, Item, Move, Script, What};
