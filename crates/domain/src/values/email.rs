use serde::{Deserialize, Serialize};
use std::fmt;

/// An e-mail address, as somebody wrote it.
///
/// Two that differ only in case are the same person (design §6, difference 4): compare
/// [`EmailAddress::folded`]. `Debug` hides the address, so that it cannot slip into a log.
///
/// ```
/// use course_seats_domain::values::EmailAddress;
/// let email: EmailAddress = "Ada@EPFL.ch".parse().unwrap();
/// assert_eq!(email.as_str(), "Ada@EPFL.ch");
/// assert_eq!(email.folded(), "ada@epfl.ch");
/// assert_eq!(format!("{email:?}"), "EmailAddress(…)");
/// assert!("not-an-email".parse::<EmailAddress>().is_err());
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EmailAddress(String);

/// Why a text is no e-mail address. The texts begin like those of the service we replace.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EmailError {
    /// No `@` in it.
    #[error("value is not a valid email address: An email address must have an @-sign.")]
    NoAtSign,
    /// Longer than the column that keeps it.
    #[error(
        "value is not a valid email address: It has more than {} characters.",
        EmailAddress::MAX_CHARS
    )]
    TooLong,
    /// Anything else that a mail server would not take.
    #[error("value is not a valid email address: {0}.")]
    Malformed(String),
}

impl EmailAddress {
    /// The longest address that is kept, in characters.
    pub const MAX_CHARS: usize = 255;

    /// The address as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address without regard to case, to compare and to look up.
    #[must_use]
    pub fn folded(&self) -> String {
        super::fold(&self.0)
    }

    /// An address that another service has stored before: taken as it is, never refused.
    #[must_use]
    pub fn adopted(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl std::str::FromStr for EmailAddress {
    type Err = EmailError;

    fn from_str(text: &str) -> Result<Self, EmailError> {
        let text = text.trim();
        if !text.contains('@') {
            return Err(EmailError::NoAtSign);
        }
        if text.chars().count() > Self::MAX_CHARS {
            return Err(EmailError::TooLong);
        }
        let options = email_address::Options::default()
            .without_display_text()
            .without_domain_literal()
            .with_required_tld();
        match email_address::EmailAddress::parse_with_options(text, options) {
            Ok(_) if text.chars().any(char::is_control) => {
                Err(EmailError::Malformed("It has control characters".into()))
            }
            Ok(_) => Ok(Self(text.to_owned())),
            Err(error) => Err(EmailError::Malformed(error.to_string())),
        }
    }
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmailAddress(…)")
    }
}
