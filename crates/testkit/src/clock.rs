//! A clock that a test turns.

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use course_seats_application::ports::Clock;
use std::sync::Mutex;
use std::time::Duration;
use tokio::sync::Notify;

/// A clock that stands still until a test moves it.
#[derive(Debug)]
pub struct TestClock {
    time: Mutex<(DateTime<Utc>, Duration)>,
    moved: Notify,
}

impl Default for TestClock {
    /// Noon of 1 March 2027.
    fn default() -> Self {
        Self::at("2027-03-01T12:00:00Z".parse().unwrap())
    }
}

impl TestClock {
    /// A clock that stands at `now`.
    #[must_use]
    pub fn at(now: DateTime<Utc>) -> Self {
        Self { time: Mutex::new((now, Duration::ZERO)), moved: Notify::new() }
    }

    /// Lets time pass: who sleeps for no longer wakes.
    pub fn advance(&self, by: TimeDelta) {
        let mut time = self.time.lock().unwrap();
        time.0 += by;
        time.1 += by.to_std().unwrap();
        self.moved.notify_waiters();
    }

    /// Turns the time of day, as a sandbox may; nobody wakes.
    pub fn turn(&self, now: DateTime<Utc>) {
        self.time.lock().unwrap().0 = now;
    }
}

#[async_trait]
impl Clock for TestClock {
    fn now(&self) -> DateTime<Utc> {
        self.time.lock().unwrap().0
    }

    fn monotonic(&self) -> Duration {
        self.time.lock().unwrap().1
    }

    async fn sleep(&self, duration: Duration) {
        let until = self.monotonic() + duration;
        loop {
            let moved = self.moved.notified();
            if self.monotonic() >= until {
                return;
            }
            moved.await;
        }
    }
}
