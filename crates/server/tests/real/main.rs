//! The real binary on real parts: PostgreSQL, a Keycloak, the accounting stand-in, an SMTP server.
//!
//! Keycloak is a real one if `KEYCLOAK_URL` says where (`scripts/e2e` starts one, and runs these tests
//! one after the other, as some of them stop it), and its stand-in otherwise.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that does not find what it needs has failed"
)]

#[path = "../support/acts.rs"]
mod acts;
#[path = "../support/audit.rs"]
mod audit;
#[path = "../support/binary.rs"]
mod binary;
#[path = "../support/repeat.rs"]
mod repeat;
#[path = "../support/settled.rs"]
mod settled;

mod demo;
mod doctor;
mod load;
mod moments;
mod outages;
mod parts;
mod repeated;
mod replicas;
mod soak;
mod starts;
