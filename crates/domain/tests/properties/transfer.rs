use crate::builders::{TICK, at, closing, course, id, seat, status, time};
use chrono::TimeDelta;
use course_seats_domain::course::{Closing, Course, CourseStatus};
use course_seats_domain::seat::{
    Seat, TransferAmount, TransferRefusal, check_transfer, pick_for_transfer,
};
use proptest::prelude::*;

/// A source that is right past its last drop date, a target that is right before its own, and now.
fn pair() -> (Course, Course, chrono::DateTime<chrono::Utc>) {
    let now = at(0) + TimeDelta::days(7);
    (course(at(0)), course(at(0) + TICK), now)
}

#[test]
fn to_the_microsecond() {
    let (source, target, now) = pair();
    assert_eq!(check_transfer(&source, &target, now), Ok(()));
    let early = check_transfer(&source, &target, now - TICK);
    assert_eq!(early, Err(TransferRefusal::SourceTooEarly));
    let late = check_transfer(&source, &target, now + TICK);
    assert_eq!(late, Err(TransferRefusal::TargetTooLate));
}

#[test]
fn a_source_past_its_end_still_gives() {
    let (mut source, target, now) = pair();
    source.closing = Some(Closing::Ended);
    assert_eq!(check_transfer(&source, &target, now), Ok(()));
}

#[test]
fn the_institution_is_told_first() {
    let (mut source, mut target, now) = pair();
    target.institution = id(99);
    source.status = CourseStatus::Voided;
    let refusal = check_transfer(&source, &target, now);
    assert_eq!(refusal, Err(TransferRefusal::OtherInstitution));
}

fn seats(values: Vec<(u32, i64)>) -> Vec<Seat> {
    let seat = |(number, (value, expiry)): (u128, (u32, i64))| {
        let mut seat = seat(number, at(expiry));
        seat.credit_value = value;
        seat
    };
    (1u128..).zip(values).map(seat).collect()
}

proptest! {
    #[test]
    fn both_are_active_and_neither_is_taken_out(
        now in time(), statuses in [status(), status()], closings in [closing(), closing()],
    ) {
        let mut source = course(now - TimeDelta::days(7));
        let mut target = course(now);
        let closed = |c: &Option<Closing>| matches!(c, Some(Closing::Voided | Closing::Deleting));
        (source.status, target.status) = (statuses[0], statuses[1]);
        (source.closing, target.closing) = (closings[0], closings[1]);
        let allowed = statuses == [CourseStatus::Active; 2] && !closings.iter().any(closed);
        let expected = if allowed { Ok(()) } else { Err(TransferRefusal::NotActive) };
        prop_assert_eq!(check_transfer(&source, &target, now), expected);
    }

    #[test]
    fn an_exact_number_or_a_conflict(
        values in prop::collection::vec((0u32..400, 0i64..5), 0..20),
        requested in 1u32..25,
        limit in 0u32..400,
    ) {
        let mut target = course(at(0));
        target.credits_per_seat = limit;
        let seats = seats(values);
        let fitting = seats.iter().filter(|seat| seat.credit_value <= limit).count();
        let picked =
            pick_for_transfer(seats.clone(), &target, TransferAmount::Exactly(requested));
        if fitting < usize::try_from(requested).unwrap() {
            prop_assert_eq!(
                picked,
                Err(TransferRefusal::TooFew { requested, available: fitting })
            );
        } else {
            let picked = picked.unwrap();
            prop_assert_eq!(picked.len(), usize::try_from(requested).unwrap());
            prop_assert!(picked.iter().all(|seat| seat.credit_value <= limit));
            prop_assert!(picked.is_sorted_by_key(Seat::order));
            // Nothing that was left behind would have come before what was picked.
            let last = picked.last().unwrap().order();
            let left = seats.iter().filter(|s| s.credit_value <= limit && !picked.contains(s));
            prop_assert!(left.into_iter().all(|seat| last < seat.order()));
        }
    }

    #[test]
    fn all_is_all_that_fit_and_at_least_one(
        values in prop::collection::vec((0u32..400, 0i64..5), 0..20),
        limit in 0u32..400,
    ) {
        let mut target = course(at(0));
        target.credits_per_seat = limit;
        let seats = seats(values);
        let mut fitting = seats.clone();
        fitting.retain(|seat| seat.credit_value <= limit);
        fitting.sort_by_key(Seat::order);
        let picked = pick_for_transfer(seats, &target, TransferAmount::All);
        if fitting.is_empty() {
            prop_assert_eq!(picked, Err(TransferRefusal::None));
        } else {
            prop_assert_eq!(picked, Ok(fitting));
        }
    }

    #[test]
    fn a_seat_worth_exactly_what_the_target_grants_moves(value in 0u32..u32::MAX) {
        let mut target = course(at(0));
        target.credits_per_seat = value;
        let pick = |value| {
            pick_for_transfer(seats(vec![(value, 0)]), &target, TransferAmount::Exactly(1))
        };
        prop_assert!(pick(value).is_ok());
        prop_assert_eq!(
            pick(value + 1),
            Err(TransferRefusal::TooFew { requested: 1, available: 0 })
        );
    }
}
