//! The mails that are being tried for the first time: who answers waits for these. One that is over
//! the pace, or failed once, may take as long as it takes.

use course_seats_domain::ids::MailId;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Those of this process.
#[derive(Debug, Clone, Default)]
pub(crate) struct FirstTries(Arc<Mutex<HashSet<MailId>>>);

/// One of them, for as long as it lives.
#[derive(Debug)]
pub(crate) struct FirstTry {
    all: FirstTries,
    mail: MailId,
}

impl FirstTries {
    /// One more.
    pub(crate) fn begin(&self, mail: MailId) -> FirstTry {
        self.mails().insert(mail);
        FirstTry { all: self.clone(), mail }
    }

    /// Whether this one is being tried.
    pub(crate) fn has(&self, mail: &MailId) -> bool {
        self.mails().contains(mail)
    }

    fn mails(&self) -> MutexGuard<'_, HashSet<MailId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for FirstTry {
    fn drop(&mut self) {
        self.all.mails().remove(&self.mail);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_try_counts_as_long_as_it_lives() {
        let (tries, mail) = (FirstTries::default(), MailId::new(Uuid::from_u128(1)));
        let one = tries.begin(mail);
        assert!(tries.has(&mail));
        drop(one);
        assert!(!tries.has(&mail));
    }
}
