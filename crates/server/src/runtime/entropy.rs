use course_seats_application::ports::Entropy;
use uuid::Uuid;

/// New ids and jitter from the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct OsEntropy;

impl Entropy for OsEntropy {
    #[expect(clippy::disallowed_methods, reason = "this is the home of new ids")]
    fn uuid(&self) -> Uuid {
        Uuid::new_v4()
    }

    fn fraction(&self) -> f64 {
        rand::random::<f64>()
    }
}

/// What ties an opaque answer to a line in the log.
#[must_use]
pub fn new_reference() -> Uuid {
    OsEntropy.uuid()
}
