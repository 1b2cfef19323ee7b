use crate::ports::Caller;
use crate::ports::store::RequestKey;
use course_seats_domain::ids::UserId;

/// Who asks for something, and what a repeat of it is known by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Who, as the identity provider names him, or what acts by itself.
    pub subject: String,
    /// The same as a user id, if it is one.
    pub user: Option<UserId>,
    /// The key, if one was sent.
    pub key: Option<RequestKey>,
}

impl Asked {
    /// The same with a key.
    #[must_use]
    pub fn with_key(mut self, key: Option<RequestKey>) -> Self {
        self.key = key;
        self
    }
}

impl From<&str> for Asked {
    fn from(subject: &str) -> Self {
        Self { subject: subject.to_owned(), user: None, key: None }
    }
}

impl From<&String> for Asked {
    fn from(subject: &String) -> Self {
        subject.as_str().into()
    }
}

impl From<&Caller> for Asked {
    fn from(caller: &Caller) -> Self {
        Self { subject: caller.subject.clone(), user: caller.user, key: None }
    }
}

/// A key that is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Input should be 1 to 255 visible ASCII characters")]
pub struct InvalidKey;

/// The longest key.
const LONGEST: usize = 255;

/// Reads a key.
///
/// # Errors
/// [`InvalidKey`].
pub fn check_key(text: &[u8]) -> Result<String, InvalidKey> {
    if text.is_empty() || text.len() > LONGEST || !text.iter().all(u8::is_ascii_graphic) {
        return Err(InvalidKey);
    }
    Ok(text.iter().copied().map(char::from).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_1_to_255_visible_characters() {
        let longest = "k".repeat(255);
        for good in ["k", "\"a~!\"", &longest] {
            assert_eq!(check_key(good.as_bytes()).as_deref(), Ok(good));
        }
        for bad in ["", &"k".repeat(256), "a b", "tab\t", "é", "\u{7f}"] {
            assert_eq!(check_key(bad.as_bytes()), Err(InvalidKey), "{bad:?}");
        }
    }
}
