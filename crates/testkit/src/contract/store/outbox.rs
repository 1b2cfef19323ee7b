//! The outbox.

use super::{LEASE, World, page};
use crate::builders::{day, email, id};
use chrono::TimeDelta;
use course_seats_application::ports::Tx;
use course_seats_application::ports::store::{MailContent, MailStatus};
use course_seats_domain::ids::{EnrolmentId, MailId};

fn claim_mail(enrolment: EnrolmentId) -> MailContent {
    MailContent::Claim { enrolment, lab_name: "Lab".into() }
}

async fn written(world: &World, lease: Option<TimeDelta>) -> (MailId, EnrolmentId) {
    let (mail, enrolment) = (id(), id());
    let mut tx = world.begin().await;
    tx.enqueue(mail, &email("Ada@x.ch"), &claim_mail(enrolment), lease).await.unwrap();
    tx.commit().await.unwrap();
    (mail, enrolment)
}

async fn queued(world: &World) -> (MailId, EnrolmentId) {
    written(world, None).await
}

/// One that whoever wrote it is sending.
async fn taken(world: &World) -> (MailId, EnrolmentId) {
    written(world, Some(LEASE)).await
}

/// Takes what is due: the ids.
async fn due(tx: &mut dyn Tx) -> Vec<MailId> {
    let claimed = tx.claim_due_mails(10, LEASE).await.unwrap();
    claimed.into_iter().map(|mail| mail.id).collect()
}

async fn status(world: &World, about: EnrolmentId) -> Option<MailStatus> {
    let told = world.read().await.mails_about(&[about.uuid()]).await.unwrap();
    told.first().map(|(_, _, status)| *status)
}

/// Until its lease ends, and never after it was sent.
pub async fn a_mail_is_claimed_once(world: &World) {
    let (mail, about) = queued(world).await;
    let mut tx = world.begin().await;
    let claimed = tx.claim_due_mails(10, LEASE).await.unwrap().remove(0);
    assert_eq!((claimed.id, claimed.to), (mail, email("Ada@x.ch")));
    assert_eq!((claimed.content, claimed.attempts), (claim_mail(about), 0));
    assert_eq!(claimed.status, MailStatus::Queued);
    assert_eq!(due(&mut *tx).await, []);
    world.time.pass(LEASE).await;
    assert_eq!(due(&mut *tx).await, [mail]);
    tx.mail_sent(mail).await.unwrap();
    tx.commit().await.unwrap();
    world.time.pass(LEASE).await;
    let mut tx = world.begin().await;
    assert_eq!(due(&mut *tx).await, []);
    tx.mail_failed(mail, "late", None).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(status(world, about).await, Some(MailStatus::Sent));
}

/// Who writes a mail may take it in the same breath; if he is gone, others send it.
pub async fn a_mail_that_its_writer_sends_is_nobody_elses(world: &World) {
    let (mail, about) = taken(world).await;
    assert_eq!(status(world, about).await, Some(MailStatus::Queued));
    assert_eq!(due(&mut *world.begin().await).await, []);
    world.time.pass(LEASE).await;
    assert_eq!(due(&mut *world.begin().await).await, [mail]);
}

/// At most so many, none that somebody has.
pub async fn due_mails_are_claimed_oldest_first(world: &World) {
    let mut mails = Vec::new();
    for number in 0..4 {
        mails.push(if number == 1 { taken(world).await.0 } else { queued(world).await.0 });
        world.time.pass(TimeDelta::seconds(1)).await;
    }
    let mut tx = world.begin().await;
    for expected in [vec![mails[0], mails[2]], vec![mails[3]], vec![]] {
        let claimed = tx.claim_due_mails(2, LEASE).await.unwrap();
        let ids: Vec<MailId> = claimed.iter().map(|mail| mail.id).collect();
        assert_eq!(ids, expected);
    }
    world.time.pass(LEASE).await;
    assert_eq!(due(&mut *tx).await, mails);
}

/// At their next time, or never.
pub async fn failed_ones_come_back_or_die(world: &World) {
    let (mail, about) = taken(world).await;
    let mut tx = world.begin().await;
    let next = world.time.now() + TimeDelta::minutes(1);
    tx.mail_failed(mail, "no answer", Some(next)).await.unwrap();
    assert_eq!(due(&mut *tx).await, []);
    world.time.pass(TimeDelta::minutes(1)).await;
    let claimed = tx.claim_due_mails(10, LEASE).await.unwrap();
    assert_eq!((claimed[0].id, claimed[0].attempts), (mail, 1));
    tx.mail_failed(mail, "refused", None).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(status(world, about).await, Some(MailStatus::Dead));
    world.time.pass(TimeDelta::days(1)).await;
    assert_eq!(due(&mut *world.begin().await).await, []);
}

