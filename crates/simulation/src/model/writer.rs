use super::foreign::Foreign;
use super::script::{Episode, Item, Move, Script, What};
use crate::dice::Dice;
use crate::memory::{Operation, Outside};
use crate::world::{DatabaseFault, Fault, FaultKind, Outage, REPLICAS, Target};
use chrono::TimeDelta;
use course_seats_domain::group::GroupRole;
use std::time::Duration;

/// Writes scripts. Each seed has a taste of its own, so that some do much of a few things.
pub(super) struct Writer {
    seed: u64,
    pub(super) dice: Dice,
    labs: usize,
    tastes: [u64; 20],
    /// Out of a hundred items, how many are faults of each sort.
    pub(super) faults: u64,
    trouble: u64,
    foreign: u64,
    /// How many stories each episode has.
    stories: u64,
    number: usize,
}

impl Writer {
    pub(super) fn new(seed: u64) -> Self {
        let mut dice = Dice::new(seed, 1);
        // What is done a lot, a little, and not at all.
        let base: [u64; 17] = [16, 9, 12, 14, 1, 1, 4, 1, 7, 2, 2, 3, 2, 1, 2, 4, 4];
        let mut tastes = [0; 20];
        for (taste, weight) in tastes.iter_mut().zip(base) {
            *taste = weight * dice.pick(&[0, 1, 1, 2, 4]).copied().unwrap_or(1);
        }
        // Without students nothing happens at all.
        for (at, least) in [(0, 8), (2, 6), (3, 6)] {
            if let Some(taste) = tastes.get_mut(at) {
                *taste = (*taste).max(least);
            }
        }
        let labs = if dice.chance(40) { 2 } else { 1 };
        let mut faults = dice.pick(&[0, 20, 40, 60]).copied().unwrap_or(40);
        let mut trouble = dice.pick(&[0, 5, 10, 20]).copied().unwrap_or(5);
        let mut foreign = dice.pick(&[0, 0, 3, 10]).copied().unwrap_or(0);
        // Some days nothing goes wrong at all.
        if dice.chance(8) {
            (faults, trouble, foreign) = (0, 0, 0);
            if let Some(reserve) = tastes.get_mut(16) {
                *reserve = 0;
            }
        }
        // On a day without faults a story may leave nothing to the late looks.
        let stories = dice.pick(&[0, 0, 1, 2]).copied().unwrap_or(0);
        Self { seed, dice, labs, tastes, faults, trouble, foreign, stories, number: 0 }
    }

    /// The same, but nothing goes wrong of which the script does not say so.
    pub(super) fn calm(seed: u64) -> Self {
        Self { faults: 0, trouble: 0, foreign: 0, stories: 0, ..Self::new(seed) }
    }

    pub(super) fn script(mut self) -> Script {
        let seats = u8::try_from(self.dice.between(3, 10)).unwrap_or(4);
        let dates = (0..self.labs).map(|_| self.spans()).collect();
        let count = if self.dice.chance(30) { 2 } else { 1 };
        let episodes = (0..count).map(|_| self.episode()).collect();
        self.written(seats, dates, episodes)
    }

    /// A busy quarter of an hour, the outage in the middle of a burst, now and then something all day
    /// long, and again much right before it is over.
    pub(super) fn outage(mut self, outage: Outage) -> Script {
        // Courses that go on when it is over.
        let dates = vec![(9_000, 20_000); self.labs];
        let lasts = Duration::from_secs(86_400) + self.seconds(900, 1800);
        let begins = self.seconds(600, 900);
        let mut items = vec![(begins, What::Outage(outage, lasts))];
        // Somebody is in the middle of something then.
        let slow = FaultKind::Slow(Duration::from_secs(1));
        items.extend([Outside::Identity, Outside::Accounting].map(|system| {
            let fault = Fault { target: Target::System(system), kind: slow, times: 10 };
            (begins - Duration::from_secs(2), What::Fault(fault))
        }));
        let (burst, end) = (begins.as_secs(), lasts.as_secs() - 1);
        let times =
            [(60, 0, 900), (20, burst - 2, burst + 1), (20, 900, end), (20, end - 120, end)];
        for (count, from, to) in times {
            for _ in 0..count {
                items.push((self.seconds(from, to), self.ask()));
            }
        }
        items.sort_by_key(|(at, _)| *at);
        let numbered = items.into_iter().enumerate();
        let items = numbered.map(|(number, (at, what))| Item { number, at, what }).collect();
        self.written(20, dates, vec![Episode { lasts, items }])
    }

