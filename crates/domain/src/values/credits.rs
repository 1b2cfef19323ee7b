use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::fmt;

/// An amount of credits: decimal and exact, never below zero.
///
/// ```
/// use course_seats_domain::values::Credits;
/// let grant = Credits::whole(200);
/// let balance: Credits = "149.99".parse().unwrap();
/// assert_eq!(grant.less(balance).to_string(), "50.01");
/// assert_eq!(balance.less(grant), Credits::ZERO, "never below zero");
/// ```
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(try_from = "Decimal", into = "Decimal")]
pub struct Credits(Decimal);

/// Why a number is no amount of credits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CreditsError {
    /// An amount below zero.
    #[error("credits cannot be negative")]
    Negative,
    /// Not a decimal number.
    #[error("credits must be a decimal number")]
    NotANumber,
}

impl Credits {
    /// No credits.
    pub const ZERO: Self = Self(Decimal::ZERO);

    /// A whole number of credits.
    #[must_use]
    pub fn whole(amount: u32) -> Self {
        Self(Decimal::from(amount))
    }

    /// The exact amount.
    #[must_use]
    pub fn amount(self) -> Decimal {
        self.0
    }

    /// What is left when `other` is taken away; not below zero.
    #[must_use]
    pub fn less(self, other: Self) -> Self {
        Self((self.0 - other.0).max(Decimal::ZERO))
    }

    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// Whether this is nothing.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self.0.is_zero()
    }
}

impl TryFrom<Decimal> for Credits {
    type Error = CreditsError;

    fn try_from(amount: Decimal) -> Result<Self, CreditsError> {
        if amount.is_sign_negative() && !amount.is_zero() {
            return Err(CreditsError::Negative);
        }
        // Zero has no sign: "-0" would be shown as such.
        Ok(Self(amount.abs()))
    }
}

impl From<Credits> for Decimal {
    fn from(credits: Credits) -> Self {
        credits.0
    }
}

impl std::str::FromStr for Credits {
    type Err = CreditsError;

    fn from_str(text: &str) -> Result<Self, CreditsError> {
        let amount: Decimal = text.parse().map_err(|_| CreditsError::NotANumber)?;
        amount.try_into()
    }
}

impl fmt::Display for Credits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