/// Also one that is being sent; one that was sent stays so.
pub async fn cancelled_ones_are_not_sent(world: &World) {
    let (mail, about) = taken(world).await;
    let (sent, about_sent) = queued(world).await;
    let (left, other) = queued(world).await;
    let mut tx = world.begin().await;
    tx.mail_sent(sent).await.unwrap();
    tx.cancel_mails(&[about.uuid(), about_sent.uuid()]).await.unwrap();
    tx.cancel_mails(&[]).await.unwrap();
    tx.mail_failed(mail, "timeout", Some(day(0))).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(status(world, about).await, Some(MailStatus::Cancelled));
    assert_eq!(status(world, about_sent).await, Some(MailStatus::Sent));
    assert_eq!(status(world, other).await, Some(MailStatus::Queued));
    world.time.pass(LEASE).await;
    assert_eq!(due(&mut *world.begin().await).await, [left]);
}

/// One a subject; nothing for those that nothing is about.
pub async fn the_newest_about_a_subject_is_told(world: &World) {
    let (_, about) = queued(world).await;
    world.time.pass(TimeDelta::seconds(1)).await;
    let again = id();
    let mut tx = world.begin().await;
    tx.enqueue(again, &email("Ada@x.ch"), &claim_mail(about), None).await.unwrap();
    let told = tx.mails_about(&[about.uuid(), id()]).await.unwrap();
    assert_eq!(told, [(about.uuid(), again, MailStatus::Queued)]);
    assert!(tx.mails_about(&[]).await.unwrap().is_empty());
}

/// Queued or dead ones, with nothing counted against them; not from whoever is sending one.
pub async fn retried_ones_are_due_now(world: &World) {
    let (mail, about) = taken(world).await;
    let mut tx = world.begin().await;
    tx.mail_failed(mail, "refused", None).await.unwrap();
    assert!(tx.requeue_mail(mail).await.unwrap());
    assert!(!tx.requeue_mail(id()).await.unwrap());
    let claimed = tx.claim_due_mails(10, LEASE).await.unwrap();
    assert_eq!((claimed[0].id, claimed[0].attempts), (mail, 0));
    assert!(tx.requeue_mail(mail).await.unwrap());
    assert!(tx.claim_due_mails(10, LEASE).await.unwrap().is_empty(), "somebody is sending it");
    tx.mail_sent(mail).await.unwrap();
    assert!(!tx.requeue_mail(mail).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(status(world, about).await, Some(MailStatus::Sent));
    let (cancelled, about) = queued(world).await;
    let mut tx = world.begin().await;
    tx.cancel_mails(&[about.uuid()]).await.unwrap();
    assert!(!tx.requeue_mail(cancelled).await.unwrap());
}

/// A dead one is not brought back when what it was about is gone.
pub async fn dead_ones_are_cancelled_too(world: &World) {
    let (mail, about) = queued(world).await;
    let mut tx = world.begin().await;
    tx.mail_failed(mail, "refused", None).await.unwrap();
    tx.cancel_mails(&[about.uuid()]).await.unwrap();
    assert!(!tx.requeue_mail(mail).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(status(world, about).await, Some(MailStatus::Cancelled));
}

/// Newest first, in pages, with what their last attempt said.
pub async fn they_are_listed(world: &World) {
    let (first, about) = queued(world).await;
    assert_eq!(world.read().await.newest_mail_at(id()).await.unwrap(), None);
    let at = world.read().await.newest_mail_at(about.uuid()).await.unwrap();
    assert_eq!(at, Some(world.time.now()));
    world.time.pass(TimeDelta::seconds(1)).await;
    let (second, _) = queued(world).await;
    let mut tx = world.begin().await;
    tx.mail_failed(first, "refused", None).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = world.read().await;
    let all = tx.list_mails(None, page(1, 10).unwrap()).await.unwrap();
    let ids: Vec<MailId> = all.items.iter().map(|one| one.mail.id).collect();
    assert_eq!((ids, all.total), (vec![second, first], 2));
    let later = tx.list_mails(None, page(2, 1).unwrap()).await.unwrap();
    assert_eq!((later.items[0].mail.id, later.total), (first, 2));
    let dead = tx.list_mails(Some(MailStatus::Dead), page(1, 10).unwrap()).await.unwrap();
    assert_eq!((dead.items.len(), dead.total), (1, 1));
    assert_eq!(dead.items[0].error.as_deref(), Some("refused"));
    assert_eq!((dead.items[0].mail.attempts, &dead.items[0].mail.to), (1, &email("Ada@x.ch")));
    assert_eq!(tx.mail(first).await.unwrap().as_ref(), Some(&dead.items[0]));
    assert_eq!(tx.mail(id()).await.unwrap(), None);
}
