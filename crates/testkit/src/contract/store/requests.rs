//! Calls that are remembered.

use super::{World, is_conflict};
use crate::builders::{email, id};
use chrono::TimeDelta;
use course_seats_application::ports::store::{
    ActivateItem, AssignItem, BegunActivation, BegunAssign, DropItem, Found, Request, RequestKey,
    Work,
};
use course_seats_domain::ids::RequestId;
use course_seats_domain::plans::Activate;
use course_seats_domain::values::StudentId;
use std::sync::Arc;

const DAY: TimeDelta = TimeDelta::hours(24);

fn key(name: &str) -> RequestKey {
    RequestKey {
        method: "POST".into(),
        path: "/seats/provision".into(),
        key: name.into(),
        body_hash: "a".repeat(64),
    }
}

/// A request of now.
fn request(world: &World, key: Option<RequestKey>, work: Work) -> Request {
    let now = world.time.now();
    Request {
        id: id(),
        caller: "ada".into(),
        key,
        course: None,
        work,
        created_at: now,
        answer_due_at: now + TimeDelta::seconds(30),
        keep_until: now + DAY,
    }
}

fn provision() -> Work {
    Work::Provision { seats: vec![id(), id()] }
}

async fn insert(world: &World, request: &Request) {
    let mut tx = world.begin().await;
    tx.insert_request(request, world.time.now() - DAY).await.unwrap();
    tx.commit().await.unwrap();
}

async fn found(world: &World, caller: &str, key: &RequestKey) -> Option<RequestId> {
    let since = world.time.now() - DAY;
    let found = world.read().await.request_by_key(caller, key, since).await.unwrap();
    found.map(|request| request.id)
}

/// With everything that was done, whatever it was.
pub async fn are_kept(world: &World) {
    let student = |name: &str, begun| AssignItem {
        student_id: name.parse::<StudentId>().unwrap(),
        email: email("Ada@x.ch"),
        seat: id(),
        begun,
    };
    let begun = BegunAssign { saga: id(), enrolment: id(), project: id() };
    let activate = Activate { course: id(), lab: id(), enrolment: id(), project: id(), user: id() };
    let activation = BegunActivation { saga: id(), activate };
    let all = [
        Work::Assign {
            grant: "199.99".parse().unwrap(),
            students: vec![student("S-é1", Some(begun)), student("S2", None)],
        },
        Work::Drop {
            seats: vec![
                DropItem { seat: id(), found: Found::Begun(id()) },
                DropItem { seat: id(), found: Found::Refused("no".into()) },
            ],
        },
        Work::ActivateEnrolments {
            enrolments: vec![
                ActivateItem { enrolment: id(), found: Found::Begun(activation) },
                ActivateItem { enrolment: id(), found: Found::Refused("later".into()) },
            ],
        },
        Work::CreateCourse { course: id(), saga: id() },
        Work::ActivateCourse { course: id() },
        Work::VoidCourse { course: id(), saga: Some(id()) },
        Work::VoidCourse { course: id(), saga: None },
        provision(),
        Work::Transfer { seats: Vec::new() },
        Work::Claim { enrolment: id() },
        Work::ResendClaimMail { mail: id() },
    ];
    for (number, work) in all.into_iter().enumerate() {
        let key = (number % 2 == 0).then(|| key(&format!("k{number}")));
        let mut kept = request(world, key, work);
        kept.course = (number % 3 == 0).then(id);
        insert(world, &kept).await;
        assert_eq!(world.read().await.request(kept.id).await.unwrap(), Some(kept));
    }
    assert_eq!(world.read().await.request(id()).await.unwrap(), None);
}

