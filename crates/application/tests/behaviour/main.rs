//! The use cases on real adapters: SQLite and the sandbox, which can be told to misbehave.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that fails panics"
)]

mod acts;
mod asked;
mod audit;
mod faults;
mod life_cycle;
mod moods;
mod pairs;
mod shaky;
mod takeover;
mod traces;
mod wire;
mod world;
