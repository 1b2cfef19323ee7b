//! Answers that many who ask at the same moment share: whoever watches the service is not refused when
//! it is busy, so watching must not become work that grows with those who watch.

use course_seats_application::ports::Clock;
use std::future::Future;
use std::time::Duration;
use tokio::sync::Mutex;

/// The last answer to one question, and when it was asked.
#[derive(Debug)]
pub struct Shared<T>(Mutex<Option<(Duration, T)>>);

impl<T> Default for Shared<T> {
    fn default() -> Self {
        Self(Mutex::new(None))
    }
}

impl<T: Clone> Shared<T> {
    /// An answer to `question` that was asked after the caller came: by himself, or by somebody else
    /// who came meanwhile. One asks at a time.
    pub async fn ask(&self, clock: &dyn Clock, question: impl Future<Output = T>) -> T {
        let came = clock.monotonic();
        let mut last = self.0.lock().await;
        if let Some((_, answer)) = last.as_ref().filter(|(asked, _)| *asked > came) {
            return answer.clone();
        }
        let asked = clock.monotonic();
        let answer = question.await;
        *last = Some((asked, answer.clone()));
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;
    use course_seats_testkit::clock::TestClock;
    use futures::future::{join, join_all, pending};
    use std::sync::atomic::{AtomicU32, Ordering};
    use tokio::task::yield_now;

    /// A question that takes a while, and tells how often it was asked.
    async fn count(asked: &AtomicU32, clock: &TestClock) -> u32 {
        let number = asked.fetch_add(1, Ordering::Relaxed) + 1;
        yield_now().await;
        clock.advance(TimeDelta::milliseconds(1));
        number
    }

    #[tokio::test]
    async fn those_who_come_while_one_asks_share_the_next_answer() {
        let (shared, clock, asked) =
            (Shared::default(), TestClock::default(), AtomicU32::default());
        let ask = || shared.ask(&clock, count(&asked, &clock));
        let all = join_all((0..100).map(|_| ask())).await;
        assert_eq!((all[0], all[1], all[99]), (1, 2, 2), "the first came before he asked himself");
        assert_eq!(ask().await, 3, "an answer from before he came is none");
    }

    #[tokio::test]
    async fn one_who_goes_away_while_he_asks_holds_nobody_back() {
        let (shared, clock) = (Shared::default(), TestClock::default());
        let gone = tokio::time::timeout(Duration::from_millis(10), shared.ask(&clock, pending()));
        let (gone, told) = join(gone, async {
            yield_now().await;
            shared.ask(&clock, async { 7 }).await
        })
        .await;
        assert!(gone.is_err());
        assert_eq!(told, 7);
    }
}
