//! Of many who come with the same token at once, one asks; the others wait for that answer.

use crate::sessions::TokenHash;
use course_seats_application::ports::AuthError;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

/// Who holds it asks. Inside: how the last question ended, and when, if there was no good answer.
pub(crate) type Turn = tokio::sync::Mutex<Option<(Duration, AuthError)>>;

/// The turns that somebody holds or waits for.
#[derive(Default)]
pub(crate) struct Turns(Mutex<HashMap<TokenHash, Weak<Turn>>>);

impl Turns {
    /// The turn of this token.
    pub(crate) fn of(&self, token: TokenHash) -> Arc<Turn> {
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(turn) = turns.get(&token).and_then(Weak::upgrade) {
            return turn;
        }
        // Those that nobody is interested in any more go.
        turns.retain(|_, turn| turn.strong_count() > 0);
        let turn = Arc::new(Turn::default());
        turns.insert(token, Arc::downgrade(&turn));
        turn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_turn_a_token_as_long_as_somebody_wants_it() {
        let (turns, one) = (Turns::default(), TokenHash::of("one"));
        let first = turns.of(one);
        assert!(Arc::ptr_eq(&first, &turns.of(one)));
        assert!(!Arc::ptr_eq(&first, &turns.of(TokenHash::of("other"))));
        drop(first);
        let _again = turns.of(one);
        assert_eq!(turns.0.lock().unwrap().len(), 1, "nothing is kept of who has gone");
    }
}
