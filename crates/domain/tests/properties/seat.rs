use crate::builders::{TICK, at, id, seat, time};
use course_seats_domain::ids::EnrolmentId;
use course_seats_domain::seat::{Seat, SeatFate, SeatState};
use proptest::prelude::*;

proptest! {
    #[test]
    fn a_seat_that_expires_now_is_not_available(now in time()) {
        prop_assert!(!seat(1, now).is_available(false, now));
        prop_assert!(!seat(1, now - TICK).is_available(false, now));
        prop_assert!(seat(1, now + TICK).is_available(false, now));
    }

    #[test]
    fn available_is_free_and_not_expired(
        now in time(), expiry in time(), consumed: bool, held: bool, reserved: bool,
        previously_dropped: bool,
    ) {
        let mut seat = seat(1, expiry);
        seat.consumed = consumed;
        seat.enrolment = held.then(|| id::<EnrolmentId>(2));
        seat.previously_dropped = previously_dropped;
        let free = !consumed && !held && !reserved;
        prop_assert_eq!(seat.is_available(reserved, now), free && expiry > now);
        prop_assert_eq!(seat.state(reserved, false) == SeatState::Free, free);
    }

    #[test]
    fn a_seat_shows_the_strongest_that_holds(
        consumed: bool, held: bool, reserved: bool, dropping: bool,
    ) {
        let mut seat = seat(1, at(0));
        seat.consumed = consumed;
        seat.enrolment = held.then(|| id::<EnrolmentId>(2));
        let state = match (consumed, held, dropping, reserved) {
            (true, ..) => SeatState::Consumed,
            (_, true, true, _) => SeatState::Dropping,
            (_, true, false, _) => SeatState::Assigned,
            (_, false, _, true) => SeatState::Reserved,
            (_, false, _, false) => SeatState::Free,
        };
        prop_assert_eq!(seat.state(reserved, dropping), state);
    }

    #[test]
    fn earliest_expiry_first_and_the_id_between_equals(
        seats in prop::collection::vec((0u128..5, 0i64..5), 0..20),
    ) {
        let mut seats: Vec<Seat> =
            seats.into_iter().map(|(number, expiry)| seat(number, at(expiry))).collect();
        seats.sort_by_key(Seat::order);
        for pair in seats.windows(2) {
            let (first, second) = (&pair[0], &pair[1]);
            let in_order = first.expiry < second.expiry
                || (first.expiry == second.expiry && first.id <= second.id);
            prop_assert!(in_order);
        }
    }

    #[test]
    fn a_drop_frees_or_consumes(now in time(), recovered: bool) {
        let mut seat = seat(1, now + TICK);
        seat.assign(id(2));
        prop_assert!(!seat.is_available(false, now));
        seat.end_drop(if recovered { SeatFate::Recovered } else { SeatFate::Consumed });
        prop_assert_eq!(seat.is_available(false, now), recovered);
        prop_assert_eq!(seat.previously_dropped, recovered);
        // A consumed seat keeps the enrolment that used it up: dropping it again is told so.
        prop_assert_eq!(seat.enrolment.is_some(), !recovered);
    }
}
