#![doc = include_str!("../README.md")]

mod admin;
mod checkup;
mod group_paths;
mod keycloak;
mod provider;
mod published;
mod service_token;
mod sessions;
mod settings;
mod turns;
mod wire;

pub use checkup::{Person, VerifiedUsers};
pub use keycloak::Keycloak;
pub use service_token::ServiceToken;
pub use settings::{KeycloakSettings, KeycloakSetupError};
