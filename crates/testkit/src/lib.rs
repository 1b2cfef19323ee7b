//! What the tests of Course Seats share: the contract suites that every adapter of a port passes,
//! and a runtime for them.
#![expect(clippy::unwrap_used, reason = "test support: a failed check panics")]

pub mod builders;
pub mod clock;
pub mod contract;
pub mod mocks;
pub mod postgres;
pub mod runtime;
pub mod smtp;
