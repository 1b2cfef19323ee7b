//! What makes things right by itself: no input, idempotent, woken by a signal and a timer, one
//! code path for good days and bad.

mod daily;
mod drift;
mod job;
mod outbox;
mod recovery;
mod requests;

pub(crate) use outbox::{Queued, queue_mail, wait_for_mail};

use crate::app::App;
use crate::engine::Tasks;
use event_listener::Event;
use futures::FutureExt;
use futures::future::select;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;

impl App {
    /// Starts the reconcilers of this process: takeovers, late looks, outbox, daily expiry, and
    /// what is forgotten.
    pub fn start_reconcilers(self: &Arc<Self>) {
        let app = Arc::clone(self);
        self.spawn(async move { app.reconcile(recovery::take_over).await });
        let app = Arc::clone(self);
        self.spawn(async move { app.reconcile(recovery::look_again).await });
        let app = Arc::clone(self);
        self.spawn(async move { app.reconcile_at(|tasks| &tasks.mail, outbox::send_due).await });
        let app = Arc::clone(self);
        self.spawn(async move { app.reconcile(daily::expire_if_due).await });
        let app = Arc::clone(self);
        self.spawn(async move { app.reconcile(requests::forget_old).await });
    }

    /// Starts looking for drift, every `DRIFT_INTERVAL_MS`, first when that has passed once.
    pub fn start_drift(self: &Arc<Self>) {
        let app = Arc::clone(self);
        self.spawn(async move { drift::look_now_and_then(app).await });
    }

    /// Runs one reconciler until the service is stopped.
    async fn reconcile<F: Future<Output = ()>>(self: &Arc<Self>, round: impl Fn(Arc<App>) -> F) {
        self.reconcile_at(|tasks| &tasks.wake, round).await;
    }

    /// The same, woken by a bell of its own.
    async fn reconcile_at<F: Future<Output = ()>>(
        self: &Arc<Self>,
        bell: fn(&Tasks) -> &Event,
        round: impl Fn(Arc<App>) -> F,
    ) {
        while !self.tasks.draining() {
            // Listened for before the round, so that no wake-up is lost.
            let woken = bell(&self.tasks).listen();
            if AssertUnwindSafe(round(Arc::clone(self))).catch_unwind().await.is_err() {
                tracing::error!("a reconciler panicked; it goes on with its next round");
            }
            if self.tasks.draining() {
                return;
            }
            let timer = self.ports.clock.sleep(self.settings.reconcile_interval);
            select(woken, pin!(timer)).await;
        }
    }

    /// Makes the reconcilers look now, not at their next turn.
    pub fn wake_reconcilers(&self) {
        self.tasks.wake.notify(usize::MAX);
        self.tasks.mail.notify(usize::MAX);
    }
}
