use super::faults::{DatabaseFault, Faults, fate};
use crate::history::History;
use crate::memory::{Call, CommitFate, Fate, Line, Outside, Pace, Weather};
use crate::runtime::{Runtime, SimClock};
use course_seats_application::ports::Clock;
use std::sync::Arc;
use std::time::Duration;

/// The way from one replica to everything else.
pub(super) struct SimLine {
    pub(super) runtime: Runtime,
    pub(super) faults: Arc<Faults>,
    pub(super) history: Arc<History>,
    pub(super) clock: SimClock,
    pub(super) replica: usize,
    pub(super) call_limit: Duration,
    pub(super) mail_limit: Duration,
}

impl Line for SimLine {
    fn fate(&self, call: &Call<'_>) -> Fate {
        let now = self.runtime.now();
        let (fault, fate) = self.runtime.dice(|dice| {
            let fault = self.faults.take(call.operation, now, dice);
            (fault, fate(fault, dice))
        });
        self.history.note(now, || {
            let fault = fault.map(|fault| format!(" !! {fault:?}")).unwrap_or_default();
            format!("  {} -> {:?} {}{fault}", self.replica, call.operation, call.about)
        });
        fate
    }

    fn later(&self, after: Duration, act: Box<dyn FnOnce() + Send>) {
        self.runtime.later(after, act);
    }

    fn clock(&self) -> &dyn Clock {
        &self.clock
    }

    fn limit(&self, system: Outside) -> Duration {
        match system {
            Outside::Mail => self.mail_limit,
            Outside::Identity | Outside::Accounting => self.call_limit,
        }
    }
}

/// The way from one replica to the database.
pub(super) struct SimWeather {
    pub(super) runtime: Runtime,
    pub(super) faults: Arc<Faults>,
    pub(super) history: Arc<History>,
    pub(super) replica: usize,
}

impl SimWeather {
    fn note(&self, what: &str) {
        self.history
            .note(self.runtime.now(), || format!("  {} -> database !! {what}", self.replica));
    }
}

impl Weather for SimWeather {
    fn statement(&self, begins: bool) -> Pace {
        if self.faults.database_is_away(self.replica, self.runtime.now()) {
            return Pace::Down;
        }
        if self.faults.take_database(&[DatabaseFault::Statement]).is_some() {
            self.note("a statement fails");
            return Pace::Down;
        }
        // Most statements are answered before anybody else moves.
        self.runtime.dice(|dice| match dice.chance(if begins { 40 } else { 6 }) {
            true => Pace::After(Duration::from_micros(dice.below(2_000))),
            false => Pace::Now,
        })
    }

    fn commit(&self) -> CommitFate {
        if self.faults.database_is_away(self.replica, self.runtime.now()) {
            return CommitFate { written: false, answered: false, ..CommitFate::GOOD };
        }
        let kinds = [DatabaseFault::CommitNotWritten, DatabaseFault::CommitUnheard];
        let fault = self.faults.take_database(&kinds);
        let pause = |dice: &mut crate::dice::Dice| match dice.chance(30) {
            true => Duration::from_micros(dice.below(2_000)),
            false => Duration::ZERO,
        };
        let (before, after) = self.runtime.dice(|dice| (pause(dice), pause(dice)));
        let good = CommitFate { before, after, ..CommitFate::GOOD };
        match fault {
            Some(DatabaseFault::CommitNotWritten) => {
                self.note("a commit is not written");
                CommitFate { written: false, answered: false, ..good }
            }
            Some(_) => {
                self.note("a commit is written and not answered");
                CommitFate { answered: false, ..good }
            }
            None => good,
        }
    }

    fn writer(&self) -> u64 {
        self.runtime.current().map_or(0, crate::runtime::TaskId::number)
    }
}
