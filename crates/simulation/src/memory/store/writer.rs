use crate::runtime::lock;
use course_seats_application::ports::{Clock, StoreError};
use event_listener::Event;
use futures::future::select;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How long a writer waits for its turn, and how long a transaction may do nothing before
/// somebody else may end it.
const LOCK_LIMIT: Duration = Duration::from_secs(5);
const IDLE_LIMIT: Duration = Duration::from_secs(4);

/// The one turn to write.
#[derive(Default)]
pub(super) struct Turns {
    holder: Mutex<Holder>,
    free: Event,
}

#[derive(Default)]
struct Holder {
    turn: Option<u64>,
    last: u64,
    /// When the holder last did something.
    active: Duration,
}

/// The turn of one transaction; it ends when this is dropped.
pub(super) struct Turn {
    turns: Arc<Turns>,
    number: u64,
}

impl Turns {
    /// Whether nobody is writing.
    pub(super) fn is_free(&self) -> bool {
        lock(&self.holder).turn.is_none()
    }

    /// Waits for the turn. A transaction whose process hangs loses it after a while.
    pub(super) async fn take(self: &Arc<Self>, clock: &dyn Clock) -> Result<Turn, StoreError> {
        let deadline = clock.monotonic() + LOCK_LIMIT;
        loop {
            let free = self.free.listen();
            let now = clock.monotonic();
            {
                let mut holder = lock(&self.holder);
                if holder.turn.is_none() || holder.active + IDLE_LIMIT <= now {
                    holder.last += 1;
                    holder.turn = Some(holder.last);
                    holder.active = now;
                    return Ok(Turn { turns: Arc::clone(self), number: holder.last });
                }
            }
            let left = deadline.saturating_sub(now);
            if left.is_zero() {
                return Err(StoreError::Unavailable("the lock took too long".into()));
            }
            select(free, clock.sleep(left.min(Duration::from_secs(1)))).await;
        }
    }
}

impl Turn {
    /// Whether it was not taken away.
    pub(super) fn holds(&self, now: Duration) -> bool {
        let mut holder = lock(&self.turns.holder);
        let ours = holder.turn == Some(self.number);
        if ours {
            holder.active = now;
        }
        ours
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut holder = lock(&self.turns.holder);
        if holder.turn == Some(self.number) {
            holder.turn = None;
            drop(holder);
            self.turns.free.notify(1);
        }
    }
}
