//! Numbers about what is there.

use super::World;
use super::ledger::{opened_for, recorded, taken};
use crate::builders::id;
use chrono::TimeDelta;
use course_seats_application::ports::store::{GivenUp, MailContent, MailStatus, Statistics};
use course_seats_domain::ids::{CourseId, EnrolmentId, LabId, MailId};
use course_seats_domain::plans::SagaKind;
use course_seats_domain::saga::{Event, Status, Ticket};

/// An empty database counts nothing.
pub async fn nothing_is_counted_as_nothing(world: &World) {
    assert_eq!(world.read().await.statistics().await.unwrap(), Statistics::default());
}

/// Sagas by kind and status, mails by status, accounts given up, findings of drift by kind, and
/// what is oldest.
pub async fn everything_is_counted_once(world: &World) {
    let course: CourseId = id();
    let oldest = world.time.now();
    opened_for(world, 1, SagaKind::AssignSeat, course).await;
    world.time.pass(TimeDelta::seconds(5)).await;
    opened_for(world, 1, SagaKind::AssignSeat, course).await;
    // What was tried before it turned is no undo that fails.
    let why = || String::from("no");
    let turned = [Event::Tried { step: 0, why: why() }, Event::TurnedToUndo { why: why() }];
    let undoing = opened_for(world, 1, SagaKind::DropSeat, course).await;
    let (ticket, _) = taken(world, undoing).await;
    recorded(world, &ticket, &turned).await;
    for failed in
        [Event::UndoTried { step: 0, why: why() }, Event::UndoUnknown { step: 0, why: why() }]
    {
        let failing = opened_for(world, 1, SagaKind::DropSeat, course).await;
        let (ticket, _) = taken(world, failing).await;
        recorded(world, &ticket, &turned).await;
        let ticket = Ticket { status: Status::Undoing, ..ticket };
        recorded(world, &ticket, &[failed.clone(), failed]).await;
    }
    let mut tx = world.begin().await;
    tx.give_up(GivenUp::Lab(id::<LabId>()), undoing, world.time.now()).await.unwrap();
    tx.commit().await.unwrap();
    let queued = world.time.now();
    for sent in [false, true] {
        let (mail, enrolment) = (id::<MailId>(), id::<EnrolmentId>());
        let content = MailContent::Claim { enrolment, lab_name: "Lab".into() };
        let mut tx = world.begin().await;
        tx.enqueue(mail, &"s@u.example".parse().unwrap(), &content, None).await.unwrap();
        if sent {
            tx.mail_sent(mail).await.unwrap();
        }
        tx.commit().await.unwrap();
    }
    let mut tx = world.begin().await;
    let found = [("a", "1"), ("b", "1"), ("b", "2")].map(|(kind, of)| (kind, of.to_owned()));
    tx.sighted(&found, true, world.time.now()).await.unwrap();
    tx.commit().await.unwrap();
    let mut seen = world.read().await.statistics().await.unwrap();
    seen.sagas.sort_by_key(|(kind, status, _)| (kind.as_str(), status.as_str()));
    let expected =
        [(SagaKind::AssignSeat, Status::Running, 2), (SagaKind::DropSeat, Status::Undoing, 3)];
    assert_eq!(seen.sagas, expected);
    seen.mails.sort_by_key(|(status, _)| status.as_str());
    assert_eq!(seen.mails, [(MailStatus::Queued, 1), (MailStatus::Sent, 1)]);
    seen.drift.sort();
    assert_eq!(seen.drift, [("a".to_owned(), 1), ("b".to_owned(), 2)]);
    assert_eq!((seen.given_up_accounts, seen.needing_attention, seen.failing_undos), (1, 0, 2));
    assert!(seen.oldest_open_saga.is_some_and(|at| at - oldest < TimeDelta::seconds(5)));
    assert!(seen.oldest_queued_mail.is_some_and(|at| at >= queued));
}
