//! How a connection is made: over TLS if so set, with time limits and an address to tell.

use crate::errors::{failed, unavailable};
use crate::settings::PostgresSettings;
use course_seats_application::ports::StoreError;
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};
use std::error::Error;
use std::time::Duration;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Config, NoTls, config};
use tokio_postgres_rustls::MakeRustlsConnect;

/// Makes connections. They live on the runtime that this is called in.
#[derive(Clone)]
pub(crate) struct Connector {
    server: Config,
    tls: Option<MakeRustlsConnect>,
    /// What is said on a new connection first.
    limits: String,
}

impl Connector {
    pub(crate) fn new(settings: &PostgresSettings) -> Result<Self, StoreError> {
        let tls = settings.tls.connector()?;
        let mut server = settings.server.clone();
        server
            .application_name(&settings.application_name)
            .ssl_mode(match (&tls, settings.tls.mode) {
                (None, _) => config::SslMode::Disable,
                (_, crate::SslMode::Prefer) => config::SslMode::Prefer,
                _ => config::SslMode::Require,
            })
            .connect_timeout(settings.acquire_timeout)
            // A server that has gone without a word is found out.
            .keepalives_idle(Duration::from_secs(10))
            .keepalives_interval(Duration::from_secs(5))
            .keepalives_retries(3)
            .tcp_user_timeout(settings.statement_timeout + Duration::from_secs(5));
        let limits = format!(
            "SET statement_timeout = {}; SET lock_timeout = {}; \
             SET idle_in_transaction_session_timeout = {}",
            settings.statement_timeout.as_millis(),
            settings.lock_timeout.as_millis(),
            settings.idle_in_transaction_timeout.as_millis(),
        );
        Ok(Self { server, tls, limits })
    }

    /// A connection whose times are UTC (diesel sees to it) and whose time limits are set.
    pub(crate) async fn connect(&self) -> Result<AsyncPgConnection, StoreError> {
        let mut connection = self.establish().await?;
        connection.batch_execute(&self.limits).await.map_err(failed)?;
        // So that what went wrong can be told apart. Only a superuser may, but hardly any server
        // speaks another language.
        let _ = connection.batch_execute("SET lc_messages TO 'C'").await;
        Ok(connection)
    }

    /// Asks for a connection.
    pub(crate) async fn first_contact(&self) -> FirstContact {
        let asked = match &self.tls {
            None => self.server.connect(NoTls).await.map(drop),
            Some(tls) => self.server.connect(tls.clone()).await.map(drop),
        };
        match asked {
            Ok(()) => FirstContact::Answers,
            Err(error) if error.code().is_some_and(is_refusal) => {
                FirstContact::Refuses(with_causes(&error))
            }
            Err(error) => FirstContact::Silent(with_causes(&error)),
        }
    }

    async fn establish(&self) -> Result<AsyncPgConnection, StoreError> {
        let connection = match &self.tls {
            None => {
                let (client, connection) = self.server.connect(NoTls).await.map_err(refused)?;
                AsyncPgConnection::try_from_client_and_connection(client, connection).await
            }
            Some(tls) => {
                let (client, connection) =
                    self.server.connect(tls.clone()).await.map_err(refused)?;
                AsyncPgConnection::try_from_client_and_connection(client, connection).await
            }
        };
        connection.map_err(unavailable)
    }
}

/// What came of asking a server for a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FirstContact {
    /// It lets us in.
    Answers,
    /// It answers, and does not let us in: a wrong name, password or database.
    Refuses(String),
    /// It does not answer, or not now.
    Silent(String),
}

/// Who we are, or the database that we want, is not known there or not for us.
fn is_refusal(code: &SqlState) -> bool {
    let code = code.code();
    // Class 28: invalid authorization.
    code.starts_with("28")
        || code == SqlState::INVALID_CATALOG_NAME.code()
        || code == SqlState::INSUFFICIENT_PRIVILEGE.code()
}

fn refused(error: tokio_postgres::Error) -> StoreError {
    StoreError::Unavailable(with_causes(&error))
}

/// Why there is no connection, with what is behind it: "error connecting" alone helps nobody.
fn with_causes(error: &tokio_postgres::Error) -> String {
    let mut why = error.to_string();
    let mut source = error.source();
    while let Some(behind) = source {
        why = format!("{why}: {behind}");
        source = behind.source();
    }
    why
}
