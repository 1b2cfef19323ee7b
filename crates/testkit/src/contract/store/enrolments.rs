//! Enrolments.

use super::{World, is_conflict, page};
use crate::builders::{Campus, day, email, enrolment, id, project};
use course_seats_application::ports::store::EnrolmentFilter;
use course_seats_domain::enrolment::{Dropping, Enrolment, EnrolmentState};

const MARK: fn() -> Option<Dropping> = || Some(Dropping { since: day(2), student: None });

/// What is written is read again, and changed.
pub async fn are_kept(world: &World) {
    let campus = Campus::build(&*world.store).await;
    let mut one =
        campus.enrol(&*world.store, false, |it| it.grant = Some("149.99".parse().unwrap())).await;
    let adopted = campus.enrol(&*world.store, false, |it| it.grant = None).await;
    let mut tx = world.begin().await;
    assert_eq!(tx.enrolment(one.id).await.unwrap(), Some(one.clone()));
    let student = id();
    (one.claimed_by, one.activated_at) = (Some(student), Some(day(1)));
    one.dropping = Some(Dropping { since: day(2), student: Some(student) });
    one.dropped = true;
    tx.update_enrolment(&one).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = world.read().await;
    assert_eq!(tx.enrolment(one.id).await.unwrap(), Some(one.clone()));
    assert_eq!(tx.enrolment_of(one.project).await.unwrap(), Some(one.clone()));
    assert_eq!(tx.enrolments_by_id(&[one.id, id()]).await.unwrap(), [one]);
    assert_eq!(tx.enrolment(adopted.id).await.unwrap(), Some(adopted));
    assert_eq!(tx.enrolment(id()).await.unwrap(), None);
    assert_eq!(tx.enrolment_of(id()).await.unwrap(), None);
}

/// `Conflict` for a project, and within a course for a student id or an e-mail.
pub async fn are_unique_in_their_course(world: &World) {
    let campus = Campus::build(&*world.store).await;
    let one = campus.enrol(&*world.store, false, |_| {}).await;
    let other = project(campus.lab.id);
    let fresh = || enrolment(campus.course.id, other.id);
    for copy in [
        Enrolment { project: one.project, ..fresh() },
        Enrolment { student_id: one.student_id.clone(), ..fresh() },
        Enrolment { email: one.email.clone(), ..fresh() },
    ] {
        let mut tx = world.begin().await;
        tx.insert_project(&other).await.unwrap();
        assert!(is_conflict(&tx.insert_enrolment(&copy).await), "{copy:?}");
    }
    let elsewhere = Campus::build(&*world.store).await;
    elsewhere
        .enrol(&*world.store, false, |it| {
            (it.student_id, it.email) = (one.student_id.clone(), one.email.clone());
        })
        .await;
}

/// Dropped ones too; the student id is exact, the e-mail folded.
pub async fn are_found_by_id_or_folded_email(world: &World) {
    let campus = Campus::build(&*world.store).await;
    let one = campus
        .enrol(&*world.store, false, |it| {
            (it.student_id, it.email) = ("S1".parse().unwrap(), email("Ada@x.ch"));
            it.dropped = true;
        })
        .await;
    let mut tx = world.read().await;
    let words = |words: &[&str]| words.iter().map(ToString::to_string).collect::<Vec<_>>();
    for (ids, emails, found) in [
        (&["S1"][..], &[][..], 1),
        (&["s1"], &[], 0),
        (&[], &["ada@x.ch"], 1),
        (&["S1"], &["ada@x.ch", "b@x.ch"], 1),
        (&[], &[], 0),
    ] {
        let enrolled = tx.enrolled(campus.course.id, &words(ids), &words(emails)).await.unwrap();
        assert_eq!(enrolled, vec![one.clone(); found], "{ids:?} {emails:?}");
    }
    assert!(tx.enrolled(id(), &words(&["S1"]), &[]).await.unwrap().is_empty());
}

/// By creation.
pub async fn live_ones_are_neither_dropped_nor_dropping(world: &World) {
    let campus = Campus::build(&*world.store).await;
    let later = campus.enrol(&*world.store, false, |it| it.created_at = day(2)).await;
    let first = campus.enrol(&*world.store, false, |it| it.created_at = day(1)).await;
    campus.enrol(&*world.store, false, |it| it.dropped = true).await;
    campus.enrol(&*world.store, false, |it| it.dropping = MARK()).await;
    let mut tx = world.read().await;
    assert_eq!(tx.live_enrolments(campus.course.id).await.unwrap(), [first, later]);
}

/// Claimed by this user, not activated, live; in every course.
pub async fn claimed_ones_wait_for_activation(world: &World) {
    let (one, two) = (Campus::build(&*world.store).await, Campus::build(&*world.store).await);
    let holder = id();
    let user = Some(holder);
    let store = &*world.store;
    let later = two.enrol(store, false, |it| (it.claimed_by, it.created_at) = (user, day(2))).await;
    let first = one.enrol(store, false, |it| it.claimed_by = user).await;
    one.enrol(store, false, |it| it.claimed_by = Some(id())).await;
    one.enrol(store, false, |it| (it.claimed_by, it.activated_at) = (user, Some(day(1)))).await;
    one.enrol(store, false, |it| (it.claimed_by, it.dropped) = (user, true)).await;
    one.enrol(store, false, |it| (it.claimed_by, it.dropping) = (user, MARK())).await;
    let mut tx = world.read().await;
    assert_eq!(tx.claimed_by(holder).await.unwrap(), [first, later]);
}

