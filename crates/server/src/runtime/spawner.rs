use course_seats_application::ports::Spawner;
use futures::FutureExt;
use futures::future::BoxFuture;
use std::panic::AssertUnwindSafe;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::watch;

/// Spawns on the process's own multi-threaded runtime, and knows how many tasks still run. (A
/// task that a web worker spawns dies with that worker.)
#[derive(Debug, Clone)]
pub struct HandleSpawner {
    handle: Handle,
    running: watch::Sender<usize>,
}

impl HandleSpawner {
    /// A spawner on this runtime.
    #[must_use]
    pub fn new(handle: Handle) -> Self {
        Self { handle, running: watch::Sender::new(0) }
    }

    /// The runtime.
    #[must_use]
    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Waits until no task runs, at most so long; whether none does.
    pub async fn idle(&self, limit: Duration) -> bool {
        let mut running = self.running.subscribe();
        let idle = running.wait_for(|running| *running == 0);
        matches!(tokio::time::timeout(limit, idle).await, Ok(Ok(_)))
    }
}

/// Counts a task as running for as long as it lives, however it ends.
struct Running(watch::Sender<usize>);

impl Running {
    fn begin(running: &watch::Sender<usize>) -> Self {
        running.send_modify(|running| *running += 1);
        Self(running.clone())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.send_modify(|running| *running = running.saturating_sub(1));
    }
}

impl Spawner for HandleSpawner {
    fn spawn(&self, task: BoxFuture<'static, ()>) {
        let running = Running::begin(&self.running);
        self.handle.spawn(async move {
            if AssertUnwindSafe(task).catch_unwind().await.is_err() {
                tracing::error!("a task panicked");
            }
            drop(running);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn waits_for_its_tasks_also_for_one_that_panics() {
        let spawner = HandleSpawner::new(Handle::current());
        assert!(spawner.idle(Duration::from_millis(1)).await);
        let (open, gate) = tokio::sync::oneshot::channel::<()>();
        spawner.spawn(async move { gate.await.unwrap_or(()) }.boxed());
        spawner.spawn(async { panic!("as the test wants") }.boxed());
        assert!(!spawner.idle(Duration::from_millis(20)).await, "one is still at work");
        open.send(()).unwrap();
        assert!(spawner.idle(Duration::from_secs(5)).await);
    }
}
