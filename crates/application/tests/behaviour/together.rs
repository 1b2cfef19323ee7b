//! Cases that wait most of the time, some of them at once.

use futures::{StreamExt, stream};
use std::future::{Future, ready};
use std::sync::Mutex;
use tokio::runtime::Handle;

/// How many cases of one test run at once. More worlds at once than that keep the cores busy with each
/// other: PostgreSQL then takes a quarter more of their time for the same work.
const AT_ONCE: usize = 3;

/// Runs all of them, each on a thread of its own; the first that fails fails the test, when those that
/// run beside it are over: what they wait for would be gone.
pub async fn together<C, F>(cases: impl IntoIterator<Item = C>)
where
    C: FnOnce() -> F + Send + 'static,
    F: Future<Output = ()>,
{
    let failure = Mutex::new(None);
    let (none_failed, failure) = (|| failure.lock().unwrap().is_none(), &failure);
    stream::iter(cases)
        .take_while(|_| ready(none_failed()))
        .map(|case| Handle::current().spawn_blocking(|| Handle::current().block_on(case())))
        .buffer_unordered(AT_ONCE)
        .for_each(async |done| {
            if let Err(failed) = done {
                failure.lock().unwrap().get_or_insert(failed);
            }
        })
        .await;
    let failed = failure.lock().unwrap().take();
    if let Some(failed) = failed {
        std::panic::resume_unwind(failed.into_panic());
    }
}

/// Says in which case a test has failed.
pub struct Case(pub String);

impl Drop for Case {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("failed in: {}", self.0);
        }
    }
}
