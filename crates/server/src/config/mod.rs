//! The settings: from the environment and from flags, parsed once into types. Everything that is
//! wrong is told in one message.

mod cors;
mod parts;
mod raw;
mod reader;
mod rules;
mod schedule;
mod show;
pub mod table;
mod values;

pub use cors::Cors;
pub use parts::Parts;
pub use raw::RawSettings;
pub use reader::WrongSettings;

use course_seats_application::settings::Settings;
use parts::Limits;
use reader::Reader;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;
use values::{base_path, boolean, environment, log_filter, log_format, parse, size};

/// What stands in for the parts that are not embedded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Environment {
    /// A laptop.
    Development,
    /// Tests.
    Testing,
    /// A rehearsal.
    Staging,
    /// The real thing: no part of the sandbox may run.
    Production,
}

impl Environment {
    /// As the setting has it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Development => "development",
            Self::Testing => "testing",
            Self::Staging => "staging",
            Self::Production => "production",
        }
    }
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
}

/// The settings of a server.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to listen.
    pub bind: SocketAddr,
    /// A path that everything is served under; empty, or with a slash at its beginning.
    pub base_path: String,
    /// The folder of the embedded database and sandbox.
    pub data_dir: PathBuf,
    /// Where each part of the world is.
    pub parts: Parts,
    /// Where it runs.
    pub environment: Environment,
    /// Which web origins may call.
    pub cors: Cors,
    /// How log lines are written.
    pub log_format: LogFormat,
    /// What is logged.
    pub log_filter: String,
    /// Threads that speak HTTP.
    pub web_workers: usize,
    /// Requests that are answered at once.
    pub requests_at_once: usize,
    /// Calls at once to one system.
    pub outside_concurrency: usize,
    /// How slow every call to the sandbox is.
    pub sandbox_latency: Duration,
    /// Whether a first start makes an example.
    pub seed_example: bool,
    /// The rules. The secret of invites is empty if nobody set one: then one is made at the
    /// first start and kept in the data folder. Where links begin is empty if nobody set it: then
    /// it is where the server answers, whose sandbox stands in for the portal.
    pub rules: Settings,
}

impl Config {
    /// Parses all settings.
    ///
    /// # Errors
    /// All that is wrong, in one message.
    pub fn parse(raw: &RawSettings) -> Result<Self, WrongSettings> {
        let mut reader = Reader::new(raw);
        let config = Self::read(&mut reader);
        reader.finish(config)
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        // Every line is read before any is unwrapped, so that all faults are told.
        let bind =
            reader.parse("BIND_ADDR", "an address and a port, such as 127.0.0.1:8000", parse);
        let base_path = reader.parse("BASE_PATH", "a path such as /api", base_path);
        let data_dir = reader.parse("DATA_DIR", "a folder", |text| Some(PathBuf::from(text)));
        let environment = reader.parse(
            "DEPLOYMENT_ENV",
            "development, testing, staging or production",
            environment,
        );
        let origins = reader.parse(
            "CORS_ORIGINS",
            "origins such as [\"https://portal.example\"], or with commas",
            Cors::parse_origins,
        );
        let pattern =
            reader.parse("CORS_ORIGIN_REGEX", "a regular expression", Cors::parse_pattern);
        let log_format = reader.parse("LOG_FORMAT", "text or json", log_format);
        let log_name = if reader.is_set("RUST_LOG") { "RUST_LOG" } else { "LOG_LEVEL" };
        let log_filter = reader.parse(
            log_name,
            "a level such as info or debug, or a filter such as info,course_seats=debug",
            log_filter,
        );
        let web_workers = reader.number("WEB_WORKERS", 1, 256);
        let requests_at_once = reader.number("REQUESTS_AT_ONCE", 1, 100_000);
        let outside_concurrency = reader.number("OUTSIDE_CONCURRENCY", 1, 1024);
        let latency = reader.number("SANDBOX_LATENCY_MS", 0, 60_000);
        let seed_example = reader.parse("SEED_EXAMPLE", "true or false", boolean);
        let rules = rules::read(reader);
        let limits = rules.as_ref().zip(outside_concurrency).map(|(rules, concurrency)| Limits {
            call: rules.outside_timeout,
            mail: rules.mail_timeout,
            concurrency: size(concurrency),
        });
        let parts = Parts::read(reader, environment, limits);
        parts::demand_what_has_no_default(reader);
        Some(Self {
            bind: bind?,
            base_path: base_path?,
            data_dir: data_dir?,
            parts: parts?,
            environment: environment?,
            cors: Cors { origins: origins?, pattern: pattern? },
            log_format: log_format?,
            log_filter: log_filter?,
            web_workers: size(web_workers?),
            requests_at_once: size(requests_at_once?),
            outside_concurrency: size(outside_concurrency?),
            sandbox_latency: Duration::from_millis(latency?),
            seed_example: seed_example?,
            rules: rules?,
        })
    }
}

#[cfg(test)]
mod tests;
