//! The outbox: mail is written with what it is about, tried at once, and tried again until the
//! mail server has taken it. A mail may at worst arrive twice, never be lost.

use crate::app::{App, finish};
use crate::mail::{Held, Turn, compose};
use crate::ports::store::{MailContent, MailStatus, OutboxMail};
use crate::ports::{PortError, StoreError, Tx};
use crate::settings::delta;
use chrono::TimeDelta;
use course_seats_domain::ids::MailId;
use course_seats_domain::values::EmailAddress;
use futures::future::{join_all, select};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// How many mails a round takes and sends at once.
const BATCH: usize = 16;

/// The longest pause between two tries, counted in first pauses: 32 s with the default. The pace
/// keeps a long queue from knocking the mail server over, so this decides only how soon mail goes
/// out once that is back.
const LONGEST_PAUSE: u32 = 16;

/// After so many tries a mail is dead: about three days with the default, so that a mail server
/// that is away over a weekend needs nobody.
const MOST_ATTEMPTS: u32 = 10_000;

/// How often who waits for a mail reads the outbox without being woken.
const READ_AGAIN: Duration = Duration::from_millis(250);

/// A mail that a transaction writes. If the pace lets it go at once it is written as taken, and sent
/// by us; else it is left to the rounds, which send in the order of the queue.
#[must_use]
pub(crate) struct Queued {
    mail: OutboxMail,
    now: Option<(Turn, Held)>,
}

/// Writes a mail with what it is about.
pub(crate) async fn queue_mail(
    app: &App,
    tx: &mut dyn Tx,
    to: EmailAddress,
    content: MailContent,
) -> Result<Queued, StoreError> {
    let mail =
        OutboxMail { id: app.new_id(), to, content, status: MailStatus::Queued, attempts: 0 };
    let now = take_turn(app).ok().map(|turn| (turn, app.tasks.mails.hold(mail.id)));
    let lease = now.as_ref().map(|_| lease(app));
    tx.enqueue(mail.id, &mail.to, &mail.content, lease).await?;
    Ok(Queued { mail, now })
}

impl Queued {
    /// The mail's id.
    pub(crate) fn id(&self) -> MailId {
        self.mail.id
    }

    /// Its transaction is committed: off it goes, in a task of its own.
    pub(crate) fn send(self, app: &Arc<App>) {
        let Some((turn, held)) = self.now else {
            app.tasks.mail.notify(usize::MAX);
            return;
        };
        turn.used();
        let app_in_task = Arc::clone(app);
        app.spawn(async move { send(&app_in_task, held, self.mail).await });
    }
}

/// Waits until none of the newest mails about these is being sent, or `MAIL_TIMEOUT_MS` has passed.
/// For one that is over the pace nobody waits: it goes when it is its turn.
pub(crate) async fn wait_for_mail(app: &App, subjects: &[Uuid]) -> Result<(), StoreError> {
    let deadline = app.ports.clock.monotonic() + app.settings.mail_timeout;
    let mut waits_for = subjects.to_vec();
    while !waits_for.is_empty() {
        let progress = app.tasks.progress.listen();
        let mut mails = app.glance().await?.mails_about(&waits_for).await?;
        mails.retain(|(_, mail, status)| {
            *status == MailStatus::Queued && app.tasks.mails.may_have(mail)
        });
        // Who has been told, or is not being told, is not asked about again.
        waits_for = mails.into_iter().map(|(subject, _, _)| subject).collect();
        let left = deadline.saturating_sub(app.ports.clock.monotonic());
        if waits_for.is_empty() || left.is_zero() || app.tasks.draining() {
            break;
        }
        select(progress, pin!(app.ports.clock.sleep(left.min(READ_AGAIN)))).await;
    }
    Ok(())
}

/// One round: everything that is due, at the pace that is set.
pub(super) async fn send_due(app: Arc<App>) {
    while let Some(mails) = claim_next(&app).await {
        join_all(mails.into_iter().map(|(held, mail)| send(&app, held, mail))).await;
    }
}

