use crate::tls::{SslMode, TlsSettings};
use percent_encoding::percent_decode_str;
use std::time::Duration;
use tokio_postgres::Config;

/// Where the database is, and how the store behaves.
///
/// ```
/// use course_seats_postgres::{PostgresSettings, SslMode};
/// let url = "postgresql+asyncpg://seats:secret@db.example.org/seats?sslmode=verify-full";
/// let settings = PostgresSettings::from_url(url).unwrap();
/// assert_eq!(settings.tls.mode, SslMode::VerifyFull);
/// assert!(!format!("{settings:?}").contains("secret"));
/// ```
#[derive(Debug, Clone)]
pub struct PostgresSettings {
    /// Its `Debug` hides the password.
    pub(crate) server: Config,
    /// How connections are encrypted.
    pub tls: TlsSettings,
    /// How many transactions there may be at once.
    pub pool_size: usize,
    /// How long to wait for a connection, a new one included.
    pub acquire_timeout: Duration,
    /// How long one statement may take.
    pub statement_timeout: Duration,
    /// How long to wait for a lock.
    pub lock_timeout: Duration,
    /// How long a transaction may do nothing: it holds locks meanwhile.
    pub idle_in_transaction_timeout: Duration,
    /// The name under which the connections show on the server.
    pub application_name: String,
}

/// Why a database's address was refused. Never quotes it: there may be a password in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// Not of the form `postgresql://user:password@host:port/database`.
    #[error("not of the form postgresql://user:password@host:port/database")]
    NoAddress,
    /// One of the parameters behind the `?` cannot be understood.
    #[error("the parameter {0} cannot be understood")]
    Parameter(String),
}

impl PostgresSettings {
    /// Settings with the usual limits for a database at `url`:
    /// `postgresql://user:password@host:port/database`. The scheme may name another driver
    /// (`postgresql+asyncpg`). `sslmode` and `sslrootcert` are understood as libpq does, `ssl` as
    /// asyncpg does.
    ///
    /// # Errors
    /// [`SettingsError`] if that is no address.
    pub fn from_url(url: &str) -> Result<Self, SettingsError> {
        let (scheme, rest) = url.trim().split_once("://").ok_or(SettingsError::NoAddress)?;
        let scheme = scheme.split_once('+').map_or(scheme, |(scheme, _driver)| scheme);
        if !["postgres", "postgresql"].contains(&scheme) {
            return Err(SettingsError::NoAddress);
        }
        let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
        let mut tls = TlsSettings::default();
        let mut others = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let refused = || SettingsError::Parameter(name.to_owned());
            match name {
                "sslmode" => tls.mode = value.parse().map_err(|()| refused())?,
                "ssl" => tls.mode = asyncpg_ssl(value).ok_or_else(refused)?,
                "sslrootcert" => {
                    let file = percent_decode_str(value).decode_utf8().map_err(|_| refused())?;
                    // libpq's word for the certificates of the system.
                    tls.ca_file = (file != "system").then(|| file.as_ref().into());
                }
                _ => others.push(pair),
            }
        }
        let address = format!("{scheme}://{place}?{}", others.join("&"));
        let server: Config = address.parse().map_err(|_| match others.first() {
            Some(pair) => {
                let name = pair.split('=').next().unwrap_or(pair);
                SettingsError::Parameter(name.to_owned())
            }
            None => SettingsError::NoAddress,
        })?;
        if server.get_hosts().is_empty() {
            return Err(SettingsError::NoAddress);
        }
        Ok(Self { tls, ..Self::at(server) })
    }

    /// Settings with the usual limits for a database whose address is told in parts. A `host` that
    /// begins with a slash is the folder of a Unix socket.
    #[must_use]
    pub fn from_parts(host: &str, port: u16, user: &str, password: &str, database: &str) -> Self {
        let mut server = Config::new();
        server.host(host).port(port).user(user).dbname(database);
        if !password.is_empty() {
            server.password(password);
        }
        Self::at(server)
    }

    fn at(server: Config) -> Self {
        Self {
            server,
            tls: TlsSettings::default(),
            pool_size: 16,
            acquire_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(15),
            lock_timeout: Duration::from_secs(5),
            idle_in_transaction_timeout: Duration::from_secs(10),
            application_name: "course-seats".into(),
        }
    }
}

/// What asyncpg's `ssl` may say: libpq's words, or whether.
fn asyncpg_ssl(word: &str) -> Option<SslMode> {
    match word {
        "true" | "True" | "1" => Some(SslMode::VerifyFull),
        "false" | "False" | "0" => Some(SslMode::Disable),
        word => word.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio_postgres::config::Host;

    #[test]
    fn addresses_are_read() {
        for url in [
            "postgresql://u:p%40ss@h:5433/d",
            "postgres://u:p%40ss@h:5433/d?sslmode=disable",
            "postgresql+asyncpg://u:p%40ss@h:5433/d?ssl=require",
            " postgresql+psycopg://u:p%40ss@h:5433/d?sslmode=verify-ca&sslrootcert=/a%20b.pem ",
        ] {
            let settings = PostgresSettings::from_url(url).unwrap();
            assert_eq!(settings.server.get_hosts(), [Host::Tcp("h".into())]);
            assert_eq!(settings.server.get_ports(), [5433]);
            assert_eq!(settings.server.get_user(), Some("u"));
            assert_eq!(settings.server.get_password(), Some(b"p@ss".as_slice()));
            assert_eq!(settings.server.get_dbname(), Some("d"));
            assert!(!format!("{settings:?}").contains("p@ss"));
        }
    }

    #[test]
    fn how_to_encrypt_is_read() {
        let tls = |query: &str| {
            PostgresSettings::from_url(&format!("postgresql://u@h/d?{query}")).map(|it| it.tls)
        };
        let mode = |mode| Ok(TlsSettings { mode, ca_file: None });
        assert_eq!(tls(""), mode(SslMode::Prefer));
        assert_eq!(tls("sslmode=disable"), mode(SslMode::Disable));
        assert_eq!(tls("sslmode=allow"), mode(SslMode::Prefer));
        assert_eq!(tls("connect_timeout=3&sslmode=require"), mode(SslMode::Require));
        assert_eq!(tls("ssl=true"), mode(SslMode::VerifyFull));
        assert_eq!(tls("sslmode=verify-full&sslrootcert=system"), mode(SslMode::VerifyFull));
        let file = tls("sslmode=verify-ca&sslrootcert=%2Fa%20b.pem").unwrap();
        assert_eq!(file.mode, SslMode::VerifyCa);
        assert_eq!(file.ca_file, Some("/a b.pem".into()));
    }

    #[test]
    fn what_is_no_address_is_refused_without_quoting_it() {
        for (url, why) in [
            ("", SettingsError::NoAddress),
            ("mysql://u:secret@h/d", SettingsError::NoAddress),
            ("postgresql://u:secret@h:port/d", SettingsError::NoAddress),
            ("postgresql:///d", SettingsError::NoAddress),
            ("postgresql://u@h/d?sslmode=on", SettingsError::Parameter("sslmode".into())),
            ("postgresql://u@h/d?colour=red", SettingsError::Parameter("colour".into())),
        ] {
            assert_eq!(PostgresSettings::from_url(url).unwrap_err(), why, "{url}");
        }
    }
}
