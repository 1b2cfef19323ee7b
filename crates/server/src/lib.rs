#![doc = include_str!("../README.md")]

pub mod cli;
pub mod config;
pub mod demo;
mod doctor;
pub mod http;
mod metrics;
mod operate;
pub mod runtime;
mod sandbox_session;
mod seed;
mod server;
mod welcome;
mod wiring;

pub use seed::Example;
pub use server::{Running, Server, StartError};
pub use wiring::{FolderError, WiringError};
