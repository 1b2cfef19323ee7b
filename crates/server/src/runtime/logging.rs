use crate::config::LogFormat;
use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;

/// What says nothing that our own lines do not say better; a filter that names it hears it.
const QUIET: &str = "actix_server=warn";

/// Starts logging to stderr; a second start changes nothing.
pub fn init(format: LogFormat, filter: &str) {
    // The settings have parsed it before; `info` is for whoever did not.
    let filter = format!("{QUIET},{filter}");
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    let started = match format {
        LogFormat::Text => logs.with_target(false).try_init(),
        LogFormat::Json => logs.json().flatten_event(true).try_init(),
    };
    if started.is_err() {
        tracing::debug!("logging was started before");
    }
}