/// Caller, method, path and key together, whatever the body; without a key there is no limit.
pub async fn have_keys_of_their_own(world: &World) {
    let first = request(world, Some(key("k")), provision());
    insert(world, &first).await;
    assert_eq!(found(world, "ada", &key("k")).await, Some(first.id));
    let other_body = RequestKey { body_hash: "b".into(), ..key("k") };
    assert_eq!(found(world, "ada", &other_body).await, Some(first.id));
    let others = [
        RequestKey { method: "PATCH".into(), ..key("k") },
        RequestKey { path: "/seats/transfer".into(), ..key("k") },
        key("K"),
    ];
    for other in &others {
        assert_eq!(found(world, "ada", other).await, None);
        insert(world, &request(world, Some(other.clone()), provision())).await;
    }
    assert_eq!(found(world, "bob", &key("k")).await, None);
    let bobs = Request { caller: "bob".into(), ..request(world, Some(key("k")), provision()) };
    insert(world, &bobs).await;
    assert_eq!(found(world, "bob", &key("k")).await, Some(bobs.id));
    for _ in 0..2 {
        insert(world, &request(world, None, provision())).await;
    }
    for taken in [key("k"), other_body] {
        let again = request(world, Some(taken), provision());
        let mut tx = world.begin().await;
        let refused = tx.insert_request(&again, world.time.now() - DAY).await;
        assert!(is_conflict(&refused), "{refused:?}");
        tx.rollback().await.unwrap();
    }
    assert_eq!(found(world, "ada", &key("k")).await, Some(first.id));
}

/// From then on a key can be used again, and the older request has none.
pub async fn keys_end_with_their_time(world: &World) {
    let first = request(world, Some(key("k")), provision());
    insert(world, &first).await;
    world.time.pass(DAY - TimeDelta::seconds(1)).await;
    assert_eq!(found(world, "ada", &key("k")).await, Some(first.id));
    world.time.pass(TimeDelta::seconds(1)).await;
    assert_eq!(found(world, "ada", &key("k")).await, None);
    let second = request(world, Some(key("k")), provision());
    insert(world, &second).await;
    assert_eq!(found(world, "ada", &key("k")).await, Some(second.id));
    let without = Request { key: None, ..first };
    assert_eq!(world.read().await.request(without.id).await.unwrap(), Some(without));
}

/// All or not at all.
pub async fn are_taken_back_with_their_work(world: &World) {
    let gone = request(world, Some(key("k")), provision());
    let mut tx = world.begin().await;
    tx.insert_request(&gone, world.time.now() - DAY).await.unwrap();
    tx.rollback().await.unwrap();
    assert_eq!(found(world, "ada", &key("k")).await, None);
    assert_eq!(world.read().await.request(gone.id).await.unwrap(), None);
}

/// Never both, however they race: the other one then finds the first.
pub async fn two_with_one_key_and_one_wins(world: &World) {
    for round in 0..10 {
        let key = key(&format!("k{round}"));
        let racers = (0..4).map(|_| {
            let (store, now) = (Arc::clone(&world.store), world.time.now());
            let mine = request(world, Some(key.clone()), provision());
            async move {
                let mut tx = store.begin().await.unwrap();
                let written = tx.insert_request(&mine, now - DAY).await;
                if written.is_ok() {
                    tx.commit().await.unwrap();
                    return Some(mine.id);
                }
                assert!(is_conflict(&written), "{written:?}");
                tx.rollback().await.unwrap();
                None
            }
        });
        let won: Vec<_> = futures::future::join_all(racers).await.into_iter().flatten().collect();
        assert_eq!(won.len(), 1);
        assert_eq!(found(world, "ada", &key).await, Some(won[0]));
    }
}

/// Those whose time is over, oldest first, and no other.
pub async fn are_forgotten_when_their_time_is_over(world: &World) {
    let now = world.time.now();
    let mut kept = Vec::new();
    for hours in [3, 1, 2, 9] {
        let mut request = request(world, None, provision());
        request.keep_until = now + TimeDelta::hours(hours);
        insert(world, &request).await;
        kept.push(request.id);
    }
    let mut tx = world.begin().await;
    let early = now + TimeDelta::minutes(59);
    assert!(tx.requests_to_forget(early, 10).await.unwrap().is_empty());
    let at = now + TimeDelta::hours(3);
    assert_eq!(tx.requests_to_forget(at, 2).await.unwrap(), [kept[1], kept[2]]);
    assert_eq!(tx.requests_to_forget(at, 10).await.unwrap(), [kept[1], kept[2], kept[0]]);
    tx.forget_requests(&[kept[1], kept[0], id()]).await.unwrap();
    tx.forget_requests(&[]).await.unwrap();
    assert_eq!(tx.requests_to_forget(at, 10).await.unwrap(), [kept[2]]);
    assert_eq!(tx.request(kept[1]).await.unwrap(), None);
    assert!(tx.request(kept[3]).await.unwrap().is_some());
}
