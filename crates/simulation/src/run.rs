//! One run: the script of a seed is played, and after every episode all becomes quiet and the
//! audit looks.

use crate::audit::{self, how_much_is_open, is_certain, is_quiet, needs_attention, what_is_open};
use crate::history::Keep;
use crate::model::{Episode, Jobs, Left, Move, Promises, Script, What};
use crate::runtime::TaskId;
use crate::world::{FaultKind, Ground, REPLICAS, World};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// How long what is left may take once all works again. With the settings as they are: the pause
/// before the next try (15 s), a call that is still under way (5 s), a template's grant whose outcome
/// is waited for (30 s), and for each saga that waits for another one a few seconds (5 s).
const SETTLES_WITHIN: Duration = Duration::from_secs(60);

/// And after a process died or hung: what it had in backoff is anybody's after the pause, two leases
/// and a reconciler's interval (15 + 40 + 5 s); then the same as ever.
const TAKEN_OVER_WITHIN: Duration = Duration::from_secs(120);

/// How long the late looks may take: three, and three anew for each that had an unknown outcome.
const LOOKS_WITHIN: Duration = Duration::from_secs(20 * 86_400);

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// What came of a run.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// What was found; nothing, if all is well.
    pub findings: Vec<String>,
    /// What happened, if it was to be kept.
    pub history: String,
    /// How much simulated time went by.
    pub simulated: Duration,
    /// How many sagas there were.
    pub sagas: usize,
    /// The longest time from the end of all faults to the end of all sagas.
    pub settled_after: Duration,
    /// How many sagas and mails were open at most when all faults had ended.
    pub left_open: usize,
    /// Sagas that need somebody in the end: money that nobody can tell of.
    pub needs_attention: Vec<String>,
    /// How often a task was polled.
    pub polls: u64,
}

/// Plays a script.
#[must_use]
pub fn run(script: &Script, keep: Keep) -> Report {
    match Play::begin(script, keep) {
        Ok(play) => play.play_all(script),
        Err(why) => Report { findings: vec![why], ..Report::default() },
    }
}

/// Something that the play itself has to do.
enum Cue {
    Item(What),
    /// Whoever asked goes away.
    Leave(TaskId),
    Wake(usize),
    Start(usize),
    /// Somebody else's write that did not get its turn.
    Again(What),
}

struct Play {
    world: World,
    grounds: Vec<Ground>,
    promises: Arc<Promises>,
    jobs: Jobs,
    left: Left,
    /// Somebody may have left something to the late looks: the other service, a job that gives
    /// credits back, a commit that came later than anybody waits for it.
    left_to_looks: bool,
    /// A process died or hung in this episode.
    was_down: bool,
    cues: BTreeMap<(Duration, usize), Cue>,
    cued: usize,
    settled_after: Duration,
    left_open: usize,
}

impl Play {
    fn begin(script: &Script, keep: Keep) -> Result<Self, String> {
        let mut world = World::new(script.seed, script.luck, keep)?;
        for replica in 0..REPLICAS {
            world.start(replica, true);
        }
        let mut grounds = Vec::new();
        for (number, (last_drop, end)) in script.dates.iter().enumerate() {
            let ground = world.ground(number, script.seats, *last_drop, *end);
            grounds.push(ground.ok_or("the ground could not be made")?);
        }
        Ok(Self {
            world,
            grounds,
            promises: Arc::default(),
            jobs: Jobs::default(),
            left: Left::default(),
            left_to_looks: false,
            was_down: false,
            cues: BTreeMap::new(),
            cued: 0,
            settled_after: Duration::ZERO,
            left_open: 0,
        })
    }

    fn play_all(mut self, script: &Script) -> Report {
        let mut findings = Vec::new();
        for episode in &script.episodes {
            self.storm(episode);
            findings = self.quiet(episode);
            if !findings.is_empty() {
                break;
            }
        }
        Report {
            findings,
            history: self.world.history.text(),
            simulated: self.world.runtime.now(),
            sagas: self.world.tables().sagas.len(),
            settled_after: self.settled_after,
            left_open: self.left_open,
            needs_attention: needs_attention(&self.world.tables()),
            polls: self.world.runtime.polls(),
        }
    }

