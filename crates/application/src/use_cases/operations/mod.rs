//! What operators do.

mod drift;
mod expire;
mod outbox;
mod sagas;
mod statistics;

pub use crate::drift::DriftError;
pub(crate) use drift::take_credits_back;
pub use drift::{DriftRepair, DriftReport, LeftFinding, SeenFinding, repair_drift, report_drift};
pub use expire::{ExpirySummary, expire_courses};
pub use outbox::{RetryMailError, list_mails, retry_mail};
pub use sagas::{SagaError, get_saga, list_sagas, retry_saga, settle_saga};
pub use statistics::statistics;
