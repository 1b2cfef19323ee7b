//! Calls that are remembered: what a repeat with the same key, or a look at a job, is answered
//! from (design §6, "Requests"). A call is written down in the transaction that does its work; its
//! answer is always computed from what has become of it by now.

mod asked;
mod body;
mod job;
mod once;

pub use asked::{Asked, InvalidKey, check_key};
pub use body::body_hash;
pub(crate) use job::begin_job;
pub use job::{Job, JobError, JobResults, get_job};
pub use once::RepeatError;
pub(crate) use once::{Turn, once, over_or_due, record};
