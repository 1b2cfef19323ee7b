//! Enrolments.

mod activate;
mod claim;
mod list;
mod resend;

pub use activate::{ActivateError, ActivateResult, activate_enrolments};
pub use claim::{ClaimError, Claimed, claim_enrolment};
pub use list::list_enrolments;
pub use resend::{ResendError, resend_claim_mail};
