use std::time::Duration;

/// What becomes of one statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// It is answered at once.
    Now,
    /// It takes so long.
    After(Duration),
    /// The database does not answer.
    Down,
}

/// What becomes of one commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CommitFate {
    /// How long until it is written.
    pub before: Duration,
    /// Whether it is written.
    pub written: bool,
    /// How long until the answer.
    pub after: Duration,
    /// Whether the answer arrives.
    pub answered: bool,
}

impl CommitFate {
    /// Written and answered at once.
    pub const GOOD: Self =
        Self { before: Duration::ZERO, written: true, after: Duration::ZERO, answered: true };
}

/// What goes wrong between one process and the database.
pub trait Weather: Send + Sync {
    /// The next statement; `begins`: it begins a transaction.
    fn statement(&self, begins: bool) -> Pace;

    /// The next commit.
    fn commit(&self) -> CommitFate;

    /// Who is writing, to tell afterwards who opened a saga.
    fn writer(&self) -> u64;
}

/// All goes well, at once.
pub struct CalmWeather;

impl Weather for CalmWeather {
    fn statement(&self, _: bool) -> Pace {
        Pace::Now
    }

    fn commit(&self) -> CommitFate {
        CommitFate::GOOD
    }

    fn writer(&self) -> u64 {
        0
    }
}
