//! What userinfo said of tokens a moment ago.

use chrono::{DateTime, Utc};
use course_seats_application::ports::Caller;
use course_seats_oidc::LEEWAY_SECONDS;
use sha2::{Digest, Sha256};
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How many are kept at most: the oldest goes.
const MOST: usize = 10_000;

/// The token itself is not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct TokenHash([u8; 32]);

impl TokenHash {
    pub(crate) fn of(token: &str) -> Self {
        Self(Sha256::digest(token).into())
    }
}

/// The answers for tokens that were good, for a short while.
pub(crate) struct Sessions {
    age: Duration,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    answers: HashMap<TokenHash, Answer>,
    /// In the order in which they came, which is the order in which they end.
    order: VecDeque<(Duration, TokenHash)>,
}

struct Answer {
    caller: Caller,
    /// When the token itself ends, in seconds since 1970.
    expires: i64,
    asked: Duration,
}

impl Sessions {
    pub(crate) fn new(age: Duration) -> Self {
        Self { age, kept: Mutex::default() }
    }

    /// The answer for this very token, if it is young enough, to a question that was asked after
    /// `asked_after`, and the token still good.
    pub(crate) fn get(
        &self,
        token: &TokenHash,
        asked_after: Option<Duration>,
        monotonic: Duration,
        now: DateTime<Utc>,
    ) -> Option<Caller> {
        let kept = self.kept();
        let answer = kept.answers.get(token)?;
        let young = monotonic < answer.asked + self.age
            && asked_after.is_none_or(|after| answer.asked > after);
        let good = now.timestamp() < answer.expires.saturating_add(LEEWAY_SECONDS);
        (young && good).then(|| answer.caller.clone())
    }

    /// Keeps an answer to what was asked at `asked`, unless there is one to a later question.
    pub(crate) fn keep(&self, token: TokenHash, caller: &Caller, expires: i64, asked: Duration) {
        let mut kept = self.kept();
        if kept.answers.get(&token).is_some_and(|other| other.asked > asked) {
            return;
        }
        kept.answers.insert(token, Answer { caller: caller.clone(), expires, asked });
        kept.order.push_back((asked, token));
        kept.shrink(asked, self.age);
    }

    /// The session is over.
    pub(crate) fn forget(&self, token: &TokenHash) {
        self.kept().answers.remove(token);
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    /// Drops what is too old, and the oldest of what is too much.
    fn shrink(&mut self, now: Duration, age: Duration) {
        while let Some((asked, token)) = self.order.front().copied() {
            if asked + age > now && self.order.len() <= MOST {
                return;
            }
            self.order.pop_front();
            // It may have been asked again since: then its later place in the order counts.
            if self.answers.get(&token).is_some_and(|answer| answer.asked == asked) {
                self.answers.remove(&token);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    const AGE: Duration = Duration::from_secs(10);

    fn caller() -> Caller {
        Caller {
            subject: "s".into(),
            user: None,
            username: "u".into(),
            full_name: "n".into(),
            email: None,
            email_verified: false,
            groups: Arc::default(),
        }
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    fn secs(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn an_answer_counts_until_it_is_old_or_its_token_ends() {
        let sessions = Sessions::new(AGE);
        let token = TokenHash::of("t");
        sessions.keep(token, &caller(), 1000, secs(5));
        let is_kept =
            |monotonic, now| sessions.get(&token, None, secs(monotonic), at(now)).is_some();
        assert!(is_kept(14, 0) && !is_kept(15, 0));
        assert!(is_kept(6, 1004) && !is_kept(6, 1005));
        assert!(sessions.get(&TokenHash::of("other"), None, secs(6), at(0)).is_none());
        sessions.forget(&token);
        assert!(!is_kept(6, 0));
    }

    #[test]
    fn who_came_after_the_question_wants_another() {
        let sessions = Sessions::new(AGE);
        let token = TokenHash::of("t");
        sessions.keep(token, &caller(), 1000, secs(5));
        let is_fresh = |came| sessions.get(&token, Some(secs(came)), secs(7), at(0)).is_some();
        assert!(is_fresh(4) && !is_fresh(5) && !is_fresh(6));
    }

    #[test]
    fn an_older_answer_that_comes_late_changes_nothing() {
        let sessions = Sessions::new(AGE);
        let token = TokenHash::of("t");
        sessions.keep(token, &caller(), 1000, secs(5));
        sessions.keep(token, &Caller { username: "old".into(), ..caller() }, 1000, secs(4));
        assert_eq!(sessions.get(&token, None, secs(6), at(0)).unwrap().username, "u");
    }

    #[test]
    fn it_never_grows_past_its_bound_and_forgets_by_itself() {
        let sessions = Sessions::new(AGE);
        for number in 0..MOST + 500 {
            sessions.keep(TokenHash::of(&number.to_string()), &caller(), 1000, secs(1));
        }
        assert_eq!(sessions.kept().answers.len(), MOST);
        for _ in 0..100 {
            sessions.keep(TokenHash::of("last"), &caller(), 1000, secs(20));
        }
        let kept = sessions.kept();
        assert_eq!(kept.answers.len(), 1);
        assert!(kept.order.len() <= 100);
    }
}
