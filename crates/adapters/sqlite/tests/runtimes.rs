//! The store is called from web workers, whose runtimes have one thread, and by callers that go
//! away.
#![expect(clippy::unwrap_used, reason = "a failed check panics")]

use course_seats_application::ports::store::{Store, StoreError};
use course_seats_sqlite::{SqliteSettings, SqliteStore};
use course_seats_testkit::builders::{Campus, day, institution, seat};
use course_seats_testkit::clock::TestClock;
use futures::FutureExt;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

struct World {
    main: Runtime,
    store: SqliteStore,
    _folder: TempDir,
}

fn world(lock_timeout: Duration) -> World {
    let main = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let store = main.block_on(async {
        let settings = SqliteSettings { pool_size: 2, lock_timeout };
        let file = folder.path().join("seats.sqlite");
        let store = SqliteStore::open(&file, Arc::new(TestClock::default()), settings).unwrap();
        store.migrate().await.unwrap();
        store
    });
    World { main, store, _folder: folder }
}

/// Runs on a web worker's runtime, which has no timer either.
fn on_a_worker<T>(task: impl Future<Output = T>) -> T {
    Builder::new_current_thread().build().unwrap().block_on(task)
}

/// Polls a future so many times and drops it, as a caller that goes away does.
async fn go_away_after<T>(polls: usize, task: impl Future<Output = T>) {
    let mut task = pin!(task);
    for _ in 0..polls {
        let polled = poll_fn(|context| Poll::Ready(task.as_mut().poll(context))).await;
        if polled.is_ready() {
            return;
        }
        tokio::task::yield_now().await;
    }
}

const PATIENCE: Duration = Duration::from_secs(30);

#[test]
fn a_caller_may_go_away_anywhere() {
    let World { main: _main, store, _folder } = world(PATIENCE);
    on_a_worker(async {
        let campus = Campus::build(&store).await;
        for polls in 0..40 {
            let whole = async {
                let mut tx = store.begin().await.unwrap();
                let seats: Vec<_> = (0..50).map(|_| seat(&campus.course)).collect();
                tx.insert_institution(&institution()).await.unwrap();
                tx.insert_seats(&seats).await.unwrap();
                tx.insert_institution(&institution()).await.unwrap();
                // Never committed.
            };
            go_away_after(polls, whole).await;
            let reading = async {
                let mut tx = store.read().await.unwrap();
                tx.search_institutions(None, None).await.unwrap();
            };
            go_away_after(polls, reading).await;
        }
        let mut tx = store.begin().await.unwrap();
        assert_eq!(tx.search_institutions(None, None).await.unwrap().total, 1);
        let course = campus.course.id;
        assert_eq!(
            tx.list_seats(course, day(0), &Default::default(), None).await.unwrap().total,
            0
        );
        tx.insert_seats(&[seat(&campus.course)]).await.unwrap();
        tx.commit().await.unwrap();
        let mut tx = store.read().await.unwrap();
        assert_eq!(
            tx.list_seats(course, day(0), &Default::default(), None).await.unwrap().total,
            1
        );
    });
}

#[test]
fn a_query_that_nobody_waits_for_is_taken_back_with_its_transaction() {
    let World { main: _main, store, _folder } = world(PATIENCE);
    on_a_worker(async {
        for _ in 0..50 {
            let mut tx = store.begin().await.unwrap();
            let one = institution();
            // Sent to the connection's thread, and dropped before the answer.
            let _ = tx.insert_institution(&one).now_or_never();
            drop(tx);
            let mut tx = store.read().await.unwrap();
            assert_eq!(tx.institution(one.id).await.unwrap(), None);
        }
        let mut tx = store.begin().await.unwrap();
        assert_eq!(tx.search_institutions(None, None).await.unwrap().total, 0);
    });
}

#[test]
fn a_transaction_may_be_dropped_outside_of_any_runtime() {
    let World { main: _main, store, _folder } = world(PATIENCE);
    let one = institution();
    let mut tx = on_a_worker(store.begin()).unwrap();
    on_a_worker(tx.insert_institution(&one)).unwrap();
    drop(tx);
    let mut tx = on_a_worker(store.begin()).unwrap();
    assert_eq!(on_a_worker(tx.institution(one.id)).unwrap(), None);
}

#[test]
fn who_waits_too_long_to_write_hears_so() {
    let World { main: _main, store, _folder } = world(Duration::from_millis(50));
    on_a_worker(async {
        let writing = store.begin().await.unwrap();
        let waiting = store.begin().await;
        assert!(matches!(waiting.err(), Some(StoreError::Unavailable(_))));
        store.read().await.unwrap();
        writing.commit().await.unwrap();
        store.begin().await.unwrap();
    });
}

#[test]
fn a_store_whose_runtime_has_ended_is_unavailable() {
    let World { main, store, _folder } = world(PATIENCE);
    let tx = on_a_worker(store.begin()).unwrap();
    main.shutdown_background();
    assert!(matches!(on_a_worker(tx.commit()), Err(StoreError::Unavailable(_))));
    assert!(matches!(on_a_worker(store.begin()).err(), Some(StoreError::Unavailable(_))));
}
