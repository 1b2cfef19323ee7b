//! The stand-in as its callers see it. That it does what a real Keycloak does is checked together
//! with the real one, in the tests of the adapter.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a failed check panics"
)]

mod caller;
mod control;
mod kept;
mod rules;
