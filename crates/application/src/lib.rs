#![doc = include_str!("../README.md")]

mod access;
mod app;
mod drift;
mod engine;
mod mail;
pub mod ports;
mod reconcilers;
pub mod settings;
pub mod use_cases;

pub use access::{AccessError, Session};
pub use app::{App, Ports};
pub use drift::{Finding, FindingKind};
