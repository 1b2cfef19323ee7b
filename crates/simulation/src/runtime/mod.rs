//! An executor of our own: one thread, simulated time, and an order that the seed decides.
//!
//! Every task belongs to a *process*. A process can be killed (all its tasks are dropped wherever
//! they wait), paused (nothing of it is polled while time goes on) and woken. When nothing is
//! ready, time jumps to the next timer.

mod executor;
mod ports;
mod sleep;
mod timers;

pub use executor::{ProcessId, Runtime, TaskId};
pub use ports::{SimClock, SimEntropy, SimSpawner};

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks what only one thread uses; whoever panicked with it left it whole.
pub(crate) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
