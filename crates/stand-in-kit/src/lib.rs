#![doc = include_str!("../README.md")]

mod answer;
mod call;
mod chaos;
mod control;
mod fault;
mod journal;
mod mood;
mod request;
mod running;
mod service;
pub mod time;

pub use answer::{Answer, Body};
pub use call::{Call, CallKind};
pub use chaos::{Calls, Chaos};
pub use fault::{Fault, FaultKind};
pub use hyper::header;
pub use journal::Journal;
pub use request::Request;
pub use running::Running;
pub use service::Service;
