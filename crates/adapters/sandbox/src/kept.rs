use crate::SandboxError;
use crate::journal::Journal;
use course_seats_application::ports::PortError;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What one system knows, and how a change changes it: the same code live and in replay.
pub(crate) trait State: Default {
    /// One change, as it stands in the file.
    type Change: Serialize + DeserializeOwned;

    /// Makes the change. It was checked before it was written: this cannot fail.
    fn apply(&mut self, change: Self::Change);
}

/// A state in memory whose changes are on disk before anybody sees them.
pub(crate) struct Kept<S> {
    state: S,
    journal: Journal,
}

impl<S: State> Kept<S> {
    /// Opens the file and replays it.
    pub(crate) fn open(path: &Path) -> Result<Self, SandboxError> {
        let mut state = S::default();
        let journal = Journal::open(path, |change| state.apply(change))?;
        Ok(Self { state, journal })
    }

    /// What is known now.
    pub(crate) fn state(&self) -> &S {
        &self.state
    }

    /// Writes a change down, then makes it. If it cannot be written, nothing happened.
    ///
    /// The write blocks the thread, under the state's lock: it is some hundred bytes into the
    /// page cache, takes microseconds, and so the order in the file is the order in memory.
    pub(crate) fn record(&mut self, change: S::Change) -> Result<(), PortError> {
        self.journal
            .append(&change)
            .map_err(|error| PortError::Unavailable(format!("the sandbox's disk: {error}")))?;
        self.state.apply(change);
        Ok(())
    }
}

/// Locks; a task that panicked under the lock spoils nothing, as changes are made in one go.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
