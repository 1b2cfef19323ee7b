//! The migrations, and the schema that they make.
#![expect(clippy::unwrap_used, reason = "a failed check panics")]

use course_seats_application::ports::Store;
use course_seats_application::ports::store::StoreError;
use course_seats_sqlite::{MIGRATIONS, SqliteSettings, SqliteStore};
use course_seats_testkit::clock::TestClock;
use diesel::connection::SimpleConnection;
use diesel::sql_types::Text;
use diesel::{Connection, QueryableByName, RunQueryDsl, SqliteConnection, sql_query};
use diesel_migrations::MigrationHarness;
use std::sync::Arc;
use tempfile::TempDir;

#[derive(QueryableByName, Debug, PartialEq, Eq)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

fn lines(connection: &mut SqliteConnection, query: &str) -> Vec<String> {
    let lines: Vec<Line> = sql_query(query).load(connection).unwrap();
    lines.into_iter().map(|line| line.line).collect()
}

fn migrated() -> (TempDir, SqliteConnection) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("seats.sqlite");
    let mut connection = SqliteConnection::establish(file.to_str().unwrap()).unwrap();
    connection.run_pending_migrations(MIGRATIONS).unwrap();
    (folder, connection)
}

/// Every migration there is, and whether it was applied.
fn all(applied: bool) -> Vec<(String, bool)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../migrations/sqlite");
    let mut all: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| (entry.unwrap().file_name().into_string().unwrap(), applied))
        .collect();
    all.sort();
    all
}

const SCHEMA: &str = "SELECT sql AS line FROM sqlite_schema
    WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '%diesel%' ORDER BY name";

#[test]
fn go_down_and_up_again() {
    let (_folder, mut connection) = migrated();
    let up = lines(&mut connection, SCHEMA);
    assert!(!up.is_empty());
    connection.revert_all_migrations(MIGRATIONS).unwrap();
    assert_eq!(lines(&mut connection, SCHEMA), Vec::<String>::new());
    connection.run_pending_migrations(MIGRATIONS).unwrap();
    assert_eq!(lines(&mut connection, SCHEMA), up);
}

#[test]
fn every_foreign_key_is_indexed() {
    let (_folder, mut connection) = migrated();
    let keys = lines(
        &mut connection,
        "SELECT t.name || '.' || k.\"from\" AS line
         FROM sqlite_schema t, pragma_foreign_key_list(t.name) k WHERE t.type = 'table'",
    );
    assert_eq!(keys.len(), 10, "{keys:?}");
    let indexed = lines(
        &mut connection,
        "SELECT t.name || '.' || c.name AS line
         FROM sqlite_schema t, pragma_index_list(t.name) i, pragma_index_info(i.name) c
         WHERE t.type = 'table' AND c.seqno = 0 AND NOT i.partial",
    );
    let bare: Vec<_> = keys.iter().filter(|key| !indexed.contains(key)).collect();
    assert!(bare.is_empty(), "no index begins with {bare:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_store_knows_what_is_pending() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("seats.sqlite");
    let open = || {
        let clock = Arc::new(TestClock::default());
        SqliteStore::open(&file, clock, SqliteSettings::default()).unwrap()
    };
    let (store, other) = (open(), open());
    assert_eq!(store.migration_status().await.unwrap(), all(false));
    assert!(matches!(store.ready().await, Err(StoreError::Unavailable(_))));
    // Two processes may start at once.
    let (first, second) = tokio::join!(store.migrate(), other.migrate());
    assert_eq!((first, second), (Ok(()), Ok(())));
    assert_eq!(store.migration_status().await.unwrap(), all(true));
    assert_eq!(store.ready().await, Ok(()));
    assert_eq!(store.migrate().await, Ok(()), "nothing is pending");
}

/// A copy that `VACUUM INTO` made, such as a backup, is not in WAL mode: its first connections switch
/// it, all at once.
#[tokio::test(flavor = "multi_thread")]
async fn many_connections_at_once_begin_on_a_copy() {
    let (folder, mut original) = migrated();
    for round in 0..50 {
        let file = folder.path().join(format!("copy-{round}.sqlite"));
        original.batch_execute(&format!("VACUUM INTO '{}'", file.display())).unwrap();
        let clock = Arc::new(TestClock::default());
        let store = SqliteStore::open(&file, clock, SqliteSettings::default()).unwrap();
        let reads = (0..SqliteSettings::default().pool_size).map(|_| store.read());
        let reads = futures::future::try_join_all(reads).await.map(|reads| reads.len());
        assert_eq!(reads, Ok(8), "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_a_newer_version_is_refused() {
    let (folder, mut connection) = migrated();
    sql_query("INSERT INTO __diesel_schema_migrations (version) VALUES ('99990101000000')")
        .execute(&mut connection)
        .unwrap();
    let file = folder.path().join("seats.sqlite");
    let clock = Arc::new(TestClock::default());
    let store = SqliteStore::open(&file, clock, SqliteSettings::default()).unwrap();
    let refused = store.migrate().await.unwrap_err();
    assert!(matches!(&refused, StoreError::Corrupt(why) if why.contains("newer")), "{refused}");
}
