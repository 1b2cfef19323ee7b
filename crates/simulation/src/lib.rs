#![doc = include_str!("../README.md")]

pub mod audit;
pub mod dice;
pub mod history;
pub mod memory;
pub mod model;
pub mod run;
pub mod runtime;
pub mod shrink;
pub mod world;
