use uuid::Uuid;

/// The source of everything that is not determined: new ids and jitter.
pub trait Entropy: Send + Sync {
    /// A new id.
    fn uuid(&self) -> Uuid;

    /// A number from 0 (included) to 1 (not included).
    fn fraction(&self) -> f64;
}
