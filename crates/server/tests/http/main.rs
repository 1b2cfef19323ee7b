//! The server over HTTP: a real one on a free port, everything embedded.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that does not find what it needs has failed"
)]

#[path = "../support/mod.rs"]
mod support;

mod access;
mod bad_input;
mod command_line;
mod contract;
mod crowd;
mod drift;
mod lists;
mod matching;
mod metrics;
mod operators;
mod platform;
mod portal;
mod recorded;
mod requests;
mod sandbox;
