//! Cases that wait most of the time, some of them at once.

use futures::{StreamExt, stream};
use std::future::Future;
use tokio::runtime::Handle;

/// How many cases of one test run at once.
const AT_ONCE: usize = 4;

/// Runs all of them, each on a thread of its own; the first that fails fails the test.
pub async fn together<C, F>(cases: impl IntoIterator<Item = C>)
where
    C: FnOnce() -> F + Send + 'static,
    F: Future<Output = ()>,
{
    stream::iter(cases)
        .map(|case| Handle::current().spawn_blocking(|| Handle::current().block_on(case())))
        .buffer_unordered(AT_ONCE)
        .for_each(async |done| {
            if let Err(failed) = done {
                std::panic::resume_unwind(failed.into_panic());
            }
        })
        .await;
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