/// The next mails that are due, as many as may go now. They are taken only when it is their turn: a
/// lease does not wait in a queue. `None`: there are none, or the service is being stopped.
async fn claim_next(app: &App) -> Option<Vec<(Held, OutboxMail)>> {
    let mut turns = Vec::new();
    while turns.len() < BATCH {
        if app.tasks.draining() {
            return None;
        }
        match take_turn(app) {
            Ok(turn) => turns.push(turn),
            Err(_) if !turns.is_empty() => break,
            Err(wait) => {
                app.rest(wait).await;
            }
        }
    }
    let reaching = app.tasks.mails.reach();
    let due = async {
        let mut tx = app.begin().await?;
        let result = tx.claim_due_mails(turns.len(), lease(app)).await;
        finish(tx, result).await
    }
    .await;
    let mails = due.unwrap_or_else(|error| {
        tracing::warn!(%error, "the outbox cannot be read");
        Vec::new()
    });
    let held: Vec<_> =
        mails.into_iter().map(|mail| (app.tasks.mails.hold(mail.id), mail)).collect();
    turns.into_iter().take(held.len()).for_each(Turn::used);
    drop(reaching);
    (!held.is_empty()).then_some(held)
}

fn take_turn(app: &App) -> Result<Turn, Duration> {
    app.mail_pace.take(app.settings.mails_per_second, app.ports.clock.monotonic())
}

/// Nobody else sends the mail while it waits for a connection and is being sent, each of which takes
/// `MAIL_TIMEOUT_MS` at most. If its writer dies, or does not hear that it was committed, it goes when
/// this is over.
fn lease(app: &App) -> TimeDelta {
    delta(app.settings.mail_timeout * 3)
}

/// Sends one mail that is ours, and writes down what came of it.
async fn send(app: &Arc<App>, held: Held, mail: OutboxMail) {
    let id = mail.id;
    let result = match compose(app, &mail) {
        Ok(composed) => app.ports.mailer.send(&composed).await,
        Err(error) => Err(PortError::Rejected(error.to_string())),
    };
    let written = async {
        let mut tx = app.single().await?;
        let written = match &result {
            Ok(()) => tx.mail_sent(id).await,
            Err(error) if dead(error, mail.attempts + 1) => {
                tx.mail_failed(id, &last_words(error), None).await
            }
            Err(error) => {
                let base = app.settings.outbox_retry_base;
                let pause = pause(base, mail.attempts, app.ports.entropy.fraction());
                let next = app.now() + delta(pause);
                tx.mail_failed(id, &error.to_string(), Some(next)).await
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
    drop(held);
    app.tasks.progress.notify(usize::MAX);
}

/// Whether a mail is given up after so many failed attempts, the last of which said this.
fn dead(error: &PortError, attempts: u32) -> bool {
    matches!(error, PortError::Rejected(_)) || attempts >= MOST_ATTEMPTS
}

fn last_words(error: &PortError) -> String {
    match error {
        PortError::Rejected(_) => error.to_string(),
        error => format!("given up after {MOST_ATTEMPTS} attempts; the last one: {error}"),
    }
}

/// Doubling from `base`, up to a limit. The jitter, from 0 to 1, takes away up to half of it.
fn pause(base: Duration, attempts: u32, jitter: f64) -> Duration {
    let doubled = base.saturating_mul(1 << attempts.min(10)).min(base * LONGEST_PAUSE);
    doubled.mul_f64(0.5 + jitter / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pauses after the first so many attempts, in milliseconds.
    fn pauses(jitter: f64) -> Vec<u128> {
        let base = Duration::from_millis(100);
        (0..7).map(|attempts| pause(base, attempts, jitter).as_millis()).collect()
    }

    #[test]
    fn each_pause_is_twice_as_long_up_to_a_limit() {
        assert_eq!(pauses(1.0), [100, 200, 400, 800, 1600, 1600, 1600]);
        let base = Duration::from_millis(100);
        assert_eq!(pause(base, MOST_ATTEMPTS, 1.0), base * LONGEST_PAUSE);
    }

    #[test]
    fn jitter_takes_away_up_to_half_of_a_pause() {
        assert_eq!(pauses(0.0), [50, 100, 200, 400, 800, 800, 800]);
        assert_eq!(pauses(0.5), [75, 150, 300, 600, 1200, 1200, 1200]);
    }

    #[test]
    fn a_mail_dies_when_it_is_refused_or_after_many_tries() {
        let away = PortError::Unavailable("no answer".into());
        assert!(!dead(&away, MOST_ATTEMPTS - 1));
        assert!(dead(&away, MOST_ATTEMPTS));
        assert_eq!(
            last_words(&away),
            "given up after 10000 attempts; the last one: unavailable: no answer"
        );
        assert!(!dead(&PortError::Unknown("lost".into()), 1));
        let refused = PortError::Rejected("no such mailbox".into());
        assert!(dead(&refused, 1));
        assert_eq!(last_words(&refused), "rejected: no such mailbox");
    }
}
