use super::foreign::Foreign;
use super::writer::Writer;
use crate::world::{DatabaseFault, Fault, Outage};
use chrono::TimeDelta;
use course_seats_domain::group::GroupRole;
use std::time::Duration;

/// What a user asks for. Numbers pick among what is there when it is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Move {
    /// Seats for these students in the course on this lab.
    Assign {
        /// The lab.
        lab: usize,
        /// Which students: most of them not enrolled yet.
        picks: Vec<u8>,
    },
    /// Some of its students are dropped.
    Drop {
        /// The lab.
        lab: usize,
        /// Which of the seats that somebody sits on; some of those who were dropped before.
        picks: Vec<u8>,
    },
    /// Somebody claims an enrolment that nobody has claimed.
    Claim {
        /// Which.
        pick: u8,
        /// Who.
        user: u8,
    },
    /// Somebody signs in.
    Activate {
        /// Which of those who wait for it; some who do not.
        pick: u8,
    },
    /// A course is voided.
    Void {
        /// Its lab.
        lab: usize,
    },
    /// A course is deleted; voided, if it is active.
    Delete {
        /// Its lab.
        lab: usize,
    },
    /// A course is made anew on a lab that has none, and activated; its seats come later.
    CreateCourse {
        /// The lab.
        lab: usize,
        /// Which of its templates.
        template: usize,
        /// Minutes from now to its last drop date, and to its end.
        minutes: (i64, i64),
    },
    /// A course is activated.
    ActivateCourse {
        /// Its lab.
        lab: usize,
    },
    /// Seats are provisioned.
    Provision {
        /// The course's lab.
        lab: usize,
        /// How many.
        seats: u8,
    },
    /// Seats move to the course on another lab.
    Transfer {
        /// From the course on this lab to that on another.
        from: usize,
        /// How many; 0: all.
        seats: u32,
    },
    /// Somebody is invited into a lab.
    Invite {
        /// The lab.
        lab: usize,
        /// Who.
        user: u8,
        /// As what.
        role: GroupRole,
    },
    /// Somebody follows the link in an invitation.
    Accept {
        /// Which of the invitations that arrived.
        pick: u8,
    },
    /// An operator runs the daily job now.
    Expire,
    /// Somebody makes a lab.
    CreateLab {
        /// Its number.
        name: u8,
    },
    /// Somebody makes a project.
    CreateProject {
        /// The lab.
        lab: usize,
        /// Its number: some are those of students.
        name: u8,
    },
    /// A job of a student's project costs so much.
    Spend {
        /// Which enrolment.
        pick: u8,
        /// How much.
        amount: u32,
    },
    /// A job of a student's project reserves credits, and gives some of them back at its end.
    Reserve {
        /// Which enrolment.
        pick: u8,
        /// How much it reserves, and how much of that it spends.
        amounts: (u32, u32),
        /// How long it runs.
        lasts: Duration,
    },
}

/// What happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A user asks for something.
    Ask {
        /// For what.
        asks: Move,
        /// Which replica.
        replica: usize,
        /// When he goes away, if he does not wait for the answer.
        leaves_after: Option<Duration>,
    },
    /// The next calls that fit go wrong.
    Fault(Fault),
    /// The next statement or commit goes wrong.
    DatabaseFault(DatabaseFault),
    /// Something is away for a while.
    Outage(Outage, Duration),
    /// A replica dies at some await, and is started again.
    Crash {
        /// Which.
        replica: usize,
        /// After so many polls.
        polls: u64,
        /// For how long it is gone.
        down: Duration,
    },
    /// A replica hangs, and wakes.
    Pause {
        /// Which.
        replica: usize,
        /// For how long.
        lasts: Duration,
    },
    /// A replica is stopped as it should be, and started again.
    Restart {
        /// Which.
        replica: usize,
        /// When it is killed if it has not stopped by then.
        patience: Duration,
    },
    /// The other service writes to the same rows.
    Foreign(Foreign),
}

/// One thing that happens, and when in its episode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Its number in the script.
    pub number: usize,
    /// When.
    pub at: Duration,
    /// What.
    pub what: What,
}

/// A time in which things happen, before it becomes quiet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Episode {
    /// How long.
    pub lasts: Duration,
    /// What happens, in order. What comes after it has become quiet are faults of the late looks.
    pub items: Vec<Item>,
}

/// Everything that a seed has in store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// The seed.
    pub seed: u64,
    /// Another luck on the same script: who is first, how long things take. Zero, unless a
    /// shrinking found that another one fails with fewer items.
    pub luck: u64,
    /// How many labs there are.
    pub labs: usize,
    /// How many seats each first course has.
    pub seats: u8,
    /// From now to the first courses' last drop dates and ends.
    pub dates: Vec<(TimeDelta, TimeDelta)>,
    /// What happens.
    pub episodes: Vec<Episode>,
}

impl Script {
    /// The script of a seed.
    #[must_use]
    pub fn of(seed: u64) -> Self {
        Writer::new(seed).script()
    }

    /// Users at work, as the seed wants it, while something is away for a day and nothing else goes
    /// wrong. It is back when it becomes quiet.
    #[must_use]
    pub fn outage(seed: u64, outage: Outage) -> Self {
        Writer::calm(seed).outage(outage)
    }

    /// How many items it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.episodes.iter().map(|episode| episode.items.len()).sum()
    }

    /// Whether nothing happens.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The same with these items only. Episodes stay as long as they are.
    #[must_use]
    pub fn only(&self, keep: impl Fn(usize) -> bool) -> Self {
        let mut script = self.clone();
        for episode in &mut script.episodes {
            episode.items.retain(|item| keep(item.number));
        }
        // A quiet time after nothing is worth nothing.
        while script.episodes.len() > 1
            && script.episodes.last().is_some_and(|it| it.items.is_empty())
        {
            script.episodes.pop();
        }
        script
    }
}
