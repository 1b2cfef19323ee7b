#![doc = include_str!("../README.md")]

pub mod cli;
pub mod config;
pub mod demo;
mod embedded;
pub mod http;
pub mod runtime;
mod sandbox_session;
mod seed;
mod server;
mod welcome;

pub use embedded::EmbeddedError;
pub use seed::Example;
pub use server::{Running, Server, StartError};
