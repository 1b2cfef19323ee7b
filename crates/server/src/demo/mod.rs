//! `course-seats demo`: the whole life of a course, over HTTP, against a server that the demo
//! starts itself: with everything embedded and fresh, or on the parts that the settings name. After
//! each step it checks what must be true, and at the end that groups, credits, seats and mails add
//! up.
//!
//! The client and the audit are also what the tests use.

pub mod answers;
pub mod api;
pub mod audit;
pub mod client;
mod outside;
mod pause;
mod report;
mod story;
mod wrong;

pub use api::{Dates, Seen};
pub use audit::{Mails, Snapshot, Watched};
pub use client::{Client, Reply};
pub use outside::{Calendar, Outside, Realm};
pub use pause::{Stopwatch, pause, until};
pub use wrong::{Wrong, must, same};

use crate::config::{Config, Environment, RawSettings};
use crate::server::Server;
use clap::Args;
use report::Report;
use std::path::PathBuf;

/// How the demo is run.
#[derive(Debug, Clone, Default, Args)]
pub struct DemoOptions {
    /// Keep the data folder: `serve --data-dir` shows what the demo left.
    #[arg(long)]
    pub keep: bool,
    /// Play on the parts that the settings name (database, Keycloak, accounting, SMTP), not on a
    /// fresh sandbox. What is real must be for tests: Keycloak with the users of docker/keycloak,
    /// accounting a stand-in, SMTP one whose mails can be read.
    #[arg(long)]
    pub on_parts: bool,
    /// The file in which that SMTP server keeps its mails, one a line (`scripts/smtp`).
    #[arg(long, value_name = "FILE", requires = "on_parts")]
    pub mails: Option<PathBuf>,
    /// Where the log goes (default: course-seats-demo.log in a temporary folder).
    #[arg(long, value_name = "FILE")]
    pub log: Option<PathBuf>,
}

/// Runs the demo on the runtime that it is called on.
///
/// # Errors
/// What is not as it should be; it was told before.
pub async fn run(options: DemoOptions, settings: RawSettings) -> Result<(), String> {
    let told = |error: &dyn std::fmt::Display| format!("the demo's folder: {error}");
    let folder = tempfile::Builder::new().prefix("course-seats-demo-").tempdir();
    // The log stays, so the folder does; the data in it go unless they are asked for.
    let folder = folder.map_err(|error| told(&error))?.keep();
    let data = folder.join("data");
    let log = options.log.clone().unwrap_or_else(|| folder.join("course-seats-demo.log"));
    let mut report = Report::new(&log)
        .map_err(|error| format!("the log {} cannot be written: {error}", log.display()))?;
    let settings = if options.on_parts { settings } else { RawSettings::default() };
    let settings = settings
        .with("BIND_ADDR", "127.0.0.1:0")
        .with("DATA_DIR", data.display().to_string())
        .with("SEED_EXAMPLE", "false");
    let told = play(&settings, options.mails, &mut report).await;
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

/// Starts a server, plays the story and stops it.
async fn play(
    settings: &RawSettings,
    mails: Option<PathBuf>,
    report: &mut Report,
) -> Result<(), String> {
    let config = Config::parse(settings).map_err(|wrong| wrong.to_string())?;
    if config.environment == Environment::Production {
        return Err("the demo makes courses, students and mails: not in production".into());
    }
    let server = Server::start(config.clone()).await.map_err(|error| error.to_string())?;
    let what = match config.parts.all_embedded() {
        true => "A fresh embedded server".to_owned(),
        false => {
            let parts = config.parts_told().map(|(part, what)| format!("{part}: {what}"));
            format!("A server ({})", parts.join("; "))
        }
    };
    report.say(&format!("{what} answers at {}\n", server.url));
    let watch = Stopwatch::start();
    let client = Outside::of(&server.url, &config, mails)
        .and_then(|outside| Client::on(server.url.clone(), outside));
    let told = match client {
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
