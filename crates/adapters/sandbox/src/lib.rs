#![doc = include_str!("../README.md")]

mod accounting;
mod clock;
mod error;
mod fault;
mod gate;
mod html;
mod identity;
mod journal;
mod kept;
mod mailbox;
mod portal;
mod sandbox;

pub use accounting::SandboxAccounting;
pub use clock::SandboxClock;
pub use error::SandboxError;
pub use fault::{Fault, FaultError, FaultKind, Faults, Operation, System};
pub use identity::{OAuthError, SandboxIdentity, TokenRequest, people};
pub use mailbox::SandboxMailbox;
pub use portal::{PortalForm, PortalPage};
pub use sandbox::{Sandbox, SandboxConfig};
