use crate::answer;
use crate::ids;
use crate::keys::Key;
use crate::realm::{Change, Realm};
use crate::realm_file::RealmFile;
use stand_in_kit::{Answer, Journal};
use std::io;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The realm, and the file that keeps it over a restart, if there is one.
pub(crate) struct Kept(Mutex<Inner>);

struct Inner {
    realm: Realm,
    journal: Option<Journal>,
}

/// What a call comes to: its answer, and what it changes, if anything.
pub(crate) type Decision = Result<(Answer, Option<Change>), Answer>;

impl Kept {
    /// Opens the file; what is new begins with the realm that everybody shares.
    pub(crate) fn open(path: Option<&Path>) -> io::Result<Self> {
        let mut realm = Realm::default();
        let journal = match path {
            Some(path) => Some(Journal::open(path, |change| realm.apply(change))?),
            None => None,
        };
        let mut inner = Inner { realm, journal };
        if inner.realm.keys.is_empty() {
            inner.record(seed()?)?;
        }
        Ok(Self(Mutex::new(inner)))
    }

    /// Looks at the realm.
    pub(crate) fn look<T>(&self, look: impl FnOnce(&Realm) -> T) -> T {
        look(&self.inner().realm)
    }

    /// Decides on a change, and makes it.
    pub(crate) fn change(&self, decide: impl FnOnce(&Realm) -> Decision) -> Answer {
        let mut inner = self.inner();
        match decide(&inner.realm) {
            Ok((answer, Some(change))) => match inner.record(change) {
                Ok(()) => answer,
                Err(_) => answer::crash(),
            },
            Ok((answer, None)) | Err(answer) => answer,
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        // A call that panicked under the lock spoils nothing: changes are made in one go.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn record(&mut self, change: Change) -> io::Result<()> {
        if let Some(journal) = &mut self.journal {
            journal.append(&change)?;
        }
        self.realm.apply(change);
        Ok(())
    }
}

fn seed() -> io::Result<Change> {
    let file = RealmFile::read()?;
    let groups = file.groups.into_iter().map(|group| (ids::new(), group.name));
    Ok(Change::Seeded {
        realm: file.realm,
        key: Key::generate()?,
        groups: groups.collect(),
        clients: file.clients,
        users: file.users,
    })
}
