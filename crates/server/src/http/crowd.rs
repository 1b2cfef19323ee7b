//! How many requests are answered at once. More are refused at once: they would only make those that
//! are under way slower, and take memory while they wait.

use std::sync::atomic::{AtomicUsize, Ordering};

/// The requests that are being answered.
#[derive(Debug)]
pub struct Crowd {
    limit: usize,
    inside: AtomicUsize,
}

/// One of them, for as long as it lives.
#[derive(Debug)]
pub struct Inside<'c>(&'c Crowd);

impl Crowd {
    /// Nobody yet, and at most so many.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self { limit, inside: AtomicUsize::new(0) }
    }

    /// One more, unless there are as many as may be.
    pub fn enter(&self) -> Option<Inside<'_>> {
        let inside = Inside(self);
        let before = self.inside.fetch_add(1, Ordering::AcqRel);
        // Dropped, it leaves again.
        (before < self.limit).then_some(inside)
    }
}

impl Drop for Inside<'_> {
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
        assert!(crowd.enter().is_none());
        assert!(crowd.enter().is_none(), "who was refused does not count");
        drop(first);
        let _third = crowd.enter().unwrap();
        assert!(crowd.enter().is_none());
    }
}
