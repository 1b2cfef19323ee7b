//! Seats and batches.

use super::{World, is_conflict, page};
use crate::builders::{Campus, day, email, id, seat};
use chrono::TimeDelta;
use course_seats_application::ports::store::{BatchFilter, Reservation, SeatFilter};
use course_seats_domain::enrolment::Dropping;
use course_seats_domain::ids::{BatchId, SagaId, SeatId};
use course_seats_domain::seat::{Seat, SeatState};

/// What is written is read again, and changed.
pub async fn are_kept(world: &World) {
    let campus = Campus::build(&*world.store).await;
    let mut one = seat(&campus.course);
    let mut tx = world.begin().await;
    tx.insert_seats(std::slice::from_ref(&one)).await.unwrap();
    assert_eq!(tx.seat(one.id).await.unwrap(), Some(one.clone()));
    (one.consumed, one.previously_dropped) = (true, true);
    tx.update_seat(&one).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = world.read().await;
    assert_eq!(tx.seats_by_id(&[one.id, id()]).await.unwrap(), [one]);
    assert_eq!(tx.seat(id()).await.unwrap(), None);
}

/// Not consumed, no enrolment, not reserved, not expired; earliest expiry first.
pub async fn available_ones_are_free_and_in_order(world: &World) {
    let campus = Campus::build(&*world.store).await;
    campus.enrol(&*world.store, true, |_| {}).await;
    let free = |expiry| Seat { expiry: day(expiry), ..seat(&campus.course) };
    let (late, early, reserved) = (free(9), free(3), free(4));
    let consumed = Seat { consumed: true, ..free(5) };
    let expired = free(0);
    let just_in_time = Seat { expiry: day(0) + TimeDelta::microseconds(1), ..free(0) };
    let mut tx = world.begin().await;
    let all = [&late, &early, &reserved, &consumed, &expired, &just_in_time].map(Clone::clone);
    tx.insert_seats(&all).await.unwrap();
    let what = Reservation::Seat(reserved.id);
    assert!(tx.reserve(id(), &what, None).await.unwrap());
    let found = tx.available_seats(campus.course.id, day(0), None).await.unwrap();
    assert_eq!(found, [just_in_time.clone(), early, late]);
    let found = tx.available_seats(campus.course.id, day(0), Some(1)).await.unwrap();
    assert_eq!(found, [just_in_time]);
    assert!(tx.available_seats(id(), day(0), None).await.unwrap().is_empty());
}

/// `Conflict` for a second seat.
pub async fn an_enrolment_has_one_seat(world: &World) {
    let campus = Campus::build(&*world.store).await;
    let enrolment = campus.enrol(&*world.store, true, |_| {}).await;
    let mut tx = world.begin().await;
    let taken = tx.seat_of(enrolment.id).await.unwrap().unwrap();
    assert_eq!(taken.enrolment, Some(enrolment.id));
    assert_eq!(tx.seat_of(id()).await.unwrap(), None);
    let mut second = seat(&campus.course);
    tx.insert_seats(std::slice::from_ref(&second)).await.unwrap();
    second.assign(enrolment.id);
    assert!(is_conflict(&tx.update_seat(&second).await));
}

/// Those that are named, and none that is taken.
pub async fn move_to_another_course(world: &World) {
    let (from, to) = (Campus::build(&*world.store).await, Campus::build(&*world.store).await);
    let (goes, stays) = (seat(&from.course), seat(&from.course));
    let mut tx = world.begin().await;
    tx.insert_seats(&[goes.clone(), stays.clone()]).await.unwrap();
    tx.move_seats(&[goes.id], to.course.id).await.unwrap();
    assert_eq!(tx.seat(goes.id).await.unwrap().unwrap().course, to.course.id);
    assert_eq!(tx.seat(stays.id).await.unwrap(), Some(stays.clone()));
    tx.update_seat(&Seat { consumed: true, ..stays.clone() }).await.unwrap();
    assert!(is_conflict(&tx.move_seats(&[stays.id], to.course.id).await));
}

/// Every state, as the filter and as the answer, by expiry, in pages.
pub async fn are_listed_with_their_state(world: &World) {
    let campus = Campus::build(&*world.store).await;
    campus.enrol(&*world.store, true, |_| {}).await;
    let dropping = Dropping { since: day(1), student: None };
    campus.enrol(&*world.store, true, |it| it.dropping = Some(dropping)).await;
    let reserved = Seat { expiry: day(2), ..seat(&campus.course) };
    let was_reserved = Seat { expiry: day(3), ..seat(&campus.course) };
    let consumed = Seat { expiry: day(1), consumed: true, ..seat(&campus.course) };
    let mut tx = world.begin().await;
    let all = [reserved.clone(), was_reserved.clone(), consumed];
    tx.insert_seats(&all).await.unwrap();
    let (what, whose) = (Reservation::Seat(reserved.id), id::<SagaId>());
    assert!(tx.reserve(whose, &what, None).await.unwrap());
    let now = world.time.now();
    let what = Reservation::Seat(was_reserved.id);
    assert!(tx.reserve(whose, &what, Some(now)).await.unwrap());
    tx.commit().await.unwrap();
    let mut tx = world.read().await;
    let all = tx.list_seats(campus.course.id, now, &SeatFilter::default(), None).await.unwrap();
    assert_eq!(all.total, 5);
    let orders: Vec<_> = all.items.iter().map(|view| view.seat.order()).collect();
    assert!(orders.is_sorted());
    for state in SeatState::ALL {
        let filter = SeatFilter { state: Some(state), text: None };
        let listed = tx.list_seats(campus.course.id, now, &filter, None).await.unwrap();
        assert_eq!((listed.total, listed.items.len()), (1, 1), "{state:?}");
        let view = &listed.items[0];
        assert_eq!(view.state, state);
        assert_eq!(view.enrolment.as_ref().map(|it| it.id), view.seat.enrolment);
        assert!(all.items.contains(view), "the same with and without a filter");
    }
    let second =
        tx.list_seats(campus.course.id, now, &SeatFilter::default(), page(2, 2)).await.unwrap();
    assert_eq!((second.items.as_slice(), second.total), (&all.items[2..4], 5));
}

