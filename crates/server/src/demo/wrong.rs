use std::fmt;

/// Something is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// What must be true.
    pub expected: String,
    /// What was seen instead.
    pub seen: String,
}

impl Wrong {
    /// Expected this, saw that.
    pub fn new(expected: impl Into<String>, seen: impl Into<String>) -> Self {
        Self { expected: expected.into(), seen: seen.into() }
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {}, but saw {}", self.expected, self.seen)
    }
}

impl std::error::Error for Wrong {}

/// Demands that two values are the same.
///
/// # Errors
/// If they are not.
pub fn same<T: PartialEq + fmt::Debug>(what: &str, seen: T, expected: T) -> Result<(), Wrong> {
    if seen == expected {
        return Ok(());
    }
    Err(Wrong::new(format!("{what}: {expected:?}"), format!("{seen:?}")))
}

/// Demands that something is true; `seen` tells what was there instead.
///
/// # Errors
/// If it is not.
pub fn must(holds: bool, expected: &str, seen: impl fmt::Debug) -> Result<(), Wrong> {
    if holds {
        return Ok(());
    }
    Err(Wrong::new(expected, format!("{seen:?}")))
}
