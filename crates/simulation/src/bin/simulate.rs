//! Runs simulations: many seeds, or one with its whole history.

use clap::Parser;
use course_seats_simulation::history::Keep;
use course_seats_simulation::model::Script;
use course_seats_simulation::run::{Report, run};
use course_seats_simulation::shrink::shrink;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// The real application in simulated time, from one seed.
#[derive(Parser)]
struct Arguments {
    /// How many seeds to run.
    #[arg(long, default_value_t = 1000)]
    seeds: u64,
    /// The first of them.
    #[arg(long, default_value_t = 1)]
    from: u64,
    /// Run this seed only.
    #[arg(long)]
    seed: Option<u64>,
    /// Leave out everything of its script but these items.
    #[arg(long, value_delimiter = ',')]
    keep: Option<Vec<usize>>,
    /// Play it with another luck, as a shrinking may have found.
    #[arg(long, default_value_t = 0)]
    luck: u64,
    /// Print everything that happens.
    #[arg(long)]
    trace: bool,
    /// Do not look for the shortest history of a seed that fails.
    #[arg(long)]
    no_shrink: bool,
    /// Go on after the first seed that fails.
    #[arg(long)]
    go_on: bool,
    /// How many simulations at once.
    #[arg(long, default_value_t = 2)]
    threads: usize,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match arguments.seed {
        Some(seed) => one(&arguments, seed),
        None => many(&arguments),
    }
}

fn one(arguments: &Arguments, seed: u64) -> ExitCode {
    let mut script = Script::of(seed);
    if let Some(keep) = &arguments.keep {
        script = script.only(|number| keep.contains(&number));
    }
    script.luck = arguments.luck;
    if arguments.trace {
        tracing_subscriber::fmt()
            .with_max_level(tracing::Level::DEBUG)
            .without_time()
            .with_target(false)
            .with_ansi(false)
            .with_writer(std::io::stdout)
            .init();
    }
    let keep = if arguments.trace { Keep::Printed } else { Keep::Nothing };
    let report = run(&script, keep);
    if report.findings.is_empty() {
        println!("seed {seed}: all is well ({})", spoken(&report));
        return ExitCode::SUCCESS;
    }
    println!("seed {seed} fails ({}):", spoken(&report));
    for finding in &report.findings {
        println!("  {finding}");
    }
    if !arguments.no_shrink && arguments.keep.is_none() {
        shortest(&script);
    }
    ExitCode::FAILURE
}

fn spoken(report: &Report) -> String {
    let hours = report.simulated.as_secs() / 3600;
    format!("{hours} simulated hours, {} sagas, {} polls", report.sagas, report.polls)
}

/// Prints the shortest script found, and the command that replays it.
fn shortest(script: &Script) {
    let needed = shrink(script);
    let short = needed.of(script);
    println!("the shortest script found ({} of {} items):", needed.items.len(), script.len());
    for episode in &short.episodes {
        for item in &episode.items {
            println!("  {:>12.6} {:?}", item.at.as_secs_f64(), item.what);
        }
        println!("  {:>12.6} all becomes quiet", episode.lasts.as_secs_f64());
    }
    for finding in &run(&short, Keep::Nothing).findings {
        println!("  -> {finding}");
    }
    let numbers: Vec<String> = needed.items.iter().map(ToString::to_string).collect();
    let keep = if numbers.is_empty() { "999999".to_owned() } else { numbers.join(",") };
    let luck = if needed.luck == 0 { String::new() } else { format!(" --luck {}", needed.luck) };
    println!("replay: {COMMAND} --seed {} --keep {keep}{luck} --trace", script.seed);
}

const COMMAND: &str = "cargo run --profile simulation -p course-seats-simulation --";

/// Whoever runs a million of them wants to know how far it is.
const TOLD_EVERY: u64 = 10_000;

#[derive(Default)]
struct Tally {
    failed: Vec<(u64, Report)>,
    runs: u64,
    simulated: Duration,
    sagas: u64,
    settled_after: Duration,
}

fn many(arguments: &Arguments) -> ExitCode {
    let next = AtomicU64::new(arguments.from);
    let end = arguments.from.saturating_add(arguments.seeds);
    let tally = Mutex::new(Tally::default());
    let stop_at = AtomicU64::new(u64::MAX);
    std::thread::scope(|scope| {
        for _ in 0..arguments.threads.max(1) {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= end || seed > stop_at.load(Ordering::Relaxed) {
                        return;
                    }
                    let report = run(&Script::of(seed), Keep::Nothing);
                    let mut tally = tally.lock().unwrap_or_else(PoisonError::into_inner);
                    tally.runs += 1;
                    if tally.runs.is_multiple_of(TOLD_EVERY) {
                        eprintln!("{} seeds, {} fail", tally.runs, tally.failed.len());
                    }
                    tally.simulated += report.simulated;
                    tally.sagas += report.sagas as u64;
                    tally.settled_after = tally.settled_after.max(report.settled_after);
                    if !report.findings.is_empty() {
                        eprintln!("seed {seed} fails");
                        tally.failed.push((seed, report));
                        if !arguments.go_on {
                            stop_at.fetch_min(seed, Ordering::Relaxed);
                        }
                    }
                }
            });
        }
    });
    let mut tally = tally.into_inner().unwrap_or_else(PoisonError::into_inner);
    tally.failed.sort_by_key(|(seed, _)| *seed);
    println!(
        "{} seeds, {} sagas, {} simulated days, settled at the latest {} s after the last fault",
        tally.runs,
        tally.sagas,
        tally.simulated.as_secs() / 86_400,
        tally.settled_after.as_secs(),
    );
    for (seed, report) in &tally.failed {
        println!("seed {seed} fails:");
        for finding in report.findings.iter().take(6) {
            println!("  {}", finding.chars().take(600).collect::<String>());
        }
    }
    match tally.failed.first() {
        None => {
            println!("all is well");
            ExitCode::SUCCESS
        }
        Some((seed, _)) => {
            println!("{} of {} seeds fail", tally.failed.len(), tally.runs);
            println!("replay: {COMMAND} --seed {seed} --trace");
            if !arguments.no_shrink {
                shortest(&Script::of(*seed));
            }
            ExitCode::FAILURE
        }
    }
}