/// By any part of student id or e-mail, without regard to case, `%` and `_` plain.
pub async fn are_found_by_their_student(world: &World) {
    let campus = Campus::build(&*world.store).await;
    campus
        .enrol(&*world.store, true, |it| {
            (it.student_id, it.email) = ("ÉA_1".parse().unwrap(), email("Zoe@x.ch"));
        })
        .await;
    campus.enrol(&*world.store, true, |it| it.student_id = "ÉAB1".parse().unwrap()).await;
    let mut tx = world.begin().await;
    tx.insert_seats(&[seat(&campus.course)]).await.unwrap();
    let now = world.time.now();
    for (text, found) in [("éa", 2), ("A_1", 1), ("zOE@", 1), ("%", 0), ("", 2)] {
        let filter = SeatFilter { state: None, text: Some(text.into()) };
        let listed = tx.list_seats(campus.course.id, now, &filter, None).await.unwrap();
        assert_eq!((listed.total, listed.items.len()), (found, found as usize), "{text}");
        let filter = SeatFilter { state: Some(SeatState::Assigned), text: Some(text.into()) };
        let listed = tx.list_seats(campus.course.id, now, &filter, None).await.unwrap();
        assert_eq!(listed.total, found, "{text}");
    }
}

/// Newest first, each course's part of a batch by itself, with every filter.
pub async fn batches_are_listed(world: &World) {
    let (one, two) = (Campus::build(&*world.store).await, Campus::build(&*world.store).await);
    let made = |campus: &Campus, batch: BatchId, number: i64, expiry: i64| Seat {
        batch,
        created_at: day(number),
        expiry: day(expiry),
        ..seat(&campus.course)
    };
    let (old, new) = (id::<BatchId>(), id::<BatchId>());
    let stays = made(&one, old, 1, 366);
    let goes = made(&one, old, 1, 366);
    let fresh = [made(&two, new, 2, 368), made(&two, new, 2, 367)];
    let mut tx = world.begin().await;
    tx.insert_seats(&[stays.clone(), goes.clone()]).await.unwrap();
    tx.insert_seats(&fresh).await.unwrap();
    tx.move_seats(&[goes.id], two.course.id).await.unwrap();
    let all = tx.list_batches(&BatchFilter::default(), None).await.unwrap();
    let mut moved = [one.course.id, two.course.id];
    moved.sort();
    let found: Vec<_> = all.items.iter().map(|it| (it.id, it.course.course.id)).collect();
    assert_eq!(found, [(new, two.course.id), (old, moved[0]), (old, moved[1])]);
    assert_eq!(all.total, 3);
    let newest = &all.items[0];
    assert_eq!((newest.created_at, newest.expiry), (day(2), day(367)));
    let ids: Vec<SeatId> = newest.seats.iter().map(|it| it.id).collect();
    assert_eq!(ids, [fresh[1].id, fresh[0].id]);
    assert_eq!(newest.course.lab_name, two.lab.profile.name.as_str());

    let second = tx.list_batches(&BatchFilter::default(), page(2, 1)).await.unwrap();
    assert_eq!((second.items.as_slice(), second.total), (&all.items[1..2], 3));
    let any = BatchFilter::default;
    let lab_name = Some(one.lab.profile.name.as_str().to_uppercase());
    let institution_name = Some(one.institution.name.as_str()[4..].to_uppercase());
    for (filter, count) in [
        (BatchFilter { batch: Some(old), ..any() }, 2),
        (BatchFilter { course: Some(two.course.id), ..any() }, 2),
        (BatchFilter { institution: Some(one.institution.id), ..any() }, 2),
        (BatchFilter { lab_name, ..any() }, 1),
        (BatchFilter { institution_name, ..any() }, 2),
        (BatchFilter { lab_name: Some("%".into()), ..any() }, 0),
        (BatchFilter { created_after: Some(day(2)), ..any() }, 1),
        (BatchFilter { created_before: Some(day(1)), ..any() }, 2),
        (BatchFilter { created_after: Some(day(3)), ..any() }, 0),
    ] {
        let listed = tx.list_batches(&filter, None).await.unwrap();
        assert_eq!((listed.total, listed.items.len()), (count, count as usize), "{filter:?}");
    }

    let first = page(1, 1);
    let everything = SeatFilter::default();
    let of_two = tx.list_seats(two.course.id, day(0), &everything, first).await.unwrap();
    assert_eq!((of_two.items.len(), of_two.total), (1, 3), "of two batches");
    tx.move_seats(&[goes.id], one.course.id).await.unwrap();
    let of_two = tx.list_seats(two.course.id, day(0), &everything, first).await.unwrap();
    assert_eq!((of_two.items.len(), of_two.total), (1, 2), "one went back");
    let whole = tx.list_batches(&any(), None).await.unwrap();
    let sizes: Vec<_> = whole.items.iter().map(|it| (it.id, it.seats.len())).collect();
    assert_eq!(sizes, [(new, 2), (old, 2)], "back in one course");
    tx.delete_seats(two.course.id).await.unwrap();
    let left = tx.list_batches(&any(), page(1, 10)).await.unwrap();
    assert_eq!((left.total, left.items.len()), (1, 1), "a batch goes with its seats");
}
