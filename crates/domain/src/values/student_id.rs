use super::TextError;
use super::text::parse_line;
use serde::{Deserialize, Serialize};

/// What the university calls a student: exact, case counts. It also names the student's project,
/// so it has 1 to 250 characters after trimming.
///
/// ```
/// use course_seats_domain::values::StudentId;
/// assert_eq!("  S1 ".parse::<StudentId>().unwrap().as_str(), "S1");
/// assert!("   ".parse::<StudentId>().is_err());
/// assert!("x".repeat(251).parse::<StudentId>().is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StudentId(String);

impl StudentId {
    /// The longest student id, in characters.
    pub const MAX_CHARS: usize = 250;

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A student id that another service has stored before: taken as it is.
    #[must_use]
    pub fn adopted(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl std::str::FromStr for StudentId {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        parse_line(text, Self::MAX_CHARS).map(Self)
    }
}

impl std::fmt::Display for StudentId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
