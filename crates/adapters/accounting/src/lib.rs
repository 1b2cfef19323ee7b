#![doc = include_str!("../README.md")]

mod amount;
mod answer;
mod client;
mod settings;
mod token;
mod wire;

pub use client::AccountingClient;
pub use settings::{AccountingSettings, AccountingSetupError};
pub use token::{StaticToken, TokenSource};
