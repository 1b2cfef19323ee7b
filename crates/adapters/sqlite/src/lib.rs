#![doc = include_str!("../README.md")]

mod columns;
mod db;
mod errors;
mod functions;
#[path = "../../sql/queries/mod.rs"]
mod queries;
mod schema;
mod store;
mod worker;

pub use store::{MIGRATIONS, SqliteSettings, SqliteStore};
