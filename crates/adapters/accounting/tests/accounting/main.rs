//! The client against answers of every kind, and against the stand-in with the rules and traps of
//! the real service.
#![expect(clippy::unwrap_used, reason = "a failed check panics")]

mod contract;
mod mapping;
mod token;
mod traps;
mod world;
