use super::books::{Account, Books, Change, Movement, MovementKind};
use crate::SandboxError;
use crate::gate::World;
use crate::kept::{Kept, State, lock};
use course_seats_application::ports::PortError;
use rust_decimal::Decimal;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The books as they are, and as everybody sees them.
///
/// The real service commits after it has answered: for a moment a reader, and a call that needs
/// an account, see the books from before. What is written is on disk at once all the same, and
/// amounts are taken from the latest books, as the rows of a balance are locked there.
pub(crate) struct Ledger {
    latest: Kept<Books>,
    visible: Books,
    commit_delay: Duration,
}

/// The ledger, shared with the changes that become visible later.
#[derive(Clone)]
pub(crate) struct SharedLedger {
    ledger: Arc<Mutex<Ledger>>,
    world: World,
}

impl SharedLedger {
    pub(crate) fn open(path: &Path, world: World) -> Result<Self, SandboxError> {
        let latest = Kept::<Books>::open(path)?;
        let visible = latest.state().clone();
        let ledger = Ledger { latest, visible, commit_delay: Duration::ZERO };
        Ok(Self { ledger: Arc::new(Mutex::new(ledger)), world })
    }

    pub(crate) fn set_commit_delay(&self, delay: Duration) {
        lock(&self.ledger).commit_delay = delay;
    }

    /// Looks at the books as everybody sees them.
    pub(crate) fn look<T>(&self, look: impl FnOnce(&Books) -> T) -> T {
        look(&lock(&self.ledger).visible)
    }

    /// Decides on a change, given the visible and the latest books, and makes it.
    pub(crate) fn change<T>(
        &self,
        decide: impl FnOnce(&Books, &Books) -> Result<(T, Option<Change>), PortError>,
    ) -> Result<T, PortError> {
        let mut ledger = lock(&self.ledger);
        let (answer, change) = decide(&ledger.visible, ledger.latest.state())?;
        if let Some(change) = change {
            ledger.latest.record(change.clone())?;
            if ledger.commit_delay.is_zero() {
                ledger.visible.apply(change);
            } else {
                let shared = Arc::clone(&self.ledger);
                let show = move || lock(&shared).visible.apply(change);
                self.world.later(ledger.commit_delay, show);
            }
        }
        Ok(answer)
    }

    /// One movement, dated now.
    pub(crate) fn movement(
        &self,
        from: Account,
        to: Account,
        amount: Decimal,
        kind: MovementKind,
    ) -> Movement {
        Movement { at: self.world.clock.now(), from, to, amount, kind }
    }
}
