use serde::{Deserialize, Serialize};

/// Why a text was refused. The texts are those of the service we replace.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Nothing left after trimming.
    #[error("String should have at least 1 character")]
    Empty,
    /// More characters than fit.
    #[error("String should have at most {max} characters")]
    TooLong {
        /// The limit, in characters.
        max: usize,
    },
    /// A control character, which neither a database nor a mail takes.
    #[error("String should have no control characters")]
    ControlCharacter,
}

/// One line of text: trimmed, not empty, at most `max` characters, no control characters.
pub(super) fn parse_line(text: &str, max: usize) -> Result<String, TextError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(TextError::Empty);
    }
    if text.chars().count() > max {
        return Err(TextError::TooLong { max });
    }
    if text.chars().any(char::is_control) {
        return Err(TextError::ControlCharacter);
    }
    Ok(text.to_owned())
}

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        ///
        /// At most 250 characters, trimmed, not empty.
        #[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The longest name, in characters.
            pub const MAX_CHARS: usize = 250;

            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The name without regard to case.
            #[must_use]
            pub fn folded(&self) -> String {
                super::fold(&self.0)
            }

            /// A name that another service has stored before: taken as it is.
            #[must_use]
            pub fn adopted(text: impl Into<String>) -> Self {
                Self(text.into())
            }
        }

        impl std::str::FromStr for $name {
            type Err = TextError;

            fn from_str(text: &str) -> Result<Self, TextError> {
                parse_line(text, Self::MAX_CHARS).map(Self)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

names! {
    /// The name of an institution, unique among all.
    InstitutionName;
    /// The name of a virtual lab, unique among those not deleted.
    LabName;
    /// The name of a project, unique without regard to case within its lab among those not deleted.
    ProjectName;
}

impl From<&super::StudentId> for ProjectName {
    /// A student's project is named after the student id.
    fn from(student: &super::StudentId) -> Self {
        Self(student.as_str().to_owned())
    }
}
