#![doc = include_str!("../README.md")]

mod admin;
mod answer;
mod call;
mod client;
mod control;
mod groups;
mod ids;
mod kept;
mod keys;
mod openid;
mod pairs;
mod realm;
mod realm_file;
mod service;
mod stand_in;
mod token;
mod tokens;
mod user;
mod users;

pub use call::Operation;
pub use client::{Client, Mapper};
pub use service::Keycloak;
pub use stand_in::{StandIn, StandInConfig};
pub use stand_in_kit::{Calls, Chaos, FaultKind};
pub use user::Person;

/// A fault that waits for its call.
pub type Fault = stand_in_kit::Fault<Operation>;
