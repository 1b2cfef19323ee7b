use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering as Memory};
use std::task::Waker;
use std::time::Duration;

/// What happens when its time has come.
pub(super) enum Due {
    /// Somebody wakes, unless he no longer waits.
    Wake(Waker, Arc<AtomicBool>),
    /// Something happens in the world, whoever lives.
    Act(Box<dyn FnOnce() + Send>),
}

struct Timer {
    at: Duration,
    /// Those of one moment come in the order in which they were set.
    number: u64,
    due: Due,
}

impl PartialEq for Timer {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Timer {}

impl PartialOrd for Timer {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Timer {
    /// The heap gives its greatest first: that is the earliest.
    fn cmp(&self, other: &Self) -> Ordering {
        (other.at, other.number).cmp(&(self.at, self.number))
    }
}

/// What is to happen, and when.
#[derive(Default)]
pub(super) struct Timers {
    heap: BinaryHeap<Timer>,
    set: u64,
}

impl Timers {
    pub(super) fn set(&mut self, at: Duration, due: Due) {
        self.set += 1;
        self.heap.push(Timer { at, number: self.set, due });
    }

    /// Takes the next one that is due at `until` or before, with its time.
    pub(super) fn pop(&mut self, until: Duration) -> Option<(Duration, Due)> {
        loop {
            let next = self.heap.peek()?;
            if next.at > until {
                return None;
            }
            let timer = self.heap.pop()?;
            match timer.due {
                Due::Wake(_, left) if left.load(Memory::Relaxed) => {}
                due => return Some((timer.at, due)),
            }
        }
    }
}
