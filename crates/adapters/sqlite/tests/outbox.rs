//! A mail that cannot be read.

use chrono::TimeDelta;
use course_seats_application::ports::Store;
use course_seats_application::ports::store::MailContent;
use course_seats_domain::ids::MailId;
use course_seats_sqlite::{SqliteSettings, SqliteStore};
use course_seats_testkit::builders::{email, id};
use course_seats_testkit::clock::TestClock;
use diesel::{Connection, RunQueryDsl, SqliteConnection, sql_query};
use std::sync::Arc;

const LEASE: TimeDelta = TimeDelta::seconds(20);

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_cannot_be_read_does_not_stop_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("seats.sqlite");
    let clock = Arc::new(TestClock::default());
    let store = SqliteStore::open(&file, clock, SqliteSettings::default()).unwrap();
    store.migrate().await.unwrap();
    let (broken, good): (MailId, MailId) = (id(), id());
    let mut tx = store.begin().await.unwrap();
    for mail in [broken, good] {
        let content = MailContent::Claim { enrolment: id(), lab_name: "Lab".into() };
        tx.enqueue(mail, &email("ada@x.ch"), &content, None).await.unwrap();
    }
    tx.commit().await.unwrap();
    let mut connection = SqliteConnection::establish(file.to_str().unwrap()).unwrap();
    let unknown = r#"{"kind": "of a newer version"}"#;
    let update = format!("UPDATE outbox_mail SET content = '{unknown}' WHERE id = '{broken}'");
    assert_eq!(sql_query(update).execute(&mut connection).unwrap(), 1);
    let mut tx = store.begin().await.unwrap();
    let claimed = tx.claim_due_mails(10, LEASE).await.unwrap();
    assert_eq!(claimed.iter().map(|mail| mail.id).collect::<Vec<_>>(), [good]);
    assert_eq!(tx.claim_due_mails(10, LEASE).await.unwrap(), [], "it is not in the way again");
    tx.commit().await.unwrap();
}
