use crate::connection::Connection;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// After this long a connection is not used again: the server will have closed it.
const IDLE: Duration = Duration::from_secs(30);

/// Connections that wait for the next mail. How many there are at once is limited by who uses them.
#[derive(Default)]
pub(crate) struct Pool(Mutex<Vec<Idle>>);

struct Idle {
    connection: Connection,
    since: Duration,
}

impl Pool {
    /// The one that was used last, if any is still good, as far as one can tell.
    pub(crate) fn take(&self, now: Duration) -> Option<Connection> {
        let mut idle = self.idle();
        idle.retain(|idle| now.saturating_sub(idle.since) < IDLE);
        idle.pop().map(|idle| idle.connection)
    }

    /// Keeps a connection whose last mail was taken.
    pub(crate) fn put(&self, connection: Connection, now: Duration) {
        self.idle().push(Idle { connection, since: now });
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Idle>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
