use super::executor::Runtime;
use super::timers::Due;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// Waits until a moment of simulated time. Even one that has passed is waited for once: somebody
/// else may be first.
pub(super) struct Sleep {
    runtime: Runtime,
    until: Duration,
    timer: Option<(Waker, Arc<AtomicBool>)>,
}

impl Sleep {
    pub(super) fn until(runtime: Runtime, until: Duration) -> Self {
        Self { runtime, until, timer: None }
    }

    fn cancel(&mut self) {
        if let Some((_, left)) = self.timer.take() {
            left.store(true, Ordering::Relaxed);
        }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.timer.is_some() && self.runtime.now() >= self.until {
            return Poll::Ready(());
        }
        let known = self.timer.as_ref().is_some_and(|(waker, _)| waker.will_wake(context.waker()));
        if !known {
            self.cancel();
            let left = Arc::new(AtomicBool::new(false));
            let waker = context.waker().clone();
            self.runtime.set_timer(self.until, Due::Wake(waker.clone(), Arc::clone(&left)));
            self.timer = Some((waker, left));
        }
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        self.cancel();
    }
}
