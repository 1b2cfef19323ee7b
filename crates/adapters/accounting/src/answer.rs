//! The bodies of answers, as far as they are used.

use crate::amount::Amount;
use serde::Deserialize;
use uuid::Uuid;

/// What every good answer looks like: `{message, data}`.
#[derive(Debug, Deserialize)]
pub(crate) struct Envelope<T> {
    pub(crate) data: T,
}

/// A call that has nothing to tell: `data` is there, whatever it holds.
#[derive(Debug)]
pub(crate) struct Done;

impl<'de> Deserialize<'de> for Done {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        serde::de::IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}

/// An account that was opened.
#[derive(Debug, Deserialize)]
pub(crate) struct Opened {
    pub(crate) id: Uuid,
}

/// What an account has.
#[derive(Debug, Deserialize)]
pub(crate) struct Balance {
    pub(crate) balance: Amount,
}

/// What was taken.
#[derive(Debug, Deserialize)]
pub(crate) struct Depleted {
    pub(crate) total_amount: Amount,
}

/// An error: only its code may be told, the rest may hold anything.
#[derive(Debug, Deserialize)]
pub(crate) struct Refusal {
    error_code: String,
}

impl Refusal {
    /// The code, if it is one and not a text.
    pub(crate) fn code(&self) -> Option<&str> {
        let is_code = !self.error_code.is_empty()
            && self.error_code.len() <= 64
            && self.error_code.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
        is_code.then_some(self.error_code.as_str())
    }
}
