#![doc = include_str!("../README.md")]

mod columns;
mod connect;
mod db;
mod errors;
mod functions;
#[path = "../../sql/queries/mod.rs"]
mod queries;
mod schema;
mod settings;
mod store;
mod tls;

pub use connect::FirstContact;
pub use settings::{PostgresSettings, SettingsError};
pub use store::{LeaseTime, MIGRATIONS, PostgresStore};
pub use tls::{SslMode, TlsSettings};
