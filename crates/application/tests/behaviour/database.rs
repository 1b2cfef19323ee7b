//! The database of a world. Tests read and write it in plain SQL, as an auditor and the other
//! service do: not through the code that they test.

use chrono::{DateTime, SecondsFormat, Utc};
use course_seats_application::ports::Store;
use course_seats_postgres::{LeaseTime, PostgresSettings, PostgresStore};
use course_seats_sandbox::SandboxClock;
use course_seats_sqlite::{SqliteSettings, SqliteStore};
use course_seats_testkit::postgres;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use serde_json::Value;
use std::path::Path;
use std::sync::{Arc, Mutex};
use tokio::runtime::Handle;
use tokio::sync::OnceCell;
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

/// Which database a test runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum On {
    Sqlite,
    Postgres,
}

/// How many transactions of one world run at once: many worlds share the server.
const POOL: usize = 3;

/// A database, and a connection of the test's own.
pub enum Database {
    Sqlite { connection: Mutex<SqliteConnection> },
    Postgres { client: Client, database: postgres::Database<'static> },
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    line: String,
}

impl Database {
    /// A new one, migrated, and the store that the application uses.
    pub async fn open(on: On, folder: &Path, clock: &Arc<SandboxClock>) -> (Self, Arc<dyn Store>) {
        match on {
            On::Sqlite => {
                let file = folder.join("course-seats.sqlite");
                std::fs::write(&file, migrated_file(folder, clock).await).unwrap();
                let connection = Mutex::new(connect_to_file(&file));
                (Self::Sqlite { connection }, Arc::new(open_file(&file, clock)))
            }
            On::Postgres => {
                let database = postgres::prepared(migrated).await;
                // Tests turn the clock, and leases go with it.
                let time = LeaseTime::Clock(clock.clone());
                let store = PostgresStore::open(&settings(&database), time).unwrap();
                let client = connect(&database).await;
                (Self::Postgres { client, database }, Arc::new(store))
            }
        }
    }

    pub fn on(&self) -> On {
        match self {
            Self::Sqlite { .. } => On::Sqlite,
            Self::Postgres { .. } => On::Postgres,
        }
    }

    /// The rows of a query for one column of JSON arrays, written for SQLite.
    pub fn rows(&self, sql: &str) -> Vec<Vec<Value>> {
        match self {
            Self::Sqlite { connection } => {
                let mut connection = connection.lock().unwrap();
                let rows: Vec<Row> = diesel::sql_query(sql).load(&mut *connection).unwrap();
                rows.iter().map(|row| serde_json::from_str(&row.line).unwrap()).collect()
            }
            Self::Postgres { client, .. } => {
                let sql = sql
                    .replace("json_array(", "json_build_array(")
                    .replace("group_concat(event, ' ')", "string_agg(event::text, ' ')");
                let asked = async { client.simple_query(&sql).await.unwrap() };
                let rows = tokio::task::block_in_place(|| Handle::current().block_on(asked));
                rows.iter()
                    .filter_map(|message| match message {
                        SimpleQueryMessage::Row(row) => row.get(0),
                        _ => None,
                    })
                    .map(|line| serde_json::from_str(line).unwrap())
                    .collect()
            }
        }
    }

    /// Writes to it.
    pub fn execute(&self, sql: &str) {
        match self {
            Self::Sqlite { connection } => connection.lock().unwrap().batch_execute(sql).unwrap(),
            Self::Postgres { client, .. } => {
                let done = async { client.batch_execute(sql).await.unwrap() };
                tokio::task::block_in_place(|| Handle::current().block_on(done));
            }
        }
    }

    /// Another connection, to a server.
    pub async fn another_client(&self) -> Client {
        match self {
            Self::Sqlite { .. } => panic!("a file has no server"),
            Self::Postgres { database, .. } => connect(database).await,
        }
    }

    /// How a moment is written in SQL.
    pub fn time(&self, at: DateTime<Utc>) -> String {
        match self {
            Self::Sqlite { .. } => at.timestamp_micros().to_string(),
            Self::Postgres { .. } => {
                format!("'{}'::timestamptz", at.to_rfc3339_opts(SecondsFormat::Micros, true))
            }
        }
    }

