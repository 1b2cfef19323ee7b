#![doc = include_str!("../README.md")]

pub mod cli;
pub mod config;
pub mod demo;
mod embedded;
pub mod http;
pub mod runtime;
mod seed;
mod server;
mod welcome;

pub use embedded::EmbeddedError;
pub use server::{Running, Server, StartError};
