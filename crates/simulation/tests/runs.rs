//! Whole runs.

use course_seats_simulation::history::Keep;
use course_seats_simulation::memory::Operation;
use course_seats_simulation::model::{Item, Script, What};
use course_seats_simulation::run::run;
use course_seats_simulation::shrink::shrink;
use course_seats_simulation::world::{Fault, FaultKind, Target};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// How many seeds a test run takes; `scripts/test` has no time for all of them.
const SEEDS: u64 = 300;

const DAY: Duration = Duration::from_secs(86_400);

#[test]
fn nothing_is_found_in_a_few_hundred_seeds() {
    let next = AtomicU64::new(1);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        let play = || {
            loop {
                let seed = next.fetch_add(1, Ordering::Relaxed);
                if seed > SEEDS {
                    return;
                }
                let report = run(&Script::of(seed), Keep::Nothing);
                assert!(
                    report.findings.is_empty(),
                    "replay: cargo run --profile simulation -p course-seats-simulation -- \
                     --seed {seed}\n{:#?}",
                    report.findings
                );
                assert!(report.simulated >= DAY, "seed {seed}: less than a simulated day");
            }
        };
        let players: Vec<_> = (0..threads).map(|_| scope.spawn(play)).collect();
        for player in players {
            assert!(player.join().is_ok(), "a seed failed");
        }
    });
}

#[test]
fn the_same_seed_gives_the_same_run_byte_for_byte() {
    for seed in [3, 14, 15, 92, 65] {
        let play = move || run(&Script::of(seed), Keep::Text).history;
        // On another thread: nothing may hang on where it runs, or on what ran there before.
        let (here, there) = (play(), std::thread::spawn(play).join().unwrap());
        assert!(here.lines().count() > 100, "seed {seed} did next to nothing");
        assert!(here == there, "seed {seed} gave two runs");
    }
    let [one, other] = [1, 2].map(|seed| run(&Script::of(seed), Keep::Text).history);
    assert_ne!(one, other);
}

#[test]
fn the_history_does_not_change_what_happens() {
    let [silent, told] = [Keep::Nothing, Keep::Text].map(|keep| run(&Script::of(7), keep));
    assert_eq!((silent.polls, silent.sagas), (told.polls, told.sagas));
    assert_eq!(silent.simulated, told.simulated);
}

#[test]
fn what_fails_is_found_and_shrunk() {
    // A grant that is answered and not committed for a week: nobody could put that right in a day.
    let week = 7 * DAY;
    let kind = FaultKind::CommitsLate(week);
    let fault = Fault { target: Target::Operation(Operation::Grant), kind, times: 1 };
    let fails = |seed| {
        let mut script = Script::of(seed);
        let number = script.len();
        let first = script.episodes.first_mut().unwrap();
        first.items.insert(0, Item { number, at: Duration::ZERO, what: What::Fault(fault) });
        let report = run(&script, Keep::Nothing);
        let shows = report.findings.iter().any(|what| what.contains("holds 0, not 200"));
        shows.then_some((script, number))
    };
    let (script, number) = (1..100).find_map(fails).expect("a seed in which it shows");
    let shortest = shrink(&script);
    assert!(shortest.items.contains(&number), "the fault itself is needed");
    assert!(shortest.items.len() <= 10, "{:?} of {}", shortest.items, script.len());
    assert!(!run(&shortest.of(&script), Keep::Nothing).findings.is_empty());
}
