//! How fast mail leaves this process: first tries and retries share one pace.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

/// A bucket that holds a second's worth of mails, by the clock that nobody turns. What is kept is when
/// it is full again.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pace(Arc<Mutex<Duration>>);

/// One mail's turn. It is there again if it is not used.
#[derive(Debug)]
pub(crate) struct Turn {
    pace: Pace,
    takes: Duration,
}

impl Pace {
    /// Takes one turn, or says after how long there will be one.
    pub(crate) fn take(&self, per_second: u32, now: Duration) -> Result<Turn, Duration> {
        // Rounded down, so that a whole second's worth fits.
        let takes = SECOND / per_second.max(1);
        let mut full_at = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let after = (*full_at).max(now) + takes;
        match after.saturating_sub(now + SECOND) {
            Duration::ZERO => {
                *full_at = after;
                Ok(Turn { pace: self.clone(), takes })
            }
            wait => Err(wait),
        }
    }
}

impl Turn {
    /// A mail goes.
    pub(crate) fn used(mut self) {
        self.takes = Duration::ZERO;
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut full_at = self.pace.0.lock().unwrap_or_else(PoisonError::into_inner);
        *full_at = full_at.saturating_sub(self.takes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many turns there are at `now`.
    fn turns(pace: &Pace, per_second: u32, now: Duration) -> u32 {
        let mut turns = 0;
        while let Ok(turn) = pace.take(per_second, now) {
            turn.used();
            turns += 1;
        }
        turns
    }

    #[test]
    fn a_seconds_worth_at_once_then_by_and_by() {
        let (pace, start) = (Pace::default(), Duration::from_secs(100));
        assert_eq!(turns(&pace, 14, start), 14);
        assert_eq!(turns(&pace, 14, start + SECOND / 2), 7);
        assert_eq!(turns(&pace, 14, start + SECOND), 7);
        assert_eq!(turns(&pace, 14, start + SECOND * 60), 14, "no more is saved up");
    }

    #[test]
    fn who_is_too_early_hears_how_long() {
        let (pace, now) = (Pace::default(), Duration::from_secs(5));
        assert_eq!(turns(&pace, 2, now), 2);
        let wait = pace.take(2, now).unwrap_err();
        assert_eq!(wait, SECOND / 2);
        assert!(pace.take(2, now + wait - Duration::from_nanos(1)).is_err());
        assert!(pace.take(2, now + wait).is_ok());
    }

    #[test]
    fn what_was_not_used_is_there_again() {
        let (pace, now) = (Pace::default(), Duration::from_secs(5));
        assert_eq!(turns(&pace, 3, now - SECOND / 3), 3);
        drop(pace.take(3, now).unwrap());
        assert_eq!(turns(&pace, 3, now), 1);
    }
}
