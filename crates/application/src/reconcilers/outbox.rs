//! The outbox: mail is written with what it is about, tried at once, and tried again until the
//! mail server has taken it. A mail may at worst arrive twice, never be lost.

use crate::app::{App, finish};
use crate::mail::compose;
use crate::ports::store::{MailStatus, OutboxMail};
use crate::ports::{PortError, StoreError};
use crate::settings::delta;
use chrono::TimeDelta;
use course_seats_domain::ids::MailId;
use futures::future::select;
use futures::{StreamExt, stream};
use std::collections::HashMap;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// How many mails one round takes, and how many are sent at once.
const BATCH: u32 = 32;
const AT_ONCE: usize = 8;

/// How often who waits for a mail reads the outbox without being woken.
const READ_AGAIN: Duration = Duration::from_millis(250);

/// Tries to send a mail that was just committed, in a task of its own.
pub(crate) fn send_soon(app: &Arc<App>, mail: MailId) {
    let app_in_task = Arc::clone(app);
    app.spawn(async move {
        let claimed = async {
            let mut tx = app_in_task.begin().await?;
            let result = tx.claim_mail(mail, lease(&app_in_task)).await;
            finish(tx, result).await
        }
        .await;
        match claimed {
            Ok(Some(mail)) => send(&app_in_task, mail).await,
            Ok(None) => {}
            Err(error) => tracing::warn!(%mail, %error, "the mail waits for the next round"),
        }
    });
}

/// Waits until none of the newest mails about these is queued, or `MAIL_TIMEOUT_MS` has passed;
/// says where each is.
pub(crate) async fn wait_for_mail(
    app: &App,
    subjects: &[Uuid],
) -> Result<HashMap<Uuid, MailStatus>, StoreError> {
    if subjects.is_empty() {
        return Ok(HashMap::new());
    }
    let deadline = app.ports.clock.monotonic() + app.settings.mail_timeout;
    loop {
        let progress = app.tasks.progress.listen();
        let mails: HashMap<Uuid, MailStatus> = app
            .read()
            .await?
            .mails_about(subjects)
            .await?
            .into_iter()
            .map(|(subject, _, status)| (subject, status))
            .collect();
        let left = deadline.saturating_sub(app.ports.clock.monotonic());
        let queued = mails.values().any(|status| *status == MailStatus::Queued);
        if !queued || left.is_zero() || app.tasks.draining() {
            return Ok(mails);
        }
        select(progress, pin!(app.ports.clock.sleep(left.min(READ_AGAIN)))).await;
    }
}

/// One round: everything that is due.
pub(super) async fn send_due(app: Arc<App>) {
    let app = &app;
    while !app.tasks.draining() {
        let due = async {
            let mut tx = app.begin().await?;
            let result = tx.claim_due_mails(BATCH, lease(app)).await;
            finish(tx, result).await
        }
        .await;
        match due {
            Ok(mails) if mails.is_empty() => return,
            Ok(mails) => {
                stream::iter(mails).for_each_concurrent(AT_ONCE, |mail| send(app, mail)).await;
            }
            Err(error) => {
                tracing::warn!(%error, "the outbox cannot be read");
                return;
            }
        }
    }
}

/// Nobody else sends the mail while it is being sent.
fn lease(app: &App) -> TimeDelta {
    delta(app.settings.mail_timeout * 3)
}

/// Sends one mail that is ours, and writes down what came of it.
async fn send(app: &Arc<App>, mail: OutboxMail) {
    let id = mail.id;
    let result = match compose(app, &mail) {
        Ok(composed) => app.ports.mailer.send(&composed).await,
        Err(error) => Err(PortError::Rejected(error.to_string())),
    };
    let written = async {
        let mut tx = app.begin().await?;
        let written = match &result {
            Ok(()) => tx.mail_sent(id).await,
            Err(error) => {
                let next = match error {
                    PortError::Rejected(_) => None,
                    _ => Some(app.now() + delta(pause(app, mail.attempts))),
                };
                tx.mail_failed(id, &error.to_string(), next).await
            }
        };
        finish(tx, written).await
    }
    .await;
    if let Err(error) = written {
        // Its lease runs out and it is sent again: twice rather than never.
        tracing::warn!(mail = %id, %error, "the outbox was not written");
    }
    if let Err(error) = result {
        tracing::warn!(mail = %id, kind = mail.content.kind(), %error, "a mail was not sent");
    }
    app.tasks.progress.notify(usize::MAX);
}

/// Doubling from `OUTBOX_RETRY_BASE_MS`, with jitter, up to a hundred times that.
fn pause(app: &App, attempts: u32) -> Duration {
    let base = app.settings.outbox_retry_base;
    let doubled = base.saturating_mul(1 << attempts.min(10)).min(base * 100);
    doubled.mul_f64(0.5 + app.ports.entropy.fraction() / 2.0)
}
