//! The use cases on real adapters: SQLite or PostgreSQL, and the sandbox, which can be told to
//! misbehave.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that fails panics"
)]

mod acts;
mod asked;
mod audit;
mod database;
mod life_cycle;
mod matrix;
mod moods;
mod moody;
mod notebook;
mod other_service;
mod outbox;
mod pairs;
mod refused;
mod shaky;
mod shape;
mod takeover;
mod together;
mod traces;
mod uncut;
mod wire;
mod world;
