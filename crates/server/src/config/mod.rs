//! The settings: from the environment and from flags, parsed once into types. Everything that is
//! wrong is told in one message.

mod cors;
mod raw;
mod reader;
mod schedule;
mod show;
pub mod table;

pub use cors::Cors;
pub use raw::RawSettings;
pub use reader::WrongSettings;

use chrono::TimeDelta;
use course_seats_application::settings::Settings;
use course_seats_domain::ids::UserId;
use reader::Reader;
use secrecy::SecretString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;
use uuid::Uuid;

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
    /// Calls at once to one system.
    pub outside_concurrency: usize,
    /// How slow every call to the sandbox is.
    pub sandbox_latency: Duration,
    /// Whether a first start makes an example.
    pub seed_example: bool,
    /// The rules. The secret of invites is empty if nobody set one: then one is made at the
    /// first start and kept in the data folder.
    pub rules: Settings,
}

/// The longest time limit that makes sense: a day.
const DAY_MS: u64 = 86_400_000;

impl Config {
    /// Parses all settings.
    ///
    /// # Errors
    /// All that is wrong, in one message.
    pub fn parse(raw: &RawSettings) -> Result<Self, WrongSettings> {
        let mut reader = Reader::new(raw);
        let config = Self::read(&mut reader);
        refuse_what_is_not_there(&mut reader);
        if let Some(config) = &config {
            check_together(config, &mut reader);
        }
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
        let log_filter = reader.parse(log_name, "a level such as info or debug", log_filter);
        let web_workers = reader.number("WEB_WORKERS", 1, 256);
        let outside_concurrency = reader.number("OUTSIDE_CONCURRENCY", 1, 1024);
        let latency = reader.number("SANDBOX_LATENCY_MS", 0, 60_000);
        let seed_example = reader.parse("SEED_EXAMPLE", "true or false", boolean);
        let rules = rules(reader);
        Some(Self {
            bind: bind?,
            base_path: base_path?,
            data_dir: data_dir?,
            environment: environment?,
            cors: Cors { origins: origins?, pattern: pattern? },
            log_format: log_format?,
            log_filter: log_filter?,
            web_workers: size(web_workers?),
            outside_concurrency: size(outside_concurrency?),
            sandbox_latency: Duration::from_millis(latency?),
            seed_example: seed_example?,
            rules: rules?,
        })
    }
}

fn rules(reader: &mut Reader<'_>) -> Option<Settings> {
    let owner = match reader.is_set("MULTIPLE_VLABS_ALLOWED_USER_ID") {
        true => reader.parse("MULTIPLE_VLABS_ALLOWED_USER_ID", "a UUID", |text| {
            Uuid::parse_str(text).ok().map(UserId::new)
        }),
        false => Some(course_seats_sandbox::people::COURSE_LAB_OWNER),
    };
    let admin_group = reader.parse("VLAB_SERVICE_ADMIN_GROUP", "a group's path", group_path);
    let admins_join = reader.parse("ADMINS_JOIN_STUDENT_PROJECTS", "true or false", boolean);
    let credits = reader.number("CREDITS_PER_SEAT", 1, 1_000_000);
    let seat_days = reader.number("SEAT_EXPIRY_DAYS", 1, 36_500);
    let link_base =
        reader.parse("INVITE_LINK_BASE", "where links begin: http://… or https://…", link_base);
    let secret = match reader.is_set("INVITE_JWT_SECRET") {
        true => reader.parse("INVITE_JWT_SECRET", "at least 16 characters", |text| {
            (text.chars().count() >= 16).then(|| text.to_owned())
        }),
        false => Some(String::new()),
    };
    let invite_days = reader.number("INVITE_EXPIRES_IN_DAYS", 1, 3650);
    let verified = reader.parse("INVITE_REQUIRE_VERIFIED_EMAIL", "true or false", boolean);
    let cron = reader.parse(
        "EXPIRE_COURSES_SCHEDULE",
        "a time such as 02:00, or a cron expression such as 0 2 * * *",
        schedule::parse,
    );
    let zone = reader.parse("EXPIRE_COURSES_TIMEZONE", "a time zone such as Europe/Zurich", parse);
    let mut millis = |name| reader.number(name, 1, DAY_MS).map(Duration::from_millis);
    let outside_timeout = millis("OUTSIDE_TIMEOUT_MS");
    let mail_timeout = millis("MAIL_TIMEOUT_MS");
    let grant_patience = millis("GRANT_PATIENCE_MS");
    let answer_deadline = millis("ANSWER_DEADLINE_MS");
    let saga_lease = millis("SAGA_LEASE_MS");
    let late_arrival_grace = millis("LATE_ARRIVAL_GRACE_MS");
    let reconcile_interval = millis("RECONCILE_INTERVAL_MS");
    let retry_max = millis("RETRY_MAX_MS");
    let needs_attention_after = millis("NEEDS_ATTENTION_AFTER_MS");
    let outbox_retry_base = millis("OUTBOX_RETRY_BASE_MS");
    let batch_concurrency = reader.number("BATCH_CONCURRENCY", 1, 256);
    Some(Settings {
        credits_per_seat: u32::try_from(credits?).ok()?,
        seat_expiry: days(seat_days?),
        course_lab_owner: owner?,
        service_admin_group: admin_group?,
        admins_join_student_projects: admins_join?,
        invite_link_base: link_base?,
        invite_secret: SecretString::from(secret?),
        invite_expires: days(invite_days?),
        invite_require_verified_email: verified?,
        outside_timeout: outside_timeout?,
        mail_timeout: mail_timeout?,
        grant_patience: grant_patience?,
        answer_deadline: answer_deadline?,
        saga_lease: saga_lease?,
        late_arrival_grace: late_arrival_grace?,
        reconcile_interval: reconcile_interval?,
        retry_max: retry_max?,
        needs_attention_after: needs_attention_after?,
        outbox_retry_base: outbox_retry_base?,
        batch_concurrency: size(batch_concurrency?),
        expire_schedule: cron?,
        expire_timezone: zone?,
    })
}