    fn cue(&mut self, at: Duration, cue: Cue) {
        self.cued += 1;
        self.cues.insert((at, self.cued), cue);
    }

    /// Everything happens at its time.
    fn storm(&mut self, episode: &Episode) {
        self.was_down = false;
        let began = self.world.runtime.now();
        for item in episode.items.iter().filter(|item| item.at <= episode.lasts) {
            self.cue(began + item.at, Cue::Item(item.what.clone()));
        }
        let ends = began + episode.lasts;
        while let Some(((at, _), cue)) = self.cues.pop_first() {
            if at > ends {
                // What is left of it belongs to the quiet time.
                self.cues.clear();
                break;
            }
            self.world.runtime.run_until(at);
            self.play(cue);
        }
        self.world.runtime.run_until(ends);
    }

    fn play(&mut self, cue: Cue) {
        match cue {
            Cue::Item(what) | Cue::Again(what) => {
                self.world.note(|| format!("{what:?}"));
                self.happens(what);
            }
            Cue::Leave(task) => self.world.runtime.abandon(task),
            Cue::Wake(replica) => self.wake(replica),
            Cue::Start(replica) => self.world.start(replica, true),
        }
    }

    fn wake(&self, replica: usize) {
        if let Some(process) = self.world.process(replica) {
            self.world.note(|| format!("replica {replica} wakes"));
            self.world.runtime.wake(process);
        }
    }

    fn happens(&mut self, what: What) {
        self.was_down |=
            matches!(what, What::Crash { .. } | What::Pause { .. } | What::Restart { .. });
        let now = self.world.runtime.now();
        match what {
            What::Ask { asks, replica, leaves_after } => {
                let task = self.ask(&asks, replica);
                if let (Some(task), Some(after)) = (task, leaves_after) {
                    self.cue(now + after, Cue::Leave(task));
                }
            }
            What::Fault(fault) => {
                if let FaultKind::CommitsLate(after) = fault.kind {
                    self.left_to_looks |= after >= self.world.settings().grant_patience;
                }
                self.world.faults.arm(fault);
            }
            What::DatabaseFault(fault) => self.world.faults.arm_database(fault),
            What::Outage(outage, lasts) => self.world.faults.away(outage, now + lasts),
            What::Crash { replica, polls, down } => {
                if let Some(process) = self.world.process(replica) {
                    self.world.runtime.kill_after(process, polls);
                    self.cue(now + down, Cue::Start(replica));
                }
            }
            What::Pause { replica, lasts } => {
                if let Some(process) = self.world.process(replica) {
                    self.world.runtime.pause(process);
                    self.cue(now + lasts, Cue::Wake(replica));
                }
            }
            What::Restart { replica, patience } => {
                self.world.ask_to_stop(replica);
                self.cue(now + patience, Cue::Start(replica));
            }
            What::Foreign(foreign) => {
                self.left_to_looks = true;
                if !foreign.act(&self.world, &self.grounds, &mut self.left) {
                    let soon = now + Duration::from_micros(500);
                    self.cue(soon, Cue::Again(What::Foreign(foreign)));
                }
            }
        }
    }

    fn ask(&mut self, asks: &Move, replica: usize) -> Option<TaskId> {
        let live = |pick: u8| {
            let tables = self.world.tables();
            let live: Vec<_> = tables.enrolments.values().filter(|row| row.is_live()).collect();
            live.get(usize::from(pick) % live.len().max(1)).map(|row| row.project)
        };
        match asks {
            Move::Spend { pick, amount } => {
                self.jobs.spend(&self.world, live(*pick)?, *amount);
                None
            }
            Move::Reserve { pick, amounts, lasts } => {
                self.left_to_looks = true;
                self.jobs.reserve(&self.world, live(*pick)?, *amounts, *lasts);
                None
            }
            asks => asks.ask(&self.world, replica, &self.grounds, &self.promises),
        }
    }

