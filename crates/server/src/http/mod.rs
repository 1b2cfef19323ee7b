//! HTTP: routes, who may, what is read, what is answered. No rule of the domain is decided here.

pub mod auth;
pub mod call;
pub mod crowd;
pub mod endpoints;
pub mod error;
mod failures;
pub mod fields;
pub mod handlers;
pub mod headers;
mod middleware;
pub mod openapi;
pub mod page;
pub mod parse;
pub mod shared;
pub mod state;
pub mod views;
mod wanted_sagas;

pub use endpoints::Inside;
pub use middleware::around;
pub use openapi::document;
pub use state::State;
pub use wanted_sagas::WantedSagas;
