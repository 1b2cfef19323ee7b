//! Each system outside, and the database, is gone for 20 s under load, and comes back: clean answers
//! meanwhile, then everything goes on, and nothing is lost.

use crate::audit::settled;
use crate::load::Load;
use crate::parts::{IMPATIENT, Parts};
use course_seats::demo::{Wrong, pause, until};
use std::time::Duration;

const GONE: Duration = Duration::from_secs(20);

/// How long it may take until somebody has come and gone, on a slow machine.
const WORK_LIMIT: Duration = Duration::from_secs(60);

/// When everything that can be settled must be, after the outside works again.
const BACK_LIMIT: Duration = Duration::from_secs(60);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Postgres,
    Keycloak,
    Accounting,
    Smtp,
}

impl What {
    async fn stop(self, parts: &Parts) {
        match self {
            Self::Postgres => tokio::task::block_in_place(|| parts.postgres.stop()),
            Self::Keycloak => parts.keycloak.stop().await,
            Self::Accounting => parts.stop_accounting().await,
            Self::Smtp => parts.smtp.lock().unwrap().stop(),
        }
    }

    async fn start(self, parts: &Parts) {
        match self {
            Self::Postgres => tokio::task::block_in_place(|| parts.postgres.start_again()),
            Self::Keycloak => parts.keycloak.start_again(parts).await,
            Self::Accounting => parts.start_accounting().await,
            Self::Smtp => tokio::task::block_in_place(|| parts.smtp.lock().unwrap().start_again()),
        }
    }
}

async fn outage(what: What) {
    let parts = Parts::start().await;
    parts.migrate();
    let serving = parts.serve("serve.log", IMPATIENT).await.unwrap();
    let load = Load::prepare(&serving.client).await.unwrap();
    let gone = async {
        load.has_dropped(1, WORK_LIMIT).await?;
        what.stop(&parts).await;
        pause(GONE).await;
        what.start(&parts).await;
        let again = until(BACK_LIMIT, async || Ok(load.works().await), Clone::clone).await;
        let again = match again {
            Ok(_) => load.has_dropped(load.told.dropped() + 1, WORK_LIMIT).await,
            Err(wrong) => Err(wrong),
        };
        load.stop();
        again
    };
    let played: Result<_, Wrong> = futures::try_join!(load.run(), gone);
    played.unwrap_or_else(|wrong| panic!("{wrong}\n{}", parts.log("serve.log")));
    let seen = settled(&serving.client, std::slice::from_ref(&load.watched)).await;
    let seen = seen.unwrap_or_else(|wrong| panic!("{wrong}\n{}", parts.log("serve.log")));
    load.told.kept(&seen);
    match what {
        What::Smtp => {
            assert!(load.told.unsent() > 0, "mails had to wait");
            assert_eq!(load.told.count(503), 0, "nobody else waits for mail");
        }
        _ => assert!(load.told.count(503) > 0, "it was refused meanwhile"),
    }
    let log = parts.log("serve.log");
    assert!(!log.contains("@u.example") && !log.contains("eyJ"), "no address, no token in the log");
    serving.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_the_database() {
    outage(What::Postgres).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_keycloak() {
    outage(What::Keycloak).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_accounting() {
    outage(What::Accounting).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_the_mail_server() {
    outage(What::Smtp).await;
}
