//! One value of a setting each, parsed.

use super::{Environment, LogFormat};
use chrono::TimeDelta;
use std::path::PathBuf;
use url::Url;

pub(super) fn parse<T: std::str::FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}

pub(super) fn size(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

pub(super) fn days(days: u64) -> TimeDelta {
    i64::try_from(days).ok().and_then(TimeDelta::try_days).unwrap_or(TimeDelta::MAX)
}

pub(super) fn boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Some(true),
        "false" | "0" | "no" | "off" => Some(false),
        _ => None,
    }
}

pub(super) fn base_path(text: &str) -> Option<String> {
    let text = text.trim_end_matches('/');
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '-' | '_' | '.' | '~');
    let good = text.is_empty() || (text.starts_with('/') && !text.contains("//"));
    (good && text.chars().all(plain)).then(|| text.to_owned())
}

pub(super) fn environment(text: &str) -> Option<Environment> {
    match text {
        "development" => Some(Environment::Development),
        "testing" => Some(Environment::Testing),
        "staging" => Some(Environment::Staging),
        "production" => Some(Environment::Production),
        _ => None,
    }
}

pub(super) fn log_format(text: &str) -> Option<LogFormat> {
    match text {
        "text" => Some(LogFormat::Text),
        "json" => Some(LogFormat::Json),
        _ => None,
    }
}

pub(super) fn log_filter(text: &str) -> Option<String> {
    let text = text.to_ascii_lowercase().replace("warning", "warn");
    // A word alone would count as the name of a target, and silence everything else.
    let levels = ["off", "error", "warn", "info", "debug", "trace"];
    let good = |part: &str| part.contains(['=', '[']) || levels.contains(&part.trim());
    let good = text.split(',').all(good);
    tracing_subscriber::EnvFilter::try_new(&text).ok().filter(|_| good).map(|_| text)
}

pub(super) fn group_path(text: &str) -> Option<String> {
    (text.starts_with('/') && text.len() > 1).then(|| text.to_owned())
}

pub(super) fn link_base(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    let good = matches!(url.scheme(), "http" | "https") && url.has_host() && url.query().is_none();
    good.then(|| text.trim_end_matches('/').to_owned())
}

/// Where the paths of a service begin.
pub(super) fn service_url(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let good = matches!(url.scheme(), "http" | "https") && url.has_host();
    (good && url.query().is_none() && url.fragment().is_none()).then_some(url)
}

/// A name without blanks in it.
pub(super) fn word(text: &str) -> Option<String> {
    let bad = |c: char| c.is_whitespace() || c.is_control();
    (!text.contains(bad)).then(|| text.to_owned())
}

/// A file that can be read and looks like certificates.
pub(super) fn certificates(text: &str) -> Option<PathBuf> {
    let held = std::fs::read_to_string(text).ok()?;
    held.contains("-----BEGIN CERTIFICATE-----").then(|| PathBuf::from(text))
}
