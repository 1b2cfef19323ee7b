//! The mails that this process is sending: who answers waits for these. One that is over the pace, or
//! waits for its next try, may take as long as it takes.

use course_seats_domain::ids::MailId;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Those of this process.
#[derive(Debug, Clone, Default)]
pub(crate) struct InHand(Arc<Mutex<Hands>>);

#[derive(Debug, Default)]
struct Hands {
    /// How often each is held: who found it taken may not have let go yet.
    mails: HashMap<MailId, usize>,
    /// How many are just reaching for mails, nobody knows for which.
    reaching: usize,
}

/// A mail in hand, for as long as it lives.
#[derive(Debug)]
pub(crate) struct Held {
    all: InHand,
    mail: MailId,
}

/// Somebody who reaches for mails, for as long as it lives.
#[derive(Debug)]
pub(crate) struct Reaching(InHand);

impl InHand {
    /// Takes one in hand.
    pub(crate) fn hold(&self, mail: MailId) -> Held {
        *self.hands().mails.entry(mail).or_default() += 1;
        Held { all: self.clone(), mail }
    }

    /// Reaches for some.
    pub(crate) fn reach(&self) -> Reaching {
        self.hands().reaching += 1;
        Reaching(self.clone())
    }

    /// Whether this one is in hand, or may be in a moment.
    pub(crate) fn may_have(&self, mail: &MailId) -> bool {
        let hands = self.hands();
        hands.reaching > 0 || hands.mails.contains_key(mail)
    }

    fn hands(&self) -> MutexGuard<'_, Hands> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut hands = self.all.hands();
        if let Some(held) = hands.mails.get_mut(&self.mail) {
            *held -= 1;
            if *held == 0 {
                hands.mails.remove(&self.mail);
            }
        }
    }
}

impl Drop for Reaching {
    fn drop(&mut self) {
        self.0.hands().reaching -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_mail_is_in_hand_as_long_as_anybody_holds_it() {
        let (hands, mail) = (InHand::default(), MailId::new(Uuid::from_u128(1)));
        let (one, other) = (hands.hold(mail), hands.hold(mail));
        drop(one);
        assert!(hands.may_have(&mail));
        drop(other);
        assert!(!hands.may_have(&mail));
        let reaching = hands.reach();
        assert!(hands.may_have(&mail));
        drop(reaching);
        assert!(!hands.may_have(&mail));
    }
}
