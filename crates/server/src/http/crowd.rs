//! How many requests are answered at once. More are refused at once: they would only make those that
//! are under way slower, and take memory while they wait.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// Over how many seconds those who are refused are spread: all told the same, they would all be back
/// at the same moment, and most of them be refused again.
const SPREAD_SECONDS: u64 = 10;

/// The requests that are being answered.
#[derive(Debug)]
pub struct Crowd {
    limit: usize,
    inside: AtomicUsize,
    refused: AtomicU64,
}

/// One of them, for as long as it lives.
#[derive(Debug)]
pub struct Guest<'c>(&'c Crowd);

/// There is no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full {
    /// After how many seconds to come again.
    pub come_again_after: u64,
}

impl Crowd {
    /// Nobody yet, and at most so many.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self { limit, inside: AtomicUsize::new(0), refused: AtomicU64::new(0) }
    }

    /// One more, unless there are as many as may be.
    ///
    /// # Errors
    /// [`Full`]; who is refused next is told another second.
    pub fn enter(&self) -> Result<Guest<'_>, Full> {
        let guest = Guest(self);
        let before = self.inside.fetch_add(1, Ordering::AcqRel);
        if before < self.limit {
            return Ok(guest);
        }
        // Dropped, it leaves again.
        drop(guest);
        let refused = self.refused.fetch_add(1, Ordering::Relaxed);
        Err(Full { come_again_after: 1 + refused % SPREAD_SECONDS })
    }
}

impl Drop for Guest<'_> {
    fn drop(&mut self) {
        self.0.inside.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_as_may_be_and_the_next_when_one_has_left() {
        let crowd = Crowd::new(2);
        let first = crowd.enter().unwrap();
        let _second = crowd.enter().unwrap();
        assert!(crowd.enter().is_err());
        assert!(crowd.enter().is_err(), "who was refused does not count");
        drop(first);
        let _third = crowd.enter().unwrap();
        assert!(crowd.enter().is_err());
    }

    #[test]
    fn those_who_are_refused_do_not_all_come_back_at_once() {
        let crowd = Crowd::new(0);
        let told: Vec<u64> = (0..11).map(|_| crowd.enter().unwrap_err().come_again_after).collect();
        assert_eq!(told, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 1]);
    }
}
