//! What operators do.

mod expire;
mod sagas;
mod statistics;

pub use expire::{ExpirySummary, expire_courses};
pub use sagas::{get_saga, list_sagas};
pub use statistics::statistics;
