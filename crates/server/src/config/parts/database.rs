use super::millis;
use crate::config::reader::Reader;
use crate::config::values::{certificates, parse, size, word};
use course_seats_postgres::{PostgresSettings, SettingsError, SslMode};

const ADDRESSES: [&str; 2] = ["DATABASE_URL", "DATABASE_URI"];
const IN_PARTS: [&str; 3] = ["POSTGRES_HOST", "POSTGRES_USER", "POSTGRES_DB"];
const ADDRESS: &str = "postgresql://user:password@host:5432/database";

/// Whether somebody named a server.
pub(super) fn is_wanted(reader: &Reader<'_>) -> bool {
    ADDRESSES.iter().chain(&IN_PARTS).any(|name| reader.is_set(name))
}

/// PostgreSQL, or `Some(None)` for the embedded database. A whole address goes before one that is
/// told in parts.
pub(super) fn read(reader: &mut Reader<'_>) -> Option<Option<PostgresSettings>> {
    let port = reader.parse("POSTGRES_PORT", "a port", parse::<u16>);
    let address = match ADDRESSES.iter().find(|name| reader.is_set(name)) {
        Some(name) => whole(reader, name),
        None if is_wanted(reader) => in_parts(reader, port),
        None => None,
    };
    let mode = reader.optional(
        "DATABASE_SSLMODE",
        "disable, prefer, require, verify-ca or verify-full",
        |text| text.parse::<SslMode>().ok(),
    );
    let ca_file =
        reader.optional("DATABASE_CA_FILE", "a file with certificates (PEM)", certificates);
    let pool_size = reader.number("DATABASE_POOL_SIZE", 1, 1000);
    let acquire = millis(reader, "DATABASE_ACQUIRE_TIMEOUT_MS", 1);
    let statement = millis(reader, "DATABASE_STATEMENT_TIMEOUT_MS", 1);
    let lock = millis(reader, "DATABASE_LOCK_TIMEOUT_MS", 1);
    let idle = millis(reader, "DATABASE_IDLE_TIMEOUT_MS", 1);
    if !is_wanted(reader) {
        return Some(None);
    }
    let mut settings = address?;
    if let Some(mode) = mode? {
        settings.tls.mode = mode;
    }
    if let Some(file) = ca_file? {
        settings.tls.ca_file = Some(file);
    }
    settings.pool_size = size(pool_size?);
    settings.acquire_timeout = acquire?;
    settings.statement_timeout = statement?;
    settings.lock_timeout = lock?;
    settings.idle_in_transaction_timeout = idle?;
    Some(Some(settings))
}

fn whole(reader: &mut Reader<'_>, name: &'static str) -> Option<PostgresSettings> {
    let [url, uri] = ADDRESSES.map(|name| reader.text(name));
    if let (Some(url), Some(uri)) = (url, uri)
        && url != uri
    {
        reader.wrong("DATABASE_URL and DATABASE_URI name two databases: unset one of them");
        return None;
    }
    match PostgresSettings::from_url(reader.text(name).unwrap_or_default()) {
        Ok(settings) => Some(settings),
        Err(SettingsError::NoAddress) => reader.parse(name, ADDRESS, |_| None::<PostgresSettings>),
        Err(SettingsError::Parameter(parameter)) => {
            reader.wrong(format!("{name} is (hidden): its `{parameter}` is not understood"));
            None
        }
    }
}

fn in_parts(reader: &mut Reader<'_>, port: Option<u16>) -> Option<PostgresSettings> {
    let host = reader.required("POSTGRES_HOST", &IN_PARTS, "the server's name", word);
    let user = reader.required("POSTGRES_USER", &IN_PARTS, "who we are there", word);
    let database = reader.required("POSTGRES_DB", &IN_PARTS, "the name of the database", word);
    let password = reader.text("POSTGRES_PASSWORD").unwrap_or_default();
    Some(PostgresSettings::from_parts(&host?, port?, &user?, password, &database?))
}
