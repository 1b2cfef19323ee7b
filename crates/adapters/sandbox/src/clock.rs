use crate::SandboxError;
use async_trait::async_trait;
use chrono::{DateTime, Datelike, SubsecRound, TimeDelta, Utc};
use course_seats_application::ports::Clock;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The one clock that everything embedded lives by: the system's time plus an offset that can be
/// turned, forward and backward, and that a restart keeps (`clock.json`).
///
/// Only the time of day turns: waiting and leases go by a clock that nobody turns.
#[derive(Debug)]
pub struct SandboxClock {
    path: PathBuf,
    started: Instant,
    offset: Mutex<TimeDelta>,
}

#[derive(Serialize, Deserialize)]
struct Saved {
    offset_us: i64,
}

impl SandboxClock {
    /// Opens the clock that is kept in this folder, or a new one that shows the system's time.
    ///
    /// # Errors
    /// If the folder cannot be made or the file not read.
    #[expect(clippy::disallowed_methods, reason = "this is the embedded home of time")]
    pub fn open(folder: &Path) -> Result<Self, SandboxError> {
        std::fs::create_dir_all(folder).map_err(SandboxError::file(folder))?;
        let path = folder.join("clock.json");
        let offset = match std::fs::read(&path) {
            Ok(bytes) => serde_json::from_slice::<Saved>(&bytes)
                .map(|saved| TimeDelta::microseconds(saved.offset_us))
                .map_err(|error| SandboxError::Corrupt {
                    path: path.clone(),
                    line: error.line(),
                    reason: error.to_string(),
                })?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => TimeDelta::zero(),
            Err(error) => return Err(SandboxError::file(&path)(error)),
        };
        Ok(Self { path, started: Instant::now(), offset: Mutex::new(offset) })
    }

    /// Turns the clock to this time and returns it.
    ///
    /// # Errors
    /// `OutOfRange`, or if the file cannot be written: then the clock was not turned.
    pub fn set(&self, at: DateTime<Utc>) -> Result<DateTime<Utc>, SandboxError> {
        let mut offset = self.offset.lock().unwrap_or_else(PoisonError::into_inner);
        self.turn(&mut offset, at.signed_duration_since(system_now()))?;
        Ok(shown(*offset))
    }

    /// Turns the clock by so much, forward or backward, and returns the new time.
    ///
    /// # Errors
    /// `OutOfRange`, or if the file cannot be written: then the clock was not turned.
    pub fn advance(&self, by: TimeDelta) -> Result<DateTime<Utc>, SandboxError> {
        let mut offset = self.offset.lock().unwrap_or_else(PoisonError::into_inner);
        let to = offset.checked_add(&by).ok_or(SandboxError::OutOfRange)?;
        self.turn(&mut offset, to)?;
        Ok(shown(*offset))
    }

    fn turn(&self, offset: &mut TimeDelta, to: TimeDelta) -> Result<(), SandboxError> {
        let at = system_now().checked_add_signed(to).ok_or(SandboxError::OutOfRange)?;
        if !(1970..=9998).contains(&at.year()) {
            return Err(SandboxError::OutOfRange);
        }
        let offset_us = to.num_microseconds().ok_or(SandboxError::OutOfRange)?;
        // Written beside and moved into place, so that a kill leaves the old or the new file.
        let beside = self.path.with_extension("json.new");
        std::fs::write(&beside, format!("{{\"offset_us\":{offset_us}}}\n"))
            .and_then(|()| std::fs::rename(&beside, &self.path))
            .map_err(SandboxError::file(&self.path))?;
        *offset = TimeDelta::microseconds(offset_us);
        Ok(())
    }
}

#[async_trait]
impl Clock for SandboxClock {
    fn now(&self) -> DateTime<Utc> {
        shown(*self.offset.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn monotonic(&self) -> Duration {
        self.started.elapsed()
    }

    #[expect(clippy::disallowed_methods, reason = "this is the embedded home of waiting")]
    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the embedded home of time")]
fn system_now() -> DateTime<Utc> {
    Utc::now()
}

fn shown(offset: TimeDelta) -> DateTime<Utc> {
    let system = system_now();
    system.checked_add_signed(offset).unwrap_or(system).trunc_subsecs(6)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(left: DateTime<Utc>, right: DateTime<Utc>) -> bool {
        (left - right).abs() < TimeDelta::seconds(30)
    }

    #[test]
    fn turns_both_ways_and_survives_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let clock = SandboxClock::open(folder.path()).unwrap();
        let start = clock.now();
        clock.advance(TimeDelta::days(30)).unwrap();
        assert!(near(clock.now(), start + TimeDelta::days(30)));
        let past: DateTime<Utc> = "2020-02-29T12:00:00Z".parse().unwrap();
        assert!(near(clock.set(past).unwrap(), past));
        drop(clock);
        assert!(near(SandboxClock::open(folder.path()).unwrap().now(), past));
    }

    #[test]
    fn shows_whole_microseconds_and_never_turns_the_monotonic_clock() {
        let folder = tempfile::tempdir().unwrap();
        let clock = SandboxClock::open(folder.path()).unwrap();
        let before = clock.monotonic();
        clock.advance(TimeDelta::days(-400)).unwrap();
        assert!(clock.monotonic() >= before && clock.monotonic() < Duration::from_secs(60));
        assert_eq!(clock.now().timestamp_subsec_nanos() % 1000, 0);
    }

    #[test]
    fn refuses_times_that_nobody_can_show() {
        let folder = tempfile::tempdir().unwrap();
        let clock = SandboxClock::open(folder.path()).unwrap();
        assert!(clock.advance(TimeDelta::days(4_000_000)).is_err());
        assert!(clock.advance(TimeDelta::MAX).is_err());
        assert!(clock.set(DateTime::<Utc>::MIN_UTC).is_err());
        assert!(near(clock.now(), system_now()), "and was not turned");
    }
}
