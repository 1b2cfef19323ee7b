use serde::{Deserialize, Serialize};

/// How many seats are provisioned at a time: 1 to 100.
///
/// ```
/// use course_seats_domain::values::SeatCount;
/// assert_eq!(SeatCount::new(100).unwrap().get(), 100);
/// assert!(SeatCount::new(0).is_err() && SeatCount::new(101).is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub struct SeatCount(u8);

/// Why a number is no seat count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SeatCountError {
    /// Zero or below.
    #[error("Input should be greater than 0")]
    TooFew,
    /// Above the limit.
    #[error("Input should be less than or equal to {}", SeatCount::MAX)]
    TooMany,
}

impl SeatCount {
    /// The most seats of one batch.
    pub const MAX: u8 = 100;

    /// Checks a number.
    ///
    /// # Errors
    /// [`SeatCountError`] if it is not 1 to 100.
    pub fn new(count: i64) -> Result<Self, SeatCountError> {
        match u8::try_from(count) {
            _ if count <= 0 => Err(SeatCountError::TooFew),
            Ok(count) if count <= Self::MAX => Ok(Self(count)),
            _ => Err(SeatCountError::TooMany),
        }
    }

    /// The number.
    #[must_use]
    pub fn get(self) -> u8 {
        self.0
    }
}

impl TryFrom<i64> for SeatCount {
    type Error = SeatCountError;

    fn try_from(count: i64) -> Result<Self, SeatCountError> {
        Self::new(count)
    }
}

impl From<SeatCount> for i64 {
    fn from(count: SeatCount) -> Self {
        count.0.into()
    }
}
