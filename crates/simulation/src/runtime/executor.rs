use super::lock;
use super::sleep::Sleep;
use super::timers::{Due, Timers};
use crate::dice::Dice;
use futures::future::BoxFuture;
use std::collections::BTreeMap;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

/// A process: what dies, sleeps and wakes as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProcessId(u32);

/// A task of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TaskId(u64);

impl TaskId {
    /// Its number: tasks are counted from the beginning.
    #[must_use]
    pub fn number(self) -> u64 {
        self.0
    }
}

/// The executor. Clones are the same one.
#[derive(Clone)]
pub struct Runtime {
    core: Arc<Core>,
}

struct Core {
    state: Mutex<State>,
    /// Apart from the rest: whoever is dropped may wake somebody.
    ready: Arc<Mutex<Vec<TaskId>>>,
}

struct State {
    now: Duration,
    dice: Dice,
    timers: Timers,
    tasks: BTreeMap<TaskId, Task>,
    tasks_made: u64,
    processes: BTreeMap<ProcessId, Process>,
    processes_made: u32,
    current: Option<(ProcessId, TaskId)>,
    polls: u64,
}

#[derive(Default)]
struct Process {
    paused: bool,
    /// Woken while the process was paused.
    parked: Vec<TaskId>,
    /// It dies when so many more of its tasks were polled.
    dies_after: Option<u64>,
}

struct Task {
    process: ProcessId,
    /// Taken out while it is polled.
    future: Option<BoxFuture<'static, ()>>,
    alarm: Arc<Alarm>,
}

/// Puts a task among the ready ones, once.
struct Alarm {
    task: TaskId,
    ready: Arc<Mutex<Vec<TaskId>>>,
    rung: AtomicBool,
}

impl Wake for Alarm {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.rung.swap(true, Ordering::Relaxed) {
            lock(&self.ready).push(self.task);
        }
    }
}

impl Runtime {
    /// An executor whose order follows `dice`.
    #[must_use]
    pub fn new(dice: Dice) -> Self {
        let state = State {
            now: Duration::ZERO,
            dice,
            timers: Timers::default(),
            tasks: BTreeMap::new(),
            tasks_made: 0,
            processes: BTreeMap::new(),
            processes_made: 0,
            current: None,
            polls: 0,
        };
        Self { core: Arc::new(Core { state: Mutex::new(state), ready: Arc::default() }) }
    }

    /// Simulated time since the beginning.
    #[must_use]
    pub fn now(&self) -> Duration {
        lock(&self.core.state).now
    }

    /// How many polls there were.
    #[must_use]
    pub fn polls(&self) -> u64 {
        lock(&self.core.state).polls
    }

    /// Asks the dice that also decide the order.
    pub fn dice<T>(&self, ask: impl FnOnce(&mut Dice) -> T) -> T {
        ask(&mut lock(&self.core.state).dice)
    }

    /// A new process, without tasks.
    #[must_use]
    pub fn start_process(&self) -> ProcessId {
        let mut state = lock(&self.core.state);
        state.processes_made += 1;
        let id = ProcessId(state.processes_made);
        state.processes.insert(id, Process::default());
        id
    }

    /// Whether a process was not killed.
    #[must_use]
    pub fn is_alive(&self, process: ProcessId) -> bool {
        lock(&self.core.state).processes.contains_key(&process)
    }

    /// Whether a process is paused.
    #[must_use]
    pub fn is_paused(&self, process: ProcessId) -> bool {
        lock(&self.core.state).processes.get(&process).is_some_and(|process| process.paused)
    }

    /// Kills a process: all its tasks are dropped where they wait.
    pub fn kill(&self, process: ProcessId) {
        let gone: Vec<Task> = {
            let mut state = lock(&self.core.state);
            state.processes.remove(&process);
            let ids = state.tasks.iter().filter(|(_, task)| task.process == process);
            let ids: Vec<TaskId> = ids.map(|(id, _)| *id).collect();
            ids.iter().filter_map(|id| state.tasks.remove(id)).collect()
        };
        // Outside of the lock, in the order in which they were made: what is dropped may wake others.
        gone.into_iter().for_each(drop);
    }

    /// The end of the world: nothing lives, and nothing happens any more. Tasks and timers hold their
    /// executor, so without it nobody would ever free them.
    pub fn end(&self) {
        let gone = {
            let mut state = lock(&self.core.state);
            state.processes.clear();
            (std::mem::take(&mut state.tasks), std::mem::take(&mut state.timers))
        };
        drop(gone);
    }

    /// Kills a process once so many more of its tasks were polled: at any await of theirs.
    pub fn kill_after(&self, process: ProcessId, polls: u64) {
        if let Some(process) = lock(&self.core.state).processes.get_mut(&process) {
            process.dies_after = Some(polls);
        }
    }

    /// Takes a death back that was ordered and has not happened.
    pub fn spare(&self, process: ProcessId) {
        if let Some(process) = lock(&self.core.state).processes.get_mut(&process) {
            process.dies_after = None;
        }
    }

