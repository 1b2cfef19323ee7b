use crate::runtime::lock;
use course_seats_application::ports::{Clock, Lease, PortError};
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A system outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Outside {
    /// The identity provider.
    Identity,
    /// The accounting service.
    Accounting,
    /// The mail server.
    Mail,
}

macro_rules! operations {
    ($($(#[$doc:meta])* $name:ident: $system:ident, $writes:literal;)*) => {
        /// What can be asked of a system outside.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Operation {
            $($(#[$doc])* $name,)*
        }

        impl Operation {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Whose it is.
            #[must_use]
            pub fn system(self) -> Outside {
                match self {
                    $(Self::$name => Outside::$system,)*
                }
            }

            /// Whether it may change something.
            #[must_use]
            pub fn writes(self) -> bool {
                match self {
                    $(Self::$name => $writes,)*
                }
            }
        }
    };
}

operations! {
    /// Who holds a token.
    Authenticate: Identity, false;
    /// Makes a group.
    CreateGroup: Identity, true;
    /// Looks a group up.
    FindGroup: Identity, false;
    /// Lists groups.
    Groups: Identity, false;
    /// Deletes a group.
    DeleteGroup: Identity, true;
    /// Lists members.
    Members: Identity, false;
    /// Puts a user into a group.
    Join: Identity, true;
    /// Takes a user out of a group.
    Leave: Identity, true;
    /// Looks a user up.
    User: Identity, false;
    /// Whether it answers.
    Ready: Identity, false;
    /// Opens a lab's account.
    OpenLab: Accounting, true;
    /// Opens a project's account.
    OpenProject: Accounting, true;
    /// Grants credits.
    Grant: Accounting, true;
    /// What a project has left.
    ProjectBalance: Accounting, false;
    /// What a lab has left.
    LabBalance: Accounting, false;
    /// Takes a project's credits back.
    DepleteProject: Accounting, true;
    /// Takes a lab's credits back.
    DepleteLab: Accounting, true;
    /// Sends a mail.
    Send: Mail, true;
}

/// One call that is about to be sent.
pub struct Call<'a> {
    /// What is asked.
    pub operation: Operation,
    /// On what, for the history.
    pub about: &'a (dyn fmt::Display + Sync),
}

/// Whether and when a call has its effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Never.
    Never,
    /// So long after it was sent, whoever lives then.
    After(Duration),
}

/// What the caller hears.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// What came of it.
    Truth,
    /// That it could not be sent.
    Unavailable,
    /// That it will not be done.
    Rejected,
    /// Something that says nothing about the effect.
    Unknown,
    /// Nothing, until the time limit.
    Silence,
    /// The client's own code panics over the answer.
    Panic,
}

/// What becomes of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fate {
    /// Whether and when it has its effect.
    pub effect: Effect,
    /// How long the caller waits.
    pub takes: Duration,
    /// What he hears.
    pub answer: Answer,
    /// How long after the effect it is committed, where that is not the same.
    pub commits_after: Duration,
}

impl Fate {
    /// All goes well, at once.
    pub const GOOD: Self = Self {
        effect: Effect::After(Duration::ZERO),
        takes: Duration::ZERO,
        answer: Answer::Truth,
        commits_after: Duration::ZERO,
    };
}

/// The way from one process to the systems outside, and their own time.
pub trait Line: Send + Sync {
    /// What becomes of a call that is sent now.
    fn fate(&self, call: &Call<'_>) -> Fate;

    /// Something that happens in a system so much later, whoever lives then.
    fn later(&self, after: Duration, act: Box<dyn FnOnce() + Send>);

    /// The process's clock.
    fn clock(&self) -> &dyn Clock;

    /// How long one call may last.
    fn limit(&self, system: Outside) -> Duration;
}

/// A call that changes something, in the order of a real client: the lease is checked last, then
/// the call is on its way. `effect` is the system's own side of it; it is told how long after it
/// the change is committed.
pub(super) async fn write<T: Send + 'static>(
    line: &dyn Line,
    call: Call<'_>,
    lease: Option<&Lease>,
    effect: impl FnOnce(Duration) -> Result<T, PortError> + Send + 'static,
) -> Result<T, PortError> {
    let limit = line.limit(call.operation.system());
    if lease.is_some_and(|lease| !lease.covers(line.clock().monotonic(), limit)) {
        return Err(PortError::Unavailable("the lease is too short".into()));
    }
    let fate = line.fate(&call);
    let commits_after = fate.commits_after;
    let heard = Arc::new(Mutex::new(None));
    match fate.effect {
        Effect::Never => {}
        Effect::After(Duration::ZERO) => *lock(&heard) = Some(effect(commits_after)),
        Effect::After(after) => {
            let heard = Arc::clone(&heard);
            line.later(after, Box::new(move || *lock(&heard) = Some(effect(commits_after))));
        }
    }
    let silent = fate.answer == Answer::Silence || fate.takes > limit;
    let takes = if silent { limit } else { fate.takes };
    if !takes.is_zero() {
        line.clock().sleep(takes).await;
    }
    if silent {
        return Err(PortError::Unknown("no answer in time".into()));
    }
    match fate.answer {
        Answer::Truth => lock(&heard).take().unwrap_or_else(|| Err(unknown())),
        Answer::Unavailable => Err(PortError::Unavailable("could not connect".into())),
        Answer::Rejected => Err(PortError::Rejected("HTTP 400".into())),
        Answer::Unknown | Answer::Silence => Err(unknown()),
        // Not `panic!`: the hook would print thousands of them.
        Answer::Panic => std::panic::resume_unwind(Box::new("a panic, as the seed wants it")),
    }
}

/// A call that only looks: before it has waited, or after.
pub(super) async fn read<T>(
    line: &dyn Line,
    call: Call<'_>,
    look: impl FnOnce() -> Result<T, PortError>,
) -> Result<T, PortError> {
    let limit = line.limit(call.operation.system());
    let fate = line.fate(&call);
    let silent = fate.answer == Answer::Silence || fate.takes > limit;
    let takes = if silent { limit } else { fate.takes };
    // The moment at which it looks is that at which a write would have its effect.
    let early = fate.effect == Effect::After(Duration::ZERO);
    if !early && !takes.is_zero() {
        line.clock().sleep(takes).await;
    }
    let seen = look();
    if early && !takes.is_zero() {
        line.clock().sleep(takes).await;
    }
    match fate.answer {
        Answer::Truth if !silent => seen,
        Answer::Panic => std::panic::resume_unwind(Box::new("a panic, as the seed wants it")),
        Answer::Rejected => Err(PortError::Rejected("HTTP 400".into())),
        _ => Err(PortError::Unavailable("no answer".into())),
    }
}

fn unknown() -> PortError {
    PortError::Unknown("HTTP 500".into())
}

/// A line on which all goes well, at once.
pub struct CalmLine<C>(pub C);

impl<C: Clock> Line for CalmLine<C> {
    fn fate(&self, _: &Call<'_>) -> Fate {
        Fate::GOOD
    }

    fn later(&self, _: Duration, act: Box<dyn FnOnce() + Send>) {
        act();
    }

    fn clock(&self) -> &dyn Clock {
        &self.0
    }

    fn limit(&self, _: Outside) -> Duration {
        Duration::from_secs(5)
    }
}
