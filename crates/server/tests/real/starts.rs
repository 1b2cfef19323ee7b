//! What a start on PostgreSQL says when the database is not as it should be.

use crate::binary::ready;
use crate::parts::{IMPATIENT, Parts};
use std::process::Output;

fn said(done: &Output) -> String {
    String::from_utf8_lossy(&done.stderr).into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_lacks_migrations_or_refuses_us_stops_the_start() {
    let parts = Parts::start().await;
    let lacking = parts.run(&["serve", "--bind-addr", "127.0.0.1:0"], &parts.settings());
    assert_eq!(lacking.status.code(), Some(1));
    assert!(said(&lacking).contains("run `course-seats migrate`"), "{}", said(&lacking));
    let status = parts.run(&["migrate", "status"], &parts.settings());
    assert!(String::from_utf8_lossy(&status.stdout).contains("pending"));

    let url = parts.postgres.url("seats").replace("postgres:seats@", "postgres:guessed@");
    let refused = parts.settings_with(&[("DATABASE_URL", &url)]);
    let refused = parts.run(&["serve", "--bind-addr", "127.0.0.1:0"], &refused);
    assert_eq!(refused.status.code(), Some(1));
    assert!(said(&refused).contains("the database refuses us"), "{}", said(&refused));
    assert!(!said(&refused).contains("guessed"), "no secret: {}", said(&refused));
}

/// A process that starts while the database is down is ready as soon as that is back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_without_the_database_waits_for_it() {
    let parts = Parts::start().await;
    parts.migrate();
    parts.postgres.stop();
    let early = parts.serve("early.log", IMPATIENT);
    let back = async {
        crate::parts::until_log(&parts, "early.log", "the database cannot be reached").await;
        parts.postgres.start_again();
    };
    let (early, ()) = tokio::join!(early, back);
    let early = early.unwrap();
    ready(&early.client).await.unwrap();
    early.stop().await.unwrap();
}
