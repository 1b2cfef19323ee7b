//! The stand-in as a process: `accounting-stand-in --bind 127.0.0.1:8100`.

use accounting_stand_in::{StandIn, StandInConfig};
use clap::Parser;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// A stand-in for the OBI accounting service, with its rules and its traps. Takes any bearer token:
/// for tests and laptops, never for real credits.
#[derive(Debug, Parser)]
#[command(version)]
struct Options {
    /// Where to listen.
    #[arg(long, env = "BIND_ADDR", default_value = "127.0.0.1:8100")]
    bind: SocketAddr,
    /// Keeps the books in this file over a restart.
    #[arg(long, env = "STATE_FILE")]
    state: Option<PathBuf>,
    /// How long every call takes.
    #[arg(long, env = "LATENCY_MS", default_value_t = 0)]
    latency_ms: u64,
    /// How long after its answer a change shows: the real service commits late.
    #[arg(long, env = "COMMIT_DELAY_MS", default_value_t = 0)]
    commit_delay_ms: u64,
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let options = Options::parse();
    let config = StandInConfig { bind: options.bind, state: options.state };
    let stand_in = StandIn::start(config).await?;
    stand_in.set_latency(Duration::from_millis(options.latency_ms));
    stand_in.set_commit_delay(Duration::from_millis(options.commit_delay_ms));
    stand_in.run().await
}
