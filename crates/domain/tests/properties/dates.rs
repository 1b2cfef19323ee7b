use crate::builders::{TICK, span, time};
use chrono::{DateTime, TimeDelta, Utc};
use course_seats_domain::course::{ActivationRefusal, CourseDates, MAX_DROP_WINDOW};
use proptest::prelude::*;

fn dates(start: DateTime<Utc>, last_drop: DateTime<Utc>, end: DateTime<Utc>) -> CourseDates {
    CourseDates { start: Some(start), last_drop: Some(last_drop), end: Some(end) }
}

#[test]
fn the_messages_are_those_of_the_service_we_replace() {
    let date = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
    let start = date("2027-03-02T11:49:02Z");
    let late = dates(start, date("2027-03-16T11:49:02.000001Z"), date("2028-01-01T00:00:00Z"));
    assert_eq!(
        late.check().unwrap_err().to_string(),
        "Cannot activate: last_drop_date must be within 2 weeks of start_date, \
         got 2027-03-16 11:49:02.000001+00:00 but max allowed is 2027-03-16 11:49:02+00:00",
    );
    assert_eq!(
        dates(start, start, start).check().unwrap_err().to_string(),
        "Cannot activate: dates must satisfy start_date < last_drop_date < end_date, \
         got 2027-03-02 11:49:02+00:00 / 2027-03-02 11:49:02+00:00 / 2027-03-02 11:49:02+00:00",
    );
    assert_eq!(
        CourseDates::default().check().unwrap_err().to_string(),
        "Cannot activate: the following fields are not set: start_date, end_date, last_drop_date",
    );
}

#[test]
fn far_dates_do_not_panic() {
    let year_9999 = "9999-12-31T23:59:59.999999Z".parse::<DateTime<Utc>>().unwrap();
    for last in [year_9999, DateTime::<Utc>::MAX_UTC] {
        // Two weeks after such a start there is no date any more, or one past year 9999.
        assert_eq!(dates(last - TICK * 2, last - TICK, last).check(), Ok(()));
        for odd in [dates(last, last, last), dates(DateTime::<Utc>::MIN_UTC, last - TICK, last)] {
            let refusal = odd.check().unwrap_err();
            assert!(!refusal.to_string().is_empty());
        }
    }
}

proptest! {
    #[test]
    fn exactly_fourteen_days_pass_and_a_microsecond_more_does_not(start in time()) {
        let end = start + TimeDelta::days(100);
        let latest = start + MAX_DROP_WINDOW;
        prop_assert_eq!(MAX_DROP_WINDOW, TimeDelta::days(14));
        prop_assert_eq!(dates(start, latest, end).check(), Ok(()));
        let late = latest + TICK;
        prop_assert_eq!(
            dates(start, late, end).check(),
            Err(ActivationRefusal::DropWindowTooLong { last_drop: late, latest })
        );
    }

    #[test]
    fn the_three_dates_are_in_strict_order(start in time(), a in time(), b in time()) {
        let allowed = start < a && a < b && a <= start + MAX_DROP_WINDOW;
        prop_assert_eq!(dates(start, a, b).check().is_ok(), allowed);
    }

    #[test]
    fn equal_dates_are_out_of_order(start in time(), span in span()) {
        for wrong in [
            dates(start, start, start + span),
            dates(start, start + span, start + span),
            dates(start, start, start),
        ] {
            let out_of_order = matches!(wrong.check(), Err(ActivationRefusal::OutOfOrder { .. }));
            prop_assert!(out_of_order);
        }
        prop_assert_eq!(dates(start, start + TICK, start + TICK * 2).check(), Ok(()));
    }

    #[test]
    fn every_missing_date_is_named(start: bool, last_drop: bool, end: bool, now in time()) {
        let date = |present: bool| present.then_some(now);
        let dates =
            CourseDates { start: date(start), last_drop: date(last_drop), end: date(end) };
        let mut missing = Vec::new();
        for (name, present) in
            [("start_date", start), ("end_date", end), ("last_drop_date", last_drop)]
        {
            if !present {
                missing.push(name);
            }
        }
        match dates.check() {
            Err(ActivationRefusal::Missing { fields }) => prop_assert_eq!(fields, missing),
            _ => prop_assert!(missing.is_empty()),
        }
    }

    #[test]
    fn start_is_within_and_end_and_last_drop_are_not(time in time()) {
        let dates = dates(time, time, time);
        prop_assert!(!dates.started(time - TICK) && dates.started(time));
        prop_assert!(!dates.ended(time - TICK) && dates.ended(time));
        prop_assert!(dates.before_last_drop(time - TICK) && !dates.before_last_drop(time));
    }
}
