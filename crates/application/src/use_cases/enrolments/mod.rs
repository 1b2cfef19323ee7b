//! Enrolments.

mod activate;
mod claim;
mod list;

pub use activate::{ActivateError, ActivateResult, activate_enrolments};
pub use claim::{ClaimError, Claimed, claim_enrolment};
pub use list::list_enrolments;
