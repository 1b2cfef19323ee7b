//! The mailer against a real SMTP server, which the tests start themselves.
#![expect(clippy::unwrap_used, reason = "a failed check panics")]

mod arrived;
mod contract;
mod failures;
mod security;
mod world;
