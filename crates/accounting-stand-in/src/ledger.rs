use crate::answer;
use crate::books::{Books, Change};
use stand_in_kit::{Answer, Journal, time};
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::runtime::Handle;

/// The books as they are, and as everybody sees them.
///
/// The real service commits after it has answered: for a moment a reader, and a call that needs an
/// account, see the books from before. Amounts are taken from the latest books, as the rows of
/// a balance are locked there.
#[derive(Clone)]
pub(crate) struct Ledger(Arc<Mutex<Inner>>);

struct Inner {
    latest: Books,
    visible: Books,
    journal: Option<Journal>,
    commit_delay: Duration,
}

impl Ledger {
    pub(crate) fn open(path: Option<&Path>) -> io::Result<Self> {
        let mut latest = Books::default();
        let journal = match path {
            Some(path) => Some(Journal::open(path, |change| latest.apply(change))?),
            None => None,
        };
        let visible = latest.clone();
        let commit_delay = Duration::ZERO;
        Ok(Self(Arc::new(Mutex::new(Inner { latest, visible, journal, commit_delay }))))
    }

    pub(crate) fn set_commit_delay(&self, delay: Duration) {
        lock(&self.0).commit_delay = delay;
    }

    pub(crate) fn commit_delay(&self) -> Duration {
        lock(&self.0).commit_delay
    }

    /// Looks at the books as everybody sees them.
    pub(crate) fn look<T>(&self, look: impl FnOnce(&Books) -> T) -> T {
        look(&lock(&self.0).visible)
    }

    /// Looks at the books as they are.
    pub(crate) fn look_at_latest<T>(&self, look: impl FnOnce(&Books) -> T) -> T {
        look(&lock(&self.0).latest)
    }

    /// Decides on a change, given the visible and the latest books, and makes it.
    pub(crate) fn change(
        &self,
        decide: impl FnOnce(&Books, &Books) -> Result<(Answer, Option<Change>), Answer>,
    ) -> Answer {
        let mut inner = lock(&self.0);
        let (answer, change) = match decide(&inner.visible, &inner.latest) {
            Ok((answer, Some(change))) => (answer, change),
            Ok((answer, None)) | Err(answer) => return answer,
        };
        if let Some(journal) = &mut inner.journal
            && journal.append(&change).is_err()
        {
            return answer::crash();
        }
        inner.latest.apply(change.clone());
        if inner.commit_delay.is_zero() {
            inner.visible.apply(change);
            return answer;
        }
        let (shared, delay) = (Arc::clone(&self.0), inner.commit_delay);
        Handle::current().spawn(async move {
            time::sleep(delay).await;
            lock(&shared).visible.apply(change);
        });
        answer
    }
}

/// A call that panicked under the lock spoils nothing: changes are made in one go.
fn lock(inner: &Mutex<Inner>) -> MutexGuard<'_, Inner> {
    inner.lock().unwrap_or_else(PoisonError::into_inner)
}
