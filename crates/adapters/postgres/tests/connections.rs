//! Connections: encrypted, limited, lost and found again.
#![expect(clippy::unwrap_used, reason = "a failed check panics")]

mod support;

use course_seats_application::ports::Store;
use course_seats_application::ports::store::StoreError;
use course_seats_postgres::{PostgresSettings, SslMode, TlsSettings};
use course_seats_testkit::builders::{Campus, institution};
use course_seats_testkit::postgres::{Database, Server};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use support::{open, settings};

const SHORT: Duration = Duration::from_millis(200);
const LONG: Duration = Duration::from_secs(30);

fn is_unavailable<T>(result: &Result<T, StoreError>) -> bool {
    matches!(result, Err(StoreError::Unavailable(_)))
}

/// Waits until nobody with this name is connected.
fn until_gone(database: &Database<'_>, name: &str) {
    let count = format!("SELECT count(*) FROM pg_stat_activity WHERE application_name = '{name}'");
    for _ in 0..1000 {
        if database.psql(&count) == "0" {
            return;
        }
    }
    unreachable!("{name} stays connected");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_that_is_not_given_in_time_is_unavailable() {
    let database = support::database().await;
    let mut settings = settings(&database);
    settings.lock_timeout = SHORT;
    let store = open(&settings);
    let course = Campus::build(&store).await.course.id;
    let mut first = store.begin().await.unwrap();
    first.lock_course(course).await.unwrap();
    let mut second = store.begin().await.unwrap();
    assert!(is_unavailable(&second.lock_course(course).await));
    drop(second);
    first.commit().await.unwrap();
    store.begin().await.unwrap().lock_course(course).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_takes_too_long_is_unavailable() {
    let database = support::database().await;
    let mut settings = settings(&database);
    (settings.statement_timeout, settings.lock_timeout) = (SHORT, LONG);
    let store = open(&settings);
    let course = Campus::build(&store).await.course.id;
    let mut first = store.begin().await.unwrap();
    first.lock_course(course).await.unwrap();
    let mut second = store.begin().await.unwrap();
    assert!(is_unavailable(&second.lock_course(course).await));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_does_nothing_is_ended() {
    let database = support::database().await;
    let mut settings = settings(&database);
    settings.idle_in_transaction_timeout = SHORT;
    settings.application_name = "idler".into();
    let store = open(&settings);
    let one = institution();
    let mut tx = store.begin().await.unwrap();
    tx.insert_institution(&one).await.unwrap();
    until_gone(&database, "idler");
    assert!(is_unavailable(&tx.institution(one.id).await));
    assert!(is_unavailable(&tx.commit().await));
    assert_eq!(store.read().await.unwrap().institution(one.id).await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_too_long_for_a_connection_hears_so() {
    let database = support::database().await;
    let mut settings = settings(&database);
    (settings.pool_size, settings.acquire_timeout) = (1, SHORT);
    let store = open(&settings);
    let one = store.begin().await.unwrap();
    assert!(is_unavailable(&store.read().await));
    one.commit().await.unwrap();
    store.read().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_in_which_something_failed_is_not_committed() {
    let database = support::database().await;
    let store = open(&settings(&database));
    let (one, other) = (institution(), institution());
    let mut tx = store.begin().await.unwrap();
    tx.insert_institution(&one).await.unwrap();
    tx.insert_institution(&other).await.unwrap();
    let conflict = tx.insert_institution(&one).await;
    assert_eq!(conflict, Err(StoreError::Conflict("institution_pkey".into())));
    assert!(tx.commit().await.is_err(), "Postgres itself would call this a success");
    assert_eq!(store.read().await.unwrap().search_institutions(None, None).await.unwrap().total, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn times_are_utc_and_connections_have_a_name() {
    let database = support::database().await;
    let mut settings = settings(&database);
    settings.application_name = "replica-7".into();
    let store = open(&settings);
    let one = institution();
    let mut tx = store.begin().await.unwrap();
    tx.insert_institution(&one).await.unwrap();
    tx.commit().await.unwrap();
    let sql = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'replica-7'";
    assert_eq!(database.psql(sql), "1");
    let sql = "SELECT created_at AT TIME ZONE 'UTC' FROM institution";
    assert_eq!(database.psql(sql), "2027-03-01 12:00:00");
    assert_eq!(store.read().await.unwrap().institution(one.id).await.unwrap(), Some(one));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_server_is_found_again() {
    let server = Server::start();
    let database = server.create(None);
    let mut settings = settings(&database);
    settings.pool_size = 3;
    let store = open(&settings);
    store.migrate().await.unwrap();
    let one = institution();
    for stop in [Server::stop, Server::crash] {
        // Two connections lie idle, one is in a transaction.
        let held = [store.read().await.unwrap(), store.read().await.unwrap()];
        let mut tx = store.begin().await.unwrap();
        tx.insert_institution(&one).await.unwrap();
        drop(held);
        stop(&server);
        assert!(is_unavailable(&tx.institution(one.id).await));
        assert!(is_unavailable(&tx.commit().await));
        assert!(is_unavailable(&store.begin().await));
        assert!(is_unavailable(&store.ready().await));
        server.start_again();
        // At once, and as often as the pool is big.
        let mut found = Vec::new();
        for _ in 0..3 {
            let mut tx = store.begin().await.unwrap();
            assert_eq!(tx.institution(one.id).await.unwrap(), None);
            found.push(tx);
        }
    }
}

/// A CA, and a certificate that it has signed for `localhost`: in `folder`, by name.
fn certificates(folder: &Path) {
    let openssl = |arguments: &str| {
        let arguments = arguments.split(' ');
        let done = Command::new("openssl").args(arguments).current_dir(folder).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    };
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
    for ca in ["ca", "other"] {
        openssl(&format!("req -x509 {key} -keyout {ca}.key -out {ca}.pem -subj /CN={ca} -days 2"));
    }
    openssl(&format!("req {key} -keyout server.key -out server.csr -subj /CN=db"));
    std::fs::write(folder.join("names"), "subjectAltName=DNS:localhost").unwrap();
    openssl(
        "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out server.crt \
         -days 2 -extfile names",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_are_encrypted_as_asked() {
    let server = Server::start();
    let database = server.create(None);
    let folder = tempfile::tempdir().unwrap();
    certificates(folder.path());
    for file in ["server.crt", "server.key"] {
        let to = server.folder().join(file);
        std::fs::copy(folder.path().join(file), &to).unwrap();
        // The server reads it, and only if nobody else can.
        let reference = format!("--reference={}", server.folder().display());
        Command::new("chown").arg(reference).arg(&to).status().unwrap();
        Command::new("chmod").arg("600").arg(&to).status().unwrap();
    }
    let place = server.folder().display();
    server.psql("postgres", &format!("ALTER SYSTEM SET ssl_cert_file = '{place}/server.crt'"));
    server.psql("postgres", &format!("ALTER SYSTEM SET ssl_key_file = '{place}/server.key'"));
    server.psql("postgres", "ALTER SYSTEM SET ssl = on");
    server.stop();
    server.start_again();

    let is_encrypted = async |host: &str, mode: SslMode, ca: Option<&str>| {
        let mut settings =
            PostgresSettings::from_parts(host, server.port(), "postgres", "seats", database.name());
        let ca_file: Option<PathBuf> = ca.map(|ca| folder.path().join(ca));
        settings.tls = TlsSettings { mode, ca_file };
        let store = course_seats_postgres::PostgresStore::open(&settings, Default::default())?;
        let _tx = store.begin().await?;
        let sql = "SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
                   WHERE application_name = 'course-seats' AND state = 'idle in transaction'";
        Ok::<bool, StoreError>(database.psql(sql) == "t")
    };
    let (name, number) = ("localhost", "127.0.0.1");
    let (right, wrong) = (Some("ca.pem"), Some("other.pem"));
    for (host, mode, ca, expected) in [
        (number, SslMode::Disable, None, Some(false)),
        (number, SslMode::Prefer, None, Some(true)),
        (number, SslMode::Prefer, wrong, Some(true)),
        (number, SslMode::Require, None, Some(true)),
        (number, SslMode::Require, wrong, None),
        (number, SslMode::VerifyCa, right, Some(true)),
        (number, SslMode::VerifyCa, wrong, None),
        (name, SslMode::VerifyFull, right, Some(true)),
        (name, SslMode::VerifyFull, wrong, None),
        (number, SslMode::VerifyFull, right, None),
        (name, SslMode::VerifyFull, None, None),
        (name, SslMode::VerifyFull, Some("missing.pem"), None),
    ] {
        let result = is_encrypted(host, mode, ca).await;
        match expected {
            Some(expected) => assert_eq!(result, Ok(expected), "{host} {mode:?} {ca:?}"),
            None => assert!(is_unavailable(&result), "{host} {mode:?} {ca:?}: {result:?}"),
        }
    }

    server.psql("postgres", "ALTER SYSTEM SET ssl = off");
    server.stop();
    server.start_again();
    assert_eq!(is_encrypted(number, SslMode::Prefer, None).await, Ok(false));
    assert!(is_unavailable(&is_encrypted(number, SslMode::Require, None).await));
}