/// Only who holds a live activated enrolment in a course on that lab.
pub async fn who_is_let_in_is_known(world: &World) {
    let campus = Campus::build(&*world.store).await;
    let user = id();
    let mut one = campus.enrol(&*world.store, false, |it| it.claimed_by = Some(user)).await;
    let mut tx = world.begin().await;
    assert!(!tx.has_live_activated(campus.lab.id, user).await.unwrap());
    one.activated_at = Some(day(1));
    tx.update_enrolment(&one).await.unwrap();
    assert!(tx.has_live_activated(campus.lab.id, user).await.unwrap());
    assert!(!tx.has_live_activated(id(), user).await.unwrap());
    assert!(!tx.has_live_activated(campus.lab.id, id()).await.unwrap());
    one.dropping = MARK();
    tx.update_enrolment(&one).await.unwrap();
    assert!(!tx.has_live_activated(campus.lab.id, user).await.unwrap());
}

/// Every state, as the filter and as the answer, by creation, in pages.
pub async fn are_listed_with_state_and_seat(world: &World) {
    let campus = Campus::build(&*world.store).await;
    let user = Some(id());
    let store = &*world.store;
    campus.enrol(store, false, |it| it.created_at = day(5)).await;
    campus.enrol(store, true, |it| it.claimed_by = user).await;
    campus.enrol(store, true, |it| (it.claimed_by, it.activated_at) = (user, Some(day(1)))).await;
    campus.enrol(store, true, |it| it.dropping = MARK()).await;
    campus.enrol(store, true, |it| (it.dropping, it.dropped) = (MARK(), true)).await;
    let mut tx = world.read().await;
    let every = EnrolmentFilter::default();
    let all = tx.list_enrolments(campus.course.id, &every, None).await.unwrap();
    assert_eq!((all.total, all.items.len()), (5, 5));
    let key = |it: &Enrolment| (it.created_at, it.id);
    assert!(all.items.iter().map(|it| key(&it.enrolment)).is_sorted());
    for state in EnrolmentState::ALL {
        let filter = EnrolmentFilter { state: Some(state), text: None };
        let listed = tx.list_enrolments(campus.course.id, &filter, None).await.unwrap();
        assert_eq!((listed.total, listed.items.len()), (1, 1), "{state:?}");
        let view = &listed.items[0];
        assert_eq!(view.enrolment.state(), state);
        assert_eq!(view.seat.is_some(), state != EnrolmentState::Assigned);
        assert!(all.items.contains(view));
    }
    let second = tx.list_enrolments(campus.course.id, &every, page(2, 2)).await.unwrap();
    assert_eq!((second.items.as_slice(), second.total), (&all.items[2..4], 5));
    let last = tx.list_enrolments(campus.course.id, &every, page(3, 2)).await.unwrap();
    assert_eq!((last.items.as_slice(), last.total), (&all.items[4..], 5));
}

/// A page knows how many there are in all: of its own course, those that are committed and our own.
pub async fn pages_tell_how_many_there_are(world: &World) {
    let (campus, other) = (Campus::build(&*world.store).await, Campus::build(&*world.store).await);
    for campus in [&campus, &other, &campus, &campus, &other] {
        campus.enrol(&*world.store, false, |_| {}).await;
    }
    let (every, first) = (EnrolmentFilter::default(), page(1, 1));
    let mut tx = world.begin().await;
    for (course, total) in [(campus.course.id, 3), (other.course.id, 2), (id(), 0)] {
        let listed = tx.list_enrolments(course, &every, first).await.unwrap();
        assert_eq!(listed.total, total);
    }
    tx.delete_enrolments(campus.course.id).await.unwrap();
    for (course, total) in [(campus.course.id, 0), (other.course.id, 2)] {
        // Beyond the last page: what is read does not tell how many there are.
        let listed = tx.list_enrolments(course, &every, page(9, 1)).await.unwrap();
        assert_eq!(listed.total, total);
    }
    drop(tx);
    let again = world.read().await.list_enrolments(campus.course.id, &every, first).await.unwrap();
    assert_eq!((again.items.len(), again.total), (1, 3));
}

/// By any part of student id or e-mail, without regard to case, `%` and `_` plain.
pub async fn are_found_by_text(world: &World) {
    let campus = Campus::build(&*world.store).await;
    campus
        .enrol(&*world.store, true, |it| {
            (it.student_id, it.email) = ("Ü_1".parse().unwrap(), email("Zoe@x.ch"));
        })
        .await;
    campus.enrol(&*world.store, true, |it| it.student_id = "Üx1".parse().unwrap()).await;
    let mut tx = world.read().await;
    for (text, found) in [("ü", 2), ("Ü_1", 1), ("ZOE@X", 1), ("%", 0)] {
        let filter = EnrolmentFilter { state: None, text: Some(text.into()) };
        let listed = tx.list_enrolments(campus.course.id, &filter, None).await.unwrap();
        assert_eq!((listed.total, listed.items.len()), (found, found as usize), "{text}");
    }
}
