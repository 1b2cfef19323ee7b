//! The simulated world: one database, one outside, two replicas of the real application.

mod faults;
mod ground;
mod line;

pub use faults::{DatabaseFault, Fault, FaultKind, Faults, Outage, Target};
pub(crate) use ground::dates;
pub use ground::{Ground, INSTITUTION, caller, day_profile, owner, student, student_names};

use crate::dice::Dice;
use crate::history::{History, Keep};
use crate::memory::{
    Books, Directory, Mailbox, MemoryAccounting, MemoryDatabase, MemoryIdentity, MemoryMailbox,
    MemoryStore, Tables,
};
use crate::runtime::{ProcessId, Runtime, SimClock, SimEntropy, SimSpawner, lock};
use chrono::{DateTime, TimeDelta, Utc};
use course_seats_application::ports::Clock;
use course_seats_application::settings::Settings;
use course_seats_application::{App, Ports};
use line::{SimLine, SimWeather};
use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How many replicas there are.
pub const REPLICAS: usize = 2;

/// How often reconcilers look by themselves while something happens, and while all is quiet: then
/// only late looks and the daily run are left, and they can wait a little.
const BUSY_INTERVAL: Duration = Duration::from_secs(5);
const QUIET_INTERVAL: Duration = Duration::from_secs(1800);

/// One replica: a process, and the application in it.
#[derive(Clone)]
pub struct Replica {
    /// The process.
    pub process: ProcessId,
    /// The application.
    pub app: Arc<App>,
}

/// Everything.
pub struct World {
    /// The executor.
    pub runtime: Runtime,
    /// The database.
    pub database: Arc<MemoryDatabase>,
    /// The identity provider's.
    pub directory: Arc<Mutex<Directory>>,
    /// The accounting service's.
    pub books: Arc<Mutex<Books>>,
    /// The mail server's.
    pub mailbox: Arc<Mutex<Mailbox>>,
    /// What is going to go wrong.
    pub faults: Arc<Faults>,
    /// What happened.
    pub history: Arc<History>,
    replicas: [Option<Replica>; REPLICAS],
    settings: Settings,
}

impl Drop for World {
    fn drop(&mut self) {
        self.runtime.end();
    }
}

impl World {
    /// An empty world.
    ///
    /// # Errors
    /// If the settings do not parse: a bug.
    pub fn new(seed: u64, luck: u64, keep: Keep) -> Result<Self, String> {
        let schedule = "0 2 * * *".parse().map_err(|error| format!("the schedule: {error}"))?;
        let secret = "a secret for simulations".to_owned().into();
        let mut directory = Directory::default();
        ground::populate(&mut directory);
        Ok(Self {
            runtime: Runtime::new(Dice::new(seed, 2 + luck)),
            database: Arc::new(MemoryDatabase::under(crate::audit::broken_rules)),
            directory: Arc::new(Mutex::new(directory)),
            books: Arc::default(),
            mailbox: Arc::default(),
            faults: Arc::default(),
            history: Arc::new(History::new(keep)),
            replicas: [None, None],
            settings: Settings::with_defaults(owner(), secret, schedule),
        })
    }

