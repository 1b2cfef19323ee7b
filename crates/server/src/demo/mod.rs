//! `course-seats demo`: the whole life of a course, over HTTP, against a fresh embedded server
//! that the demo starts itself. After each step it checks what must be true, and at the end that
//! groups, credits, seats and mails add up.
//!
//! The client and the audit are also what the tests use.

pub mod answers;
pub mod api;
pub mod audit;
pub mod client;
mod pause;
mod report;
mod story;
mod wrong;

pub use api::Dates;
pub use audit::{Mails, Snapshot, Watched};
pub use client::{Client, Reply};
pub use pause::{Stopwatch, pause, until};
pub use wrong::{Wrong, must, same};

use crate::config::{Config, RawSettings};
use crate::server::Server;
use clap::Args;
use report::Report;
use std::path::{Path, PathBuf};

/// How the demo is run.
#[derive(Debug, Clone, Default, Args)]
pub struct DemoOptions {
    /// Keep the data folder: `serve --data-dir` shows what the demo left.
    #[arg(long)]
    pub keep: bool,
    /// Where the log goes (default: course-seats-demo.log in a temporary folder).
    #[arg(long, value_name = "FILE")]
    pub log: Option<PathBuf>,
}

/// Runs the demo on the runtime that it is called on.
///
/// # Errors
/// What is not as it should be; it was told before.
pub async fn run(options: DemoOptions) -> Result<(), String> {
    let told = |error: &dyn std::fmt::Display| format!("the demo's folder: {error}");
    let folder = tempfile::Builder::new().prefix("course-seats-demo-").tempdir();
    // The log stays, so the folder does; the data in it go unless they are asked for.
    let folder = folder.map_err(|error| told(&error))?.keep();
    let data = folder.join("data");
    let log = options.log.unwrap_or_else(|| folder.join("course-seats-demo.log"));
    let mut report = Report::new(&log)
        .map_err(|error| format!("the log {} cannot be written: {error}", log.display()))?;
    let told = play(&data, &mut report).await;
    if options.keep {
        report.say(&format!("Data   {}", data.display()));
    } else {
        // What is left is in a temporary folder: nothing depends on it.
        let _ = std::fs::remove_dir_all(&data);
        let _ = std::fs::remove_dir(&folder);
    }
    report.say(&format!("Log    {}", log.display()));
    told
}

/// Starts a server on this folder, plays the story and stops it.
async fn play(data: &Path, report: &mut Report) -> Result<(), String> {
    let settings = RawSettings::default()
        .with("BIND_ADDR", "127.0.0.1:0")
        .with("DATA_DIR", data.display().to_string())
        .with("SEED_EXAMPLE", "false");
    let config = Config::parse(&settings).map_err(|wrong| wrong.to_string())?;
    let server = Server::start(config).await.map_err(|error| error.to_string())?;
    report.say(&format!("A fresh embedded server answers at {}\n", server.url));
    let watch = Stopwatch::start();
    let told = match Client::new(server.url.clone()) {
        Ok(client) => story::tell(&client, report).await,
        Err(wrong) => Err(wrong),
    };
    server.stop().await;
    match told {
        Ok(()) => {
            let (steps, seconds) = (report.steps(), watch.elapsed().as_secs_f32());
            report.good(&format!("all adds up: {steps} steps in {seconds:.1} s"));
            Ok(())
        }
        Err(wrong) => {
            report.wrong(&wrong);
            Err(format!("the demo failed at step {}", report.steps()))
        }
    }
}
