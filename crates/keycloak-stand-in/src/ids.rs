//! The one place that makes new ids.

use uuid::Uuid;

#[expect(clippy::disallowed_methods, reason = "a process of its own: this is its home of new ids")]
pub(crate) fn new() -> Uuid {
    Uuid::new_v4()
}
