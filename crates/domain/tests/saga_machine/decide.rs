use chrono::{DateTime, TimeDelta, Utc};
use course_seats_domain::saga::Status;
use course_seats_domain::saga::recovery::{Decision, Head, decide};
use proptest::prelude::*;

const LEASE: TimeDelta = TimeDelta::seconds(20);
const TICK: TimeDelta = TimeDelta::microseconds(1);

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

/// A head whose times are told as distances from now.
fn head(status: Status, lease: Option<TimeDelta>, due: TimeDelta, look: Option<TimeDelta>) -> Head {
    Head {
        status,
        lease_until: lease.map(|span| now() + span),
        due_at: now() + due,
        look_at: look.map(|span| now() + span),
    }
}

#[test]
fn open_sagas() {
    use Decision::{Leave, TakeOver};
    let table = [
        // (lease ends, due, what to do)
        (Some(TICK), -LEASE * 10, Leave, "held to the last microsecond"),
        (Some(TimeDelta::zero()), LEASE, TakeOver, "a lease that ends now has ended"),
        (Some(-TICK), TimeDelta::zero(), TakeOver, "expired"),
        (None, LEASE, Leave, "not due"),
        (None, TimeDelta::zero(), Leave, "due now: its own process knows of it"),
        (None, -LEASE * 2 + TICK, Leave, "due, but not for long enough"),
        (None, -LEASE * 2, TakeOver, "due for twice a lease: nobody comes"),
        (None, -LEASE * 100, TakeOver, "due for long"),
    ];
    for status in [Status::Running, Status::Undoing] {
        for (lease, due, expected, what) in table {
            // When it would be looked at says nothing about an open saga.
            for look in [None, Some(-LEASE), Some(LEASE)] {
                let head = head(status, lease, due, look);
                assert_eq!(decide(&head, LEASE, now()), expected, "{status:?}: {what}");
            }
        }
    }
}

#[test]
fn closed_sagas() {
    use Decision::{Leave, Look};
    let table = [
        // (lease ends, look, what to do)
        (None, None, Leave, "never looked at again"),
        (None, Some(TICK), Leave, "not due for its look"),
        (None, Some(TimeDelta::zero()), Look, "due for its look"),
        (None, Some(-LEASE), Look, "overdue"),
        (Some(TICK), Some(-LEASE), Leave, "somebody is looking"),
        (Some(TimeDelta::zero()), Some(-LEASE), Look, "who looked has died"),
        (Some(-LEASE), None, Leave, "nothing to look at"),
    ];
    for status in [Status::Completed, Status::Undone] {
        for (lease, look, expected, what) in table {
            for due in [-LEASE * 100, TimeDelta::zero(), LEASE] {
                let head = head(status, lease, due, look);
                assert_eq!(decide(&head, LEASE, now()), expected, "{status:?}: {what}");
            }
        }
    }
}

#[test]
fn put_off_until_the_end_of_time() {
    let mut head = head(Status::Running, None, TimeDelta::zero(), None);
    head.due_at = DateTime::<Utc>::MAX_UTC;
    assert_eq!(decide(&head, LEASE, now()), Decision::Leave);
    head.due_at = DateTime::<Utc>::MIN_UTC;
    assert_eq!(decide(&head, LEASE, now()), Decision::TakeOver);
    assert_eq!(decide(&head, TimeDelta::MAX, now()), Decision::Leave);
}

proptest! {
    /// What is to be done with an open saga stays to be done: waiting never makes it go away.
    #[test]
    fn patience_only_runs_out(
        leased: bool, until in -100i64..100, due in -100i64..100, wait in 0i64..200,
    ) {
        let seconds = TimeDelta::seconds;
        let head = head(Status::Running, leased.then(|| seconds(until)), seconds(due), None);
        if decide(&head, LEASE, now()) == Decision::TakeOver {
            prop_assert_eq!(decide(&head, LEASE, now() + seconds(wait)), Decision::TakeOver);
        }
        let long = now() + seconds(100) + LEASE * 2;
        prop_assert_eq!(decide(&head, LEASE, long), Decision::TakeOver);
    }
}