/// This version has only the embedded parts: a setting for another one would be ignored.
fn refuse_what_is_not_there(reader: &mut Reader<'_>) {
    for (name, what) in table::NOT_YET {
        if reader.is_set(name) {
            reader.wrong(format!(
                "{name} is set: {what} comes with the next version; unset it to run embedded"
            ));
        }
    }
}

/// What one setting alone does not show.
fn check_together(config: &Config, reader: &mut Reader<'_>) {
    let rules = &config.rules;
    if config.environment == Environment::Production {
        reader.wrong(
            "DEPLOYMENT_ENV is `production`: identity provider, accounting and mail are a sandbox \
             in this version, which production refuses; write development, testing or staging",
        );
    }
    if rules.saga_lease < rules.outside_timeout * 2 {
        reader.wrong(format!(
            "SAGA_LEASE_MS is `{}`: write at least {}, which is 2 × OUTSIDE_TIMEOUT_MS",
            rules.saga_lease.as_millis(),
            (rules.outside_timeout * 2).as_millis(),
        ));
    }
    if rules.answer_deadline < rules.outside_timeout {
        reader.wrong(format!(
            "ANSWER_DEADLINE_MS is `{}`: write at least {}, which is OUTSIDE_TIMEOUT_MS",
            rules.answer_deadline.as_millis(),
            rules.outside_timeout.as_millis(),
        ));
    }
    if rules.late_arrival_grace < rules.grant_patience {
        reader.wrong(format!(
            "LATE_ARRIVAL_GRACE_MS is `{}`: write at least {}, which is GRANT_PATIENCE_MS",
            rules.late_arrival_grace.as_millis(),
            rules.grant_patience.as_millis(),
        ));
    }
}

fn parse<T: std::str::FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}

fn size(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn days(days: u64) -> TimeDelta {
    i64::try_from(days).ok().and_then(TimeDelta::try_days).unwrap_or(TimeDelta::MAX)
}

fn boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Some(true),
        "false" | "0" | "no" | "off" => Some(false),
        _ => None,
    }
}

fn base_path(text: &str) -> Option<String> {
    let text = text.trim_end_matches('/');
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '-' | '_' | '.' | '~');
    let good = text.is_empty() || (text.starts_with('/') && !text.contains("//"));
    (good && text.chars().all(plain)).then(|| text.to_owned())
}

fn environment(text: &str) -> Option<Environment> {
    match text {
        "development" => Some(Environment::Development),
        "testing" => Some(Environment::Testing),
        "staging" => Some(Environment::Staging),
        "production" => Some(Environment::Production),
        _ => None,
    }
}

fn log_format(text: &str) -> Option<LogFormat> {
    match text {
        "text" => Some(LogFormat::Text),
        "json" => Some(LogFormat::Json),
        _ => None,
    }
}

fn log_filter(text: &str) -> Option<String> {
    let text = text.to_ascii_lowercase().replace("warning", "warn");
    tracing_subscriber::EnvFilter::try_new(&text).ok().map(|_| text)
}

fn group_path(text: &str) -> Option<String> {
    (text.starts_with('/') && text.len() > 1).then(|| text.to_owned())
}

fn link_base(text: &str) -> Option<String> {
    let url = url::Url::parse(text).ok()?;
    let good = matches!(url.scheme(), "http" | "https") && url.has_host() && url.query().is_none();
    good.then(|| text.trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests;
