//! What operators do.

mod expire;
mod sagas;

pub use expire::{ExpirySummary, expire_courses};
pub use sagas::{get_saga, list_sagas};
