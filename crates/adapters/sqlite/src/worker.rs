use diesel_async::sync_connection_wrapper::SpawnBlocking;
use std::error::Error;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::mpsc;
use tokio::sync::oneshot;

type Task = Box<dyn FnOnce() + Send>;

/// The thread that a connection lives on.
///
/// SQLite blocks, so its calls are made on a thread of their own, one a connection. Tasks run in
/// the order in which they were sent, each to its end, also when nobody waits for the answer any
/// more. So a query whose caller went away cannot be overtaken by the rollback after it, and no
/// runtime is needed to send one: a web worker's single-threaded one will do, or none.
pub(crate) struct Worker {
    tasks: mpsc::Sender<Task>,
}

impl Worker {
    /// Starts a thread; it ends when its connection is dropped.
    pub(crate) fn start() -> Self {
        let (tasks, queue) = mpsc::channel::<Task>();
        let run = move || {
            for task in queue {
                // Who waits for a task that panics hears that its answer is gone.
                let _ = catch_unwind(AssertUnwindSafe(task));
            }
        };
        // Without a thread the queue is gone, and every task fails: the database is unavailable.
        let _ = std::thread::Builder::new().name("sqlite".into()).spawn(run);
        Self { tasks }
    }
}

impl SpawnBlocking for Worker {
    fn spawn_blocking<'a, R>(
        &mut self,
        task: impl FnOnce() -> R + Send + 'static,
    ) -> Pin<Box<dyn Future<Output = Result<R, Box<dyn Error + Send + Sync>>> + Send + 'a>>
    where
        R: Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let task: Task = Box::new(move || {
            // Nobody may be waiting any more.
            let _ = answer.send(task());
        });
        // A thread that is gone drops the task, and with it the answer.
        let _ = self.tasks.send(task);
        Box::pin(
            async move { answered.await.map_err(|_| "the connection's thread is gone".into()) },
        )
    }

    fn get_runtime() -> Self {
        Self::start()
    }
}
