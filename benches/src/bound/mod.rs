//! What the service is held against: the same queries and the same check of a token, and nothing
//! else.

mod database;
mod process;
mod seats;
mod server;

pub use process::BoundProcess;
pub use seats::SeatQueries;
pub use server::{Bound, BoundServer};
