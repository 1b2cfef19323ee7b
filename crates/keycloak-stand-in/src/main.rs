//! The stand-in as a process: `keycloak-stand-in --bind 127.0.0.1:8180`.

use clap::Parser;
use keycloak_stand_in::{StandIn, StandInConfig};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// A stand-in for Keycloak, with its rules and its errors. Everybody's password is known: for tests
/// and benchmarks, never for real users.
#[derive(Debug, Parser)]
#[command(version)]
struct Options {
    /// Where to listen.
    #[arg(long, env = "BIND_ADDR", default_value = "127.0.0.1:8180")]
    bind: SocketAddr,
    /// Keeps the realm in this file over a restart.
    #[arg(long, env = "STATE_FILE")]
    state: Option<PathBuf>,
    /// How long every call takes.
    #[arg(long, env = "LATENCY_MS", default_value_t = 0)]
    latency_ms: u64,
    /// How long an access token is good for.
    #[arg(long, env = "TOKEN_SECONDS", default_value_t = 300)]
    token_seconds: u64,
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let options = Options::parse();
    let config = StandInConfig {
        bind: options.bind,
        state: options.state,
        latency: Duration::from_millis(options.latency_ms),
        token_life: Duration::from_secs(options.token_seconds),
    };
    StandIn::start(config).await?.run().await
}