    fn written(self, seats: u8, dates: Vec<(i64, i64)>, episodes: Vec<Episode>) -> Script {
        let minutes =
            |(last_drop, end): (i64, i64)| (TimeDelta::minutes(last_drop), TimeDelta::minutes(end));
        let dates = dates.into_iter().map(minutes).collect();
        Script { seed: self.seed, luck: 0, labs: self.labs, seats, dates, episodes }
    }

    /// Minutes to a last drop date and to an end.
    fn spans(&mut self) -> (i64, i64) {
        match self.dice.below(4) {
            0 => (self.minutes(1, 10), self.minutes(5, 40)),
            1 => (self.minutes(1, 10), 10_000),
            _ => (9_000, 20_000),
        }
    }

    fn minutes(&mut self, low: u64, high: u64) -> i64 {
        i64::try_from(self.dice.between(low, high)).unwrap_or(1)
    }

    fn episode(&mut self) -> Episode {
        let lasts = match self.dice.below(3) {
            0 => self.seconds(20, 90),
            1 => self.seconds(60, 300),
            _ => self.seconds(300, 1200),
        };
        let count = self.dice.between(10, 120);
        let mut moments: Vec<u64> =
            (0..count).map(|_| self.dice.below(lasts.as_micros() as u64)).collect();
        // Things come in bursts.
        let bursts: Vec<u64> = (0..4).filter_map(|_| self.dice.pick(&moments).copied()).collect();
        for moment in &mut moments {
            if self.dice.chance(60) {
                let burst = self.dice.pick(&bursts).copied().unwrap_or(0);
                *moment = burst + self.dice.below(3_000_000);
            }
        }
        let mut all = Vec::new();
        for moment in moments {
            let at = Duration::from_micros(moment);
            all.extend(self.happens().into_iter().map(|what| (at, what)));
        }
        for _ in 0..self.stories {
            let at = Duration::from_micros(self.dice.below(lasts.as_micros() as u64));
            all.extend(self.story().into_iter().map(|(after, what)| (at + after, what)));
        }
        all.retain(|(at, _)| *at <= lasts);
        all.extend(self.quiet_faults(lasts));
        all.sort_by_key(|(at, _)| *at);
        let mut items = Vec::new();
        for (at, what) in all {
            items.push(Item { number: self.number, at, what });
            self.number += 1;
        }
        Episode { lasts, items }
    }

    /// Faults that the late looks meet, sooner or later; few, so that looks come to an end.
    fn quiet_faults(&mut self, lasts: Duration) -> Vec<(Duration, What)> {
        if self.faults == 0 || self.dice.chance(40) {
            return Vec::new();
        }
        let count = self.dice.between(1, 4);
        (0..count).map(|_| (lasts + self.seconds(1, 90_000), self.fault())).collect()
    }

    fn happens(&mut self) -> Vec<What> {
        let roll = self.dice.below(100);
        if roll < self.trouble {
            return vec![self.trouble()];
        }
        if roll < self.trouble + self.foreign {
            return vec![What::Foreign(Foreign::any(&mut self.dice, self.labs))];
        }
        let mut these = Vec::new();
        if self.dice.chance(self.faults) {
            these.push(self.fault());
            if self.dice.chance(30) {
                these.push(self.fault());
            }
        }
        these.push(self.ask());
        these
    }

    fn ask(&mut self) -> What {
        let asks = self.a_move();
        let replica = usize::from(self.dice.chance(50)) % REPLICAS;
        let leaves_after =
            self.dice.chance(15).then(|| Duration::from_micros(self.dice.below(8_000_000)));
        What::Ask { asks, replica, leaves_after }
    }

    fn a_move(&mut self) -> Move {
        let total: u64 = self.tastes.iter().sum();
        let mut roll = self.dice.below(total);
        let mut choice = 0;
        for (at, taste) in self.tastes.iter().enumerate() {
            if roll < *taste {
                choice = at;
                break;
            }
            roll -= taste;
        }
        let lab = self.lab();
        let pick = self.byte(16);
        match choice {
            0 => {
                let count = self.dice.between(1, 3);
                Move::Assign { lab, picks: (0..count).map(|_| self.byte(250)).collect() }
            }
            1 => {
                let count = self.dice.between(1, 2);
                Move::Drop { lab, picks: (0..count).map(|_| self.byte(250)).collect() }
            }
            2 => Move::Claim { pick, user: self.byte(6) },
            3 => Move::Activate { pick: self.byte(250) },
            4 => Move::Void { lab },
            5 => Move::Delete { lab },
            6 => {
                let template = usize::from(self.byte(2));
                Move::CreateCourse { lab, template, minutes: self.spans() }
            }
            7 => Move::ActivateCourse { lab },
            8 => Move::Provision { lab, seats: self.byte(4) + 1 },
            9 => Move::Transfer { from: lab, seats: u32::from(self.byte(3)) },
            10 => Move::Invite { lab, user: self.byte(10), role: self.role() },
            11 => Move::Accept { pick },
            12 => Move::Expire,
            13 => Move::CreateLab { name: self.byte(3) },
            14 => Move::CreateProject { lab, name: self.byte(12) },
            15 => Move::Spend {
                pick,
                amount: self.dice.pick(&[1, 49, 50, 120]).copied().unwrap_or(1),
            },
            _ => {
                let reserved = self.dice.pick(&[10, 60, 200]).copied().unwrap_or(10);
                let spent = u32::try_from(self.dice.below(u64::from(reserved) + 1)).unwrap_or(0);
                let lasts = if self.dice.chance(70) {
                    self.seconds(1, 120)
                } else {
                    self.seconds(600, 60_000)
                };
                Move::Reserve { pick, amounts: (reserved, spent), lasts }
            }
        }
    }

