use futures::future::BoxFuture;

/// Where tasks live that outlast the call that began them.
pub trait Spawner: Send + Sync {
    /// Runs `task` to its end on the process's own runtime, whatever becomes of the caller.
    fn spawn(&self, task: BoxFuture<'static, ()>);
}
