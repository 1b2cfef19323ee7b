use crate::dice::Dice;
use crate::memory::{Answer, Effect, Fate, Operation, Outside};
use crate::runtime::lock;
use std::sync::Mutex;
use std::time::Duration;

/// Which calls a fault is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// This operation.
    Operation(Operation),
    /// Any call to this system.
    System(Outside),
    /// Any call that writes.
    AnyWrite,
}

impl Target {
    fn hits(self, operation: Operation) -> bool {
        match self {
            Self::Operation(wanted) => wanted == operation,
            Self::System(system) => operation.system() == system,
            Self::AnyWrite => operation.writes(),
        }
    }
}

/// What goes wrong with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// It cannot be sent.
    Refused,
    /// It is turned down, for now.
    Rejected,
    /// It fails there, and the answer says nothing about the effect.
    ServerError,
    /// It has its effect; the answer is lost.
    AnswerLost,
    /// Nothing happens and nothing is heard.
    Silent,
    /// Nothing is heard, and the effect comes so long after it was sent.
    Late(Duration),
    /// The answer takes so long.
    Slow(Duration),
    /// It is committed so long after it was answered.
    CommitsLate(Duration),
    /// The client panics before anything happens.
    PanicBefore,
    /// The client panics after the effect.
    PanicAfter,
}

/// A fault for the next calls that it fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    /// For which calls.
    pub target: Target,
    /// What goes wrong.
    pub kind: FaultKind,
    /// For how many of them.
    pub times: u32,
}

/// What goes wrong with the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DatabaseFault {
    /// A statement fails.
    Statement,
    /// A commit is not written, and nobody hears so.
    CommitNotWritten,
    /// A commit is written, and nobody hears so.
    CommitUnheard,
}

/// What is going to go wrong.
#[derive(Default)]
pub struct Faults(Mutex<Armed>);

#[derive(Default)]
struct Armed {
    calls: Vec<Fault>,
    database: Vec<DatabaseFault>,
    outages: Vec<(Outage, Duration)>,
}

/// What is away for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outage {
    /// A system outside.
    System(Outside),
    /// The database, for one replica or for both.
    Database(Option<usize>),
}

impl Faults {
    /// The next calls that fit go wrong.
    pub fn arm(&self, fault: Fault) {
        lock(&self.0).calls.push(fault);
    }

    /// The next statement or commit goes wrong.
    pub fn arm_database(&self, fault: DatabaseFault) {
        lock(&self.0).database.push(fault);
    }

    /// Something is away until then.
    pub fn away(&self, outage: Outage, until: Duration) {
        lock(&self.0).outages.push((outage, until));
    }

    /// From now on nothing goes wrong any more. What is on its way still lands.
    pub fn clear(&self) {
        *lock(&self.0) = Armed::default();
    }

    /// Whether the database is away for this replica.
    #[must_use]
    pub fn database_is_away(&self, replica: usize, now: Duration) -> bool {
        lock(&self.0).outages.iter().any(|(outage, until)| {
            now < *until
                && matches!(outage, Outage::Database(who) if who.is_none_or(|who| who == replica))
        })
    }

    /// Takes an armed database fault of one of these kinds.
    pub fn take_database(&self, kinds: &[DatabaseFault]) -> Option<DatabaseFault> {
        let mut armed = lock(&self.0);
        let at = armed.database.iter().position(|fault| kinds.contains(fault))?;
        Some(armed.database.remove(at))
    }

    /// What goes wrong with this call.
    pub fn take(&self, operation: Operation, now: Duration, dice: &mut Dice) -> Option<FaultKind> {
        let mut armed = lock(&self.0);
        let system = Outage::System(operation.system());
        if armed.outages.iter().any(|(outage, until)| *outage == system && now < *until) {
            // An outage has many faces.
            let faces = [FaultKind::Refused, FaultKind::Silent, FaultKind::ServerError];
            return dice.pick(&faces).copied();
        }
        let at = armed.calls.iter().position(|fault| fault.target.hits(operation))?;
        let fault = armed.calls.get_mut(at)?;
        let kind = fault.kind;
        fault.times = fault.times.saturating_sub(1);
        if fault.times == 0 {
            armed.calls.remove(at);
        }
        Some(kind)
    }
}

/// What becomes of a call that meets this fault, or none.
pub(super) fn fate(kind: Option<FaultKind>, dice: &mut Dice) -> Fate {
    let takes = Duration::from_micros(dice.between(1_000, 40_000));
    let arrives = Effect::After(Duration::from_micros(dice.between(1, takes.as_micros() as u64)));
    let good =
        Fate { effect: arrives, takes, answer: Answer::Truth, commits_after: Duration::ZERO };
    match kind {
        None => good,
        Some(FaultKind::Refused) => {
            Fate { effect: Effect::Never, answer: Answer::Unavailable, ..good }
        }
        Some(FaultKind::Rejected) => {
            Fate { effect: Effect::Never, answer: Answer::Rejected, ..good }
        }
        Some(FaultKind::ServerError) => {
            Fate { effect: Effect::Never, answer: Answer::Unknown, ..good }
        }
        Some(FaultKind::AnswerLost) => Fate { answer: Answer::Unknown, ..good },
        Some(FaultKind::Silent) => Fate { effect: Effect::Never, answer: Answer::Silence, ..good },
        Some(FaultKind::Late(after)) => {
            Fate { effect: Effect::After(after), answer: Answer::Silence, ..good }
        }
        Some(FaultKind::Slow(takes)) => {
            let arrives = dice.between(1, takes.as_micros() as u64);
            Fate { effect: Effect::After(Duration::from_micros(arrives)), takes, ..good }
        }
        Some(FaultKind::CommitsLate(commits_after)) => Fate { commits_after, ..good },
        Some(FaultKind::PanicBefore) => {
            Fate { effect: Effect::Never, answer: Answer::Panic, ..good }
        }
        Some(FaultKind::PanicAfter) => Fate { answer: Answer::Panic, ..good },
    }
}