    fn fault(&mut self) -> What {
        if self.dice.chance(20) {
            let kinds = [
                DatabaseFault::Statement,
                DatabaseFault::CommitNotWritten,
                DatabaseFault::CommitUnheard,
                DatabaseFault::CommitUnheard,
            ];
            let kind = self.dice.pick(&kinds).copied().unwrap_or(DatabaseFault::Statement);
            return What::DatabaseFault(kind);
        }
        let target = match self.dice.below(10) {
            0 => Target::AnyWrite,
            1 => Target::System(self.system()),
            _ => {
                let operation = self.dice.pick(Operation::ALL).copied();
                Target::Operation(operation.unwrap_or(Operation::Grant))
            }
        };
        let kind = match self.dice.below(13) {
            0 => FaultKind::Refused,
            1 if target != Target::Operation(Operation::Send) => FaultKind::Rejected,
            2 => FaultKind::ServerError,
            3 | 4 => FaultKind::AnswerLost,
            5 => FaultKind::Silent,
            6 | 7 => FaultKind::Late(self.lateness()),
            8 => FaultKind::Slow(Duration::from_micros(self.dice.between(50_000, 8_000_000))),
            9 | 10 => FaultKind::CommitsLate(self.commits_after()),
            11 => FaultKind::PanicBefore,
            _ => FaultKind::PanicAfter,
        };
        let times =
            u32::try_from(self.dice.pick(&[1, 1, 1, 2, 3, 8]).copied().unwrap_or(1)).unwrap_or(1);
        What::Fault(Fault { target, kind, times })
    }

    /// From within the call's own time limit to most of a day.
    fn lateness(&mut self) -> Duration {
        match self.dice.below(4) {
            0 => self.seconds(1, 10),
            1 => self.seconds(5, 60),
            2 => self.seconds(60, 900),
            _ => self.seconds(600, 72_000),
        }
    }

    /// Most often within the patience that is had with it.
    fn commits_after(&mut self) -> Duration {
        let longest = if self.dice.chance(10) { 20_000_000 } else { 4_500_000 };
        Duration::from_micros(self.dice.between(1_000, longest))
    }

    fn trouble(&mut self) -> What {
        let replica = usize::from(self.dice.chance(50)) % REPLICAS;
        match self.dice.below(10) {
            0 | 1 => {
                let system = self.system();
                What::Outage(Outage::System(system), self.seconds(1, 120))
            }
            2 => {
                let whose = self.dice.chance(50).then_some(replica);
                What::Outage(Outage::Database(whose), self.seconds(1, 60))
            }
            3 => What::Restart { replica, patience: self.seconds(1, 60) },
            4..=6 => What::Pause { replica, lasts: self.seconds(1, 90) },
            _ => {
                What::Crash { replica, polls: self.dice.between(1, 120), down: self.seconds(1, 60) }
            }
        }
    }

    pub(super) fn lab(&mut self) -> usize {
        usize::try_from(self.dice.below(self.labs as u64)).unwrap_or(0)
    }

    pub(super) fn byte(&mut self, end: u64) -> u8 {
        u8::try_from(self.dice.below(end)).unwrap_or(0)
    }

    fn system(&mut self) -> Outside {
        let systems = [Outside::Identity, Outside::Accounting, Outside::Mail];
        self.dice.pick(&systems).copied().unwrap_or(Outside::Identity)
    }

    fn role(&mut self) -> GroupRole {
        if self.dice.chance(70) { GroupRole::Member } else { GroupRole::Admin }
    }

    pub(super) fn seconds(&mut self, low: u64, high: u64) -> Duration {
        Duration::from_micros(self.dice.between(low * 1_000_000, high * 1_000_000))
    }
}
