use crate::builders::{TICK, at, course, id, seat, time};
use course_seats_domain::seat::{SeatFate, fate_after_drop, spent};
use course_seats_domain::values::Credits;
use proptest::prelude::*;

#[test]
fn fewer_than_fifty_spent_recovers() {
    let grant = Credits::whole(200);
    let table = [
        ("200", SeatFate::Recovered),
        ("150.01", SeatFate::Recovered),
        ("150.0000000000000000000000001", SeatFate::Recovered),
        ("150", SeatFate::Consumed),
        ("150.00", SeatFate::Consumed),
        ("149.99", SeatFate::Consumed),
        ("0", SeatFate::Consumed),
        // A top-up by hand: nothing was spent.
        ("200.01", SeatFate::Recovered),
        ("1000", SeatFate::Recovered),
    ];
    for (balance, fate) in table {
        let spent = spent(grant, balance.parse().unwrap());
        assert_eq!(fate_after_drop(false, true, spent), fate, "{balance} left of {grant}");
    }
}

#[test]
fn a_course_whose_seats_grant_less_than_fifty_always_gives_them_back() {
    let spent = spent(Credits::whole(49), Credits::ZERO);
    assert_eq!(fate_after_drop(false, true, spent), SeatFate::Recovered);
}

proptest! {
    #[test]
    fn recovered_only_once_in_time_and_hardly_used(
        recovered_before: bool, before_last_drop: bool, grant in 0u32..1000, cents in 0u64..200_000,
    ) {
        let grant = Credits::whole(grant);
        let balance: Credits = format!("{}.{:02}", cents / 100, cents % 100).parse().unwrap();
        let spent_cents = (u64::try_from(grant.amount()).unwrap() * 100).saturating_sub(cents);
        let expected = !recovered_before && before_last_drop && spent_cents < 5000;
        let fate = fate_after_drop(recovered_before, before_last_drop, spent(grant, balance));
        prop_assert_eq!(fate == SeatFate::Recovered, expected);
    }

    #[test]
    fn a_seat_comes_back_at_most_once(spends in prop::collection::vec(0u32..100, 1..10)) {
        let mut seat = seat(1, at(0));
        let mut recoveries = 0;
        for spent in spends {
            if seat.consumed {
                break;
            }
            seat.assign(id(2));
            let fate = fate_after_drop(seat.previously_dropped, true, Credits::whole(spent));
            recoveries += u32::from(fate == SeatFate::Recovered);
            seat.end_drop(fate);
        }
        prop_assert!(recoveries <= 1);
    }

    #[test]
    fn not_at_the_last_drop_date(start in time()) {
        let dates = course(start).dates;
        let last_drop = dates.last_drop.unwrap();
        let fate = |now| fate_after_drop(false, dates.before_last_drop(now), Credits::ZERO);
        prop_assert_eq!(fate(last_drop - TICK), SeatFate::Recovered);
        prop_assert_eq!(fate(last_drop), SeatFate::Consumed);
        prop_assert_eq!(fate(last_drop + TICK), SeatFate::Consumed);
    }
}
