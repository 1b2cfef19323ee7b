//! The executor: its order, its time, and how processes die, sleep and wake.
#![expect(clippy::unwrap_used, reason = "a failed check panics")]

use course_seats_simulation::dice::Dice;
use course_seats_simulation::runtime::{ProcessId, Runtime};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

type Log = Arc<Mutex<Vec<u32>>>;

fn runtime(seed: u64) -> (Runtime, ProcessId, Log) {
    let runtime = Runtime::new(Dice::new(seed, 0));
    let process = runtime.start_process();
    (runtime, process, Log::default())
}

/// A task that sleeps so long, and then says its number.
fn sleeper(runtime: &Runtime, process: ProcessId, log: &Log, number: u32, sleeps: Duration) {
    let (sleep, log) = (runtime.sleep(sleeps), Arc::clone(log));
    runtime.spawn(
        process,
        Box::pin(async move {
            sleep.await;
            log.lock().unwrap().push(number);
        }),
    );
}

fn said(log: &Log) -> Vec<u32> {
    log.lock().unwrap().clone()
}

#[test]
fn time_jumps_to_the_next_timer() {
    let (runtime, process, log) = runtime(1);
    sleeper(&runtime, process, &log, 2, 3600 * SECOND);
    sleeper(&runtime, process, &log, 1, SECOND);
    runtime.run_until(2 * SECOND);
    assert_eq!((said(&log), runtime.now()), (vec![1], 2 * SECOND));
    runtime.run_until(86_400 * SECOND);
    assert_eq!((said(&log), runtime.now()), (vec![1, 2], 86_400 * SECOND));
}

#[test]
fn the_seed_decides_the_order() {
    let order = |seed| {
        let (runtime, process, log) = runtime(seed);
        for number in 0..8 {
            sleeper(&runtime, process, &log, number, SECOND);
        }
        runtime.run_until(2 * SECOND);
        said(&log)
    };
    assert_eq!(order(1), order(1));
    assert!((2..20).any(|seed| order(seed) != order(1)));
}

#[test]
fn a_killed_process_is_dropped_where_it_waits() {
    struct Drops(Log);
    impl Drop for Drops {
        fn drop(&mut self) {
            self.0.lock().unwrap().push(9);
        }
    }
    let (runtime, process, log) = runtime(1);
    let (sleep, drops) = (runtime.sleep(10 * SECOND), Drops(Arc::clone(&log)));
    runtime.spawn(
        process,
        Box::pin(async move {
            sleep.await;
            drops.0.lock().unwrap().push(1);
        }),
    );
    let other = runtime.start_process();
    sleeper(&runtime, other, &log, 2, 20 * SECOND);
    runtime.run_until(SECOND);
    runtime.kill(process);
    assert!(!runtime.is_alive(process));
    assert_eq!(said(&log), [9]);
    assert_eq!(runtime.spawn(process, Box::pin(async {})), None);
    runtime.run_until(30 * SECOND);
    assert_eq!(said(&log), [9, 2]);
}

#[test]
fn a_process_dies_after_so_many_polls() {
    let (runtime, process, log) = runtime(1);
    for number in 1..=4 {
        sleeper(&runtime, process, &log, number, number * SECOND);
    }
    runtime.run_until(SECOND / 2);
    runtime.kill_after(process, 2);
    runtime.run_until(10 * SECOND);
    assert_eq!(said(&log), [1, 2]);
    assert!(!runtime.is_alive(process));
}

#[test]
fn a_paused_process_sleeps_while_time_goes_on() {
    let (runtime, process, log) = runtime(1);
    sleeper(&runtime, process, &log, 1, SECOND);
    runtime.run_until(SECOND / 2);
    runtime.pause(process);
    runtime.run_until(10 * SECOND);
    assert!(said(&log).is_empty());
    runtime.wake(process);
    runtime.run_until(10 * SECOND);
    assert_eq!(said(&log), [1]);
}

#[test]
fn a_panic_ends_its_task_and_nothing_else() {
    let (runtime, process, log) = runtime(1);
    let quiet = async { std::panic::resume_unwind(Box::new("a panic")) };
    runtime.spawn(process, Box::pin(quiet));
    sleeper(&runtime, process, &log, 1, SECOND);
    runtime.run_until(2 * SECOND);
    assert_eq!(said(&log), [1]);
}

#[test]
fn what_happens_later_happens_whoever_lives() {
    let (runtime, process, log) = runtime(1);
    let shared = Arc::clone(&log);
    runtime.later(SECOND, Box::new(move || shared.lock().unwrap().push(1)));
    runtime.kill(process);
    runtime.run_until(2 * SECOND);
    assert_eq!(said(&log), [1]);
}

#[test]
fn a_task_whose_caller_goes_away_is_dropped() {
    let (runtime, process, log) = runtime(1);
    let (sleep, shared) = (runtime.sleep(SECOND), Arc::clone(&log));
    let task = runtime.spawn(
        process,
        Box::pin(async move {
            sleep.await;
            shared.lock().unwrap().push(1);
        }),
    );
    runtime.run_until(SECOND / 2);
    runtime.abandon(task.unwrap());
    runtime.run_until(2 * SECOND);
    assert!(said(&log).is_empty());
}