    /// Stops polling a process's tasks; time goes on.
    pub fn pause(&self, process: ProcessId) {
        if let Some(process) = lock(&self.core.state).processes.get_mut(&process) {
            process.paused = true;
        }
    }

    /// Goes on with a paused process.
    pub fn wake(&self, process: ProcessId) {
        let parked = match lock(&self.core.state).processes.get_mut(&process) {
            Some(process) => {
                process.paused = false;
                std::mem::take(&mut process.parked)
            }
            None => return,
        };
        lock(&self.core.ready).extend(parked);
    }

    /// Runs a task of a process. A process that was killed runs nothing.
    pub fn spawn(&self, process: ProcessId, future: BoxFuture<'static, ()>) -> Option<TaskId> {
        let mut state = lock(&self.core.state);
        if !state.processes.contains_key(&process) {
            drop(state);
            drop(future);
            return None;
        }
        state.tasks_made += 1;
        let id = TaskId(state.tasks_made);
        let ready = Arc::clone(&self.core.ready);
        let alarm = Arc::new(Alarm { task: id, ready, rung: AtomicBool::new(true) });
        state.tasks.insert(id, Task { process, future: Some(future), alarm });
        lock(&self.core.ready).push(id);
        Some(id)
    }

    /// Drops one task where it waits: its caller has gone away.
    pub fn abandon(&self, task: TaskId) {
        let gone = lock(&self.core.state).tasks.remove(&task);
        drop(gone);
    }

    /// The task that is being polled.
    #[must_use]
    pub fn current(&self) -> Option<TaskId> {
        lock(&self.core.state).current.map(|(_, task)| task)
    }

    /// Something that happens so much later, whoever lives then.
    pub fn later(&self, after: Duration, act: Box<dyn FnOnce() + Send>) {
        let at = self.now() + after;
        self.set_timer(at, Due::Act(act));
    }

    /// Waits for so long in simulated time.
    pub fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + Send + use<> {
        let until = self.now().saturating_add(duration);
        Sleep::until(self.clone(), until)
    }

    pub(super) fn set_timer(&self, at: Duration, due: Due) {
        lock(&self.core.state).timers.set(at, due);
    }

    /// Runs until this moment.
    pub fn run_until(&self, moment: Duration) {
        while self.step(moment) {}
    }

    /// Does one thing: polls a ready task, or lets time jump to the next timer. `false`: there is
    /// nothing to do before `until`, which is now.
    pub fn step(&self, until: Duration) -> bool {
        if let Some(task) = self.next_ready() {
            self.poll(task);
            return true;
        }
        let due = {
            let mut state = lock(&self.core.state);
            match state.timers.pop(until) {
                Some((at, due)) => {
                    state.now = state.now.max(at);
                    due
                }
                None => {
                    state.now = state.now.max(until);
                    return false;
                }
            }
        };
        match due {
            Due::Wake(waker, _) => waker.wake(),
            Due::Act(act) => act(),
        }
        true
    }

    /// A ready task, as the dice will have it; those of paused processes are put aside.
    fn next_ready(&self) -> Option<TaskId> {
        let mut state = lock(&self.core.state);
        let mut ready = lock(&self.core.ready);
        loop {
            let count = ready.len();
            if count == 0 {
                return None;
            }
            let at = if count == 1 { 0 } else { state.dice.below(count as u64) };
            let id = ready.swap_remove(usize::try_from(at).unwrap_or(0));
            let Some(task) = state.tasks.get(&id) else { continue };
            let process = task.process;
            match state.processes.get_mut(&process) {
                Some(process) if process.paused => process.parked.push(id),
                Some(_) => return Some(id),
                None => {}
            }
        }
    }

    fn poll(&self, id: TaskId) {
        let (mut future, alarm, process) = {
            let mut state = lock(&self.core.state);
            state.polls += 1;
            let Some(task) = state.tasks.get_mut(&id) else { return };
            let Some(future) = task.future.take() else { return };
            let (alarm, process) = (Arc::clone(&task.alarm), task.process);
            state.current = Some((process, id));
            (future, alarm, process)
        };
        alarm.rung.store(false, Ordering::Relaxed);
        let waker = Waker::from(alarm);
        let mut context = Context::from_waker(&waker);
        // A panic ends its task and nothing else, as on the runtime that the service runs on.
        let polled = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(&mut context)));
        let (done, dies) = {
            let mut state = lock(&self.core.state);
            state.current = None;
            let goes_on = matches!(polled, Ok(Poll::Pending));
            let done = match state.tasks.get_mut(&id) {
                Some(task) if goes_on => {
                    task.future = Some(future);
                    None
                }
                _ => {
                    state.tasks.remove(&id);
                    Some(future)
                }
            };
            let mut dies = false;
            if let Some(process) = state.processes.get_mut(&process)
                && let Some(left) = &mut process.dies_after
            {
                *left = left.saturating_sub(1);
                dies = *left == 0;
            }
            (done, dies)
        };
        drop(done);
        if dies {
            self.kill(process);
        }
    }
}
