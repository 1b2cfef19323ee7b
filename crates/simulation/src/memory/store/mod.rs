//! A database in memory: one writer at a time, readers on a snapshot, all or nothing.

mod audit;
mod courses;
mod daily_run;
mod drift;
mod enrolments;
mod institutions;
mod invites;
mod labs;
mod outbox;
mod projects;
mod requests;
mod reservations;
mod sagas;
mod seats;
mod statistics;
mod tables;
mod tx;
mod weather;
mod writer;

pub use tables::{MailRow, ReservedRow, SagaRow, Tables};
pub use tx::{MemoryDatabase, MemoryStore, Rules};
pub use weather::{CalmWeather, CommitFate, Pace, Weather};