    /// The time of day.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        SimClock::new(self.runtime.clone(), TimeDelta::zero()).now()
    }

    /// Everything that is committed.
    #[must_use]
    pub fn tables(&self) -> Tables {
        self.database.tables()
    }

    /// What every replica goes by.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Writes a line into the history.
    pub fn note(&self, what: impl FnOnce() -> String) {
        self.history.note(self.runtime.now(), what);
    }

    /// A replica that is up and not paused.
    #[must_use]
    pub fn replica(&self, number: usize) -> Option<&Replica> {
        let replica = self.replicas.get(number)?.as_ref()?;
        let process = replica.process;
        (self.runtime.is_alive(process) && !self.runtime.is_paused(process)).then_some(replica)
    }

    /// The process of a replica, dead or alive.
    #[must_use]
    pub fn process(&self, number: usize) -> Option<ProcessId> {
        self.replicas.get(number)?.as_ref().map(|replica| replica.process)
    }

    /// Starts a replica anew; what was left of the last one dies.
    pub fn start(&mut self, number: usize, busy: bool) {
        self.kill(number);
        let process = self.runtime.start_process();
        let app = App::new(
            self.ports(number, process),
            Settings {
                reconcile_interval: if busy { BUSY_INTERVAL } else { QUIET_INTERVAL },
                ..self.settings.clone()
            },
        );
        // From within the process: what is spawned belongs to it.
        app.start_reconcilers();
        self.note(|| format!("replica {number} starts"));
        if let Some(place) = self.replicas.get_mut(number) {
            *place = Some(Replica { process, app });
        }
    }

    /// Kills a replica.
    pub fn kill(&mut self, number: usize) {
        if let Some(replica) = self.replicas.get_mut(number).and_then(Option::take) {
            if self.runtime.is_alive(replica.process) {
                self.note(|| format!("replica {number} dies"));
            }
            self.runtime.kill(replica.process);
        }
    }

    /// Asks a replica to stop, as a SIGTERM does. The executor must run for it to happen.
    pub fn ask_to_stop(&self, number: usize) {
        if let Some(replica) = self.replica(number) {
            self.note(|| format!("replica {number} is asked to stop"));
            replica.app.begin_shutdown();
        }
    }

    fn ports(&self, number: usize, process: ProcessId) -> Ports {
        // The clocks of two machines are never quite the same.
        let skew = TimeDelta::milliseconds(if number == 0 { -40 } else { 700 });
        let clock = SimClock::new(self.runtime.clone(), skew);
        let line: Arc<SimLine> = Arc::new(SimLine {
            runtime: self.runtime.clone(),
            faults: Arc::clone(&self.faults),
            history: Arc::clone(&self.history),
            clock: clock.clone(),
            replica: number,
            call_limit: self.settings.outside_timeout,
            mail_limit: self.settings.mail_timeout,
        });
        let weather = Arc::new(SimWeather {
            runtime: self.runtime.clone(),
            faults: Arc::clone(&self.faults),
            history: Arc::clone(&self.history),
            replica: number,
        });
        let its_own_clock = SimClock::new(self.runtime.clone(), TimeDelta::zero());
        let store = MemoryStore::new(Arc::clone(&self.database), Arc::new(its_own_clock), weather);
        Ports {
            store: Arc::new(store),
            identity: Arc::new(MemoryIdentity::new(Arc::clone(&self.directory), line.clone())),
            accounting: Arc::new(MemoryAccounting::new(Arc::clone(&self.books), line.clone())),
            mailer: Arc::new(MemoryMailbox::new(Arc::clone(&self.mailbox), line)),
            clock: Arc::new(clock),
            entropy: Arc::new(SimEntropy::new(self.runtime.clone())),
            spawner: Arc::new(SimSpawner::new(self.runtime.clone(), process)),
        }
    }

    /// Lets time pass.
    pub fn pass(&self, time: Duration) {
        self.runtime.run_until(self.runtime.now() + time);
    }

    /// Lets time pass in steps of `step` until it is so, for at most `limit`. Whether it is.
    pub fn until(&self, limit: Duration, step: Duration, is_so: impl Fn(&Self) -> bool) -> bool {
        let deadline = self.runtime.now() + limit;
        while !is_so(self) {
            if self.runtime.now() >= deadline {
                return false;
            }
            self.pass(step);
        }
        true
    }

    /// Runs something in a replica to its end. `None`: it did not end, or the replica is not up.
    pub fn complete<T: Send + 'static>(
        &self,
        number: usize,
        task: impl Future<Output = T> + Send + 'static,
    ) -> Option<T> {
        let process = self.replica(number)?.process;
        let result = Arc::new(Mutex::new(None));
        let place = Arc::clone(&result);
        let future = async move {
            let value = task.await;
            *lock(&place) = Some(value);
        };
        self.runtime.spawn(process, Box::pin(future));
        self.until(Duration::from_secs(120), Duration::from_millis(5), |_| lock(&result).is_some());
        lock(&result).take()
    }
}