    /// Whenever `event` (such as `AFTER INSERT ON saga`) happens to a row for which `when` holds,
    /// `act` is done too.
    pub fn whenever(&self, event: &str, when: &str, act: &str) {
        self.trigger(event, when, &format!("{act};"), act);
    }

    /// The database refuses `event`, until [`Database::mend`].
    pub fn refuse(&self, event: &str) {
        self.trigger(event, "TRUE", "SELECT RAISE(ABORT, 'broken');", "RAISE EXCEPTION 'broken'");
    }

    fn trigger(&self, event: &str, when: &str, sqlite: &str, postgres: &str) {
        self.execute(&match self {
            Self::Sqlite { .. } => {
                format!("CREATE TRIGGER a_test {event} WHEN ({when}) BEGIN {sqlite} END")
            }
            Self::Postgres { .. } => format!(
                "CREATE FUNCTION a_test() RETURNS trigger LANGUAGE plpgsql \
                 AS $$ BEGIN {postgres}; RETURN NEW; END $$; \
                 CREATE TRIGGER a_test {event} FOR EACH ROW WHEN ({when}) EXECUTE FUNCTION a_test()"
            ),
        });
    }

    /// Takes [`Database::refuse`] back.
    pub fn mend(&self, table: &str) {
        self.execute(&match self {
            Self::Sqlite { .. } => "DROP TRIGGER a_test".to_owned(),
            Self::Postgres { .. } => format!("DROP TRIGGER a_test ON {table}"),
        });
    }
}

fn open_file(file: &Path, clock: &Arc<SandboxClock>) -> SqliteStore {
    SqliteStore::open(file, clock.clone(), SqliteSettings::default()).unwrap()
}

/// What a migrated file holds. It is migrated once in a test process: each world gets a copy.
async fn migrated_file(folder: &Path, clock: &Arc<SandboxClock>) -> &'static [u8] {
    static MIGRATED: OnceCell<Vec<u8>> = OnceCell::const_new();
    let make = || async {
        let (file, copy) = (folder.join("to-migrate.sqlite"), folder.join("migrated.sqlite"));
        open_file(&file, clock).migrate().await.unwrap();
        let copied = format!("VACUUM INTO '{}'", copy.display());
        connect_to_file(&file).batch_execute(&copied).unwrap();
        std::fs::read(copy).unwrap()
    };
    MIGRATED.get_or_init(make).await
}

fn connect_to_file(file: &Path) -> SqliteConnection {
    let mut connection = SqliteConnection::establish(&file.to_string_lossy()).unwrap();
    connection.batch_execute("PRAGMA busy_timeout = 5000").unwrap();
    connection
}

/// Over the server's socket, where it asks for no password: to derive a key for each connection
/// takes an unoptimised build longer than most tests.
fn settings(database: &postgres::Database<'_>) -> PostgresSettings {
    let server = database.server();
    let folder = server.folder().to_string_lossy();
    let mut settings =
        PostgresSettings::from_parts(&folder, server.port(), "postgres", "", database.name());
    settings.pool_size = POOL;
    settings
}

async fn migrated(url: String) {
    let settings = PostgresSettings::from_url(&url).unwrap();
    PostgresStore::open(&settings, LeaseTime::Database).unwrap().migrate().await.unwrap();
}

async fn connect(database: &postgres::Database<'_>) -> Client {
    let server = database.server();
    let mut config = tokio_postgres::Config::new();
    config.host_path(server.folder()).port(server.port()).user("postgres").dbname(database.name());
    let (client, connection) = config.connect(NoTls).await.unwrap();
    Handle::current().spawn(connection);
    client
}

/// Runs tests that take the database that they run on, on each.
macro_rules! on_each_database {
    ($($test:ident,)+) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                super::$test(crate::database::On::Sqlite).await;
            })+
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                super::$test(crate::database::On::Postgres).await;
            })+
        }
    };
}
pub(crate) use on_each_database;
