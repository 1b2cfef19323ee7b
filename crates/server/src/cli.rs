//! The command line.

use crate::config::{Config, RawSettings};
use crate::demo::{self, DemoOptions};
use crate::doctor::{self, DoctorOptions, Verdict};
use crate::operate::{DriftArgs, OutboxArgs, SagasArgs};
use crate::runtime::init_logging;
use crate::server::Server;
use crate::welcome;
use crate::wiring;
use clap::{Parser, Subcommand};
use std::io::Write;
use std::process::ExitCode;
use tokio::runtime::Runtime;
use tokio::signal::unix::{SignalKind, signal};

/// Seats in university courses on virtual labs.
///
/// Without any setting everything runs embedded, in one folder: database, identity provider,
/// accounting, mail.
#[derive(Debug, Parser)]
#[command(name = "course-seats", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    settings: RawSettings,
}

#[derive(Debug, Clone, Subcommand)]
enum Command {
    /// Start the service.
    Serve,
    /// Play the whole life of a course, on a fresh embedded server unless told otherwise, and check
    /// it.
    Demo(DemoOptions),
    /// Apply the migrations that are pending.
    Migrate {
        #[command(subcommand)]
        command: Option<MigrateCommand>,
    },
    /// Print the effective settings, secrets hidden.
    Config,
    /// Check every part that the settings name, and say what to do about what does not work.
    Doctor(DoctorOptions),
    /// List sagas, show one with its notebook, try one again, or settle one.
    Sagas(SagasArgs),
    /// List the outbox, or send a mail again.
    Outbox(OutboxArgs),
    /// Compare database, groups and credits, or repair what has one right answer.
    Drift(DriftArgs),
}

#[derive(Debug, Clone, Copy, Subcommand)]
enum MigrateCommand {
    /// Show which migrations are applied.
    Status,
}

/// Runs the command line of this process.
#[must_use]
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    let config = match Config::parse(&cli.settings) {
        Ok(config) => config,
        Err(wrong) => return fail(&wrong.to_string(), 2),
    };
    let done = match cli.command {
        Command::Config => say(&config.show(&cli.settings)),
        Command::Doctor(options) => {
            runtime().and_then(|runtime| runtime.block_on(examine(&config, &options)))
        }
        Command::Serve => runtime().and_then(|runtime| runtime.block_on(serve(config))),
        Command::Demo(options) => {
            runtime().and_then(|runtime| runtime.block_on(demo::run(options, cli.settings)))
        }
        Command::Sagas(asked) => operate(asked.run(&config)),
        Command::Outbox(asked) => operate(asked.run(&config)),
        Command::Drift(asked) => operate(asked.run(&config)),
        Command::Migrate { command } => {
            runtime().and_then(|runtime| runtime.block_on(migrate(&config, command)))
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => fail(&why, 1),
    }
}

fn runtime() -> Result<Runtime, String> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.enable_all().build().map_err(|error| format!("the runtime did not start: {error}"))
}

/// Does what an operator asks for, and says what came of it.
fn operate(asked: impl Future<Output = Result<String, String>>) -> Result<(), String> {
    runtime()?.block_on(asked).and_then(|text| say(&text))
}

async fn serve(config: Config) -> Result<(), String> {
    init_logging(config.log_format, &config.log_filter);
    // Listened to before anything is begun, so that a stop at any time is a clean one.
    let mut stop = Stop::listen().map_err(|error| format!("cannot hear signals: {error}"))?;
    let mut running = Server::start(config.clone()).await.map_err(|error| error.to_string())?;
    say(&welcome::text(&running, &config))?;
    tokio::select! {
        () = stop.asked() => {}
        why = running.ended() => return Err(why),
    }
    tracing::info!("stopping");
    running.stop().await;
    Ok(())
}

/// Fails if a part does not work: then the exit code says so, too.
async fn examine(config: &Config, options: &DoctorOptions) -> Result<(), String> {
    let findings = doctor::examine(config, options).await;
    say(&doctor::told(config, &findings))?;
    match findings.iter().filter(|finding| finding.verdict == Verdict::Wrong).count() {
        0 => Ok(()),
        1 => Err("one thing does not work; see above".into()),
        count => Err(format!("{count} things do not work; see above")),
    }
}

struct Stop {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

impl Stop {
    fn listen() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn asked(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

async fn migrate(config: &Config, command: Option<MigrateCommand>) -> Result<(), String> {
    let wrong = |error: &dyn std::error::Error| error.to_string();
    let store = wiring::open_database(config).map_err(|error| wrong(&error))?;
    let status = |what| format!("cannot read which migrations are applied: {what}");
    let before = store.migration_status().await.map_err(|error| status(wrong(&error)))?;
    if let Some(MigrateCommand::Status) = command {
        let line = |(name, applied): &(String, bool)| {
            format!("{} {name}\n", if *applied { "applied" } else { "pending" })
        };
        return say(&before.iter().map(line).collect::<String>());
    }
    store.migrate().await.map_err(|error| wrong(&error))?;
    let pending = before.iter().filter(|(_, applied)| !applied).count();
    say(&match pending {
        0 => "Nothing was pending.\n".to_owned(),
        count => format!("{count} applied.\n"),
    })
}

/// To stdout. Nobody listens any more? Then there is nobody to tell.
fn say(text: &str) -> Result<(), String> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.to_string()),
        _ => Ok(()),
    }
}

fn fail(why: &str, code: u8) -> ExitCode {
    let mut out = std::io::stderr().lock();
    // If even this cannot be said, the exit code still says it.
    let _ = writeln!(out, "course-seats: {}", why.trim_end());
    ExitCode::from(code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_made() {
        Cli::command().debug_assert();
    }
}