    /// Nothing goes wrong any more; what was begun comes to its end. If nothing was ever unknown, the
    /// audit looks at once. Then come the late looks, during which the rest of the episode's faults
    /// happen, and the audit looks again.
    fn quiet(&mut self, episode: &Episode) -> Vec<String> {
        self.world.note(|| "all becomes quiet".into());
        self.world.faults.clear();
        for replica in 0..REPLICAS {
            match self.world.process(replica) {
                Some(process) if self.world.runtime.is_alive(process) => {
                    self.world.runtime.spare(process);
                    self.wake(replica);
                }
                _ => self.world.start(replica, true),
            }
            // One that is being stopped is not there to finish anything.
            if self.world.replica(replica).is_some_and(|it| it.app.is_shutting_down()) {
                self.world.start(replica, true);
            }
        }
        let began = self.world.runtime.now();
        self.left_open =
            self.left_open.max(how_much_is_open(&self.world.tables(), self.world.now()));
        let limit = if self.was_down { TAKEN_OVER_WITHIN } else { SETTLES_WITHIN };
        let settled =
            self.world.until(limit, SECOND, |world| is_quiet(&world.tables(), world.now(), false));
        self.settled_after = self.settled_after.max(self.world.runtime.now() - began);
        if !settled {
            return self.stuck("not settled in time");
        }
        // What was answered and is not committed yet is there within the patience.
        self.world.pass(self.world.settings().grant_patience);
        if !self.left_to_looks && is_certain(&self.world.tables()) {
            let findings = self.audit(true);
            if !findings.is_empty() {
                return findings.into_iter().map(|it| format!("before any look: {it}")).collect();
            }
        }
        self.restart_all(false);
        let looked = self.look_again(began, episode);
        // A day at least, whatever there was to look at: what is late lands within it.
        self.world.runtime.run_until(began + Duration::from_secs(86_400));
        let done = self
            .world
            .until(LOOKS_WITHIN, 10 * MINUTE, |world| is_quiet(&world.tables(), world.now(), true));
        self.world.faults.clear();
        if !looked || !done {
            return self.stuck("not looked at in time");
        }
        let findings = self.audit(false);
        self.restart_all(true);
        findings
    }

    /// Until no look is left. A few calls of them go wrong too; whether they came to an end.
    fn look_again(&mut self, began: Duration, episode: &Episode) -> bool {
        let mut left = episode.items.iter().filter(|item| item.at > episode.lasts).peekable();
        let give_up_at = began + LOOKS_WITHIN;
        let over = |world: &World| is_quiet(&world.tables(), world.now(), true);
        while !over(&self.world) {
            let now = self.world.runtime.now();
            if now >= give_up_at {
                return false;
            }
            while let Some(item) = left.next_if(|item| began + (item.at - episode.lasts) <= now) {
                self.play(Cue::Item(item.what.clone()));
            }
            self.world.pass(10 * MINUTE);
        }
        true
    }

    fn audit(&self, before_looks: bool) -> Vec<String> {
        self.world.note(|| "the audit".into());
        audit::findings(&self.world, &self.left, &self.jobs, &self.promises, before_looks)
    }

    /// Stops both replicas as it should be done, and starts them anew.
    fn restart_all(&mut self, busy: bool) {
        for replica in 0..REPLICAS {
            self.world.ask_to_stop(replica);
        }
        self.world.pass(20 * SECOND);
        for replica in 0..REPLICAS {
            self.world.start(replica, busy);
        }
    }

    fn stuck(&self, what: &str) -> Vec<String> {
        let open = what_is_open(&self.world.tables(), self.world.now());
        open.into_iter().map(|open| format!("{what}: {open}")).collect()
    }
}
