use crate::builders::{TICK, closing, course, course_event, days, status, time};
use chrono::TimeDelta;
use course_seats_domain::course::{
    ActivationRefusal, AssignRefusal, CourseEvent, CourseStatus, check_assign,
};
use proptest::prelude::*;

/// The whole table: where each (status, event) pair leads, `None`: it is refused.
#[test]
fn every_status_and_event() {
    use CourseEvent::{Activate, Change, Delete, Void};
    use CourseStatus::{Active, Draft, Voided};
    let table = [
        (Draft, Change, Some(Draft)),
        (Draft, Activate, Some(Active)),
        (Draft, Void, Some(Voided)),
        (Draft, Delete, Some(Draft)),
        (Active, Change, None),
        (Active, Activate, None),
        (Active, Void, Some(Voided)),
        (Active, Delete, None),
        (Voided, Change, None),
        (Voided, Activate, None),
        (Voided, Void, Some(Voided)),
        (Voided, Delete, Some(Voided)),
    ];
    for (status, event, expected) in table {
        assert_eq!(status.after(event).ok(), expected, "{status} and {event:?}");
    }
}

#[test]
fn a_course_that_is_closing_is_not_activated() {
    let start = crate::builders::at(0);
    let mut closing = course(start);
    closing.status = CourseStatus::Draft;
    closing.closing = Some(course_seats_domain::course::Closing::Deleting);
    let before = closing.clone();
    assert_eq!(closing.activate(start), Err(ActivationRefusal::NotADraft));
    assert_eq!(closing, before, "a refusal changes nothing");
}

proptest! {
    #[test]
    fn voiding_is_always_allowed_and_idempotent(
        start in status(),
        events in prop::collection::vec(course_event(), 0..20),
    ) {
        let mut now = start;
        for event in events {
            now = now.after(event).unwrap_or(now);
            let voided = now.after(CourseEvent::Void);
            prop_assert_eq!(voided, Ok(CourseStatus::Voided));
            prop_assert_eq!(voided.unwrap().after(CourseEvent::Void), voided);
        }
    }

    #[test]
    fn nothing_leads_back(
        start in status(),
        events in prop::collection::vec(course_event(), 0..20),
    ) {
        let rank = |status: CourseStatus| status as u8;
        let mut now = start;
        for event in events {
            if let Ok(next) = now.after(event) {
                prop_assert!(rank(next) >= rank(now));
                now = next;
            }
        }
    }

    #[test]
    fn activating_twice_is_refused(start in time()) {
        let mut draft = course(start);
        draft.status = CourseStatus::Draft;
        draft.activate(start).unwrap();
        prop_assert_eq!(draft.status, CourseStatus::Active);
        prop_assert_eq!(draft.updated_at, start);
        prop_assert_eq!(draft.activate(start), Err(ActivationRefusal::NotADraft));
    }

    #[test]
    fn seats_are_assigned_before_the_last_drop_date_and_not_at_it(start in time()) {
        let course = course(start);
        let last_drop = course.dates.last_drop.unwrap();
        prop_assert_eq!(check_assign(&course, last_drop - TICK), Ok(()));
        prop_assert_eq!(check_assign(&course, last_drop), Err(AssignRefusal::AfterLastDrop));
        prop_assert_eq!(check_assign(&course, last_drop + TICK), Err(AssignRefusal::AfterLastDrop));
        // A course may be prepared before it starts.
        prop_assert_eq!(check_assign(&course, start - TICK), Ok(()));
    }

    #[test]
    fn seats_are_assigned_only_in_open_courses(
        start in time(), days in days(), status in status(), closing in closing(),
    ) {
        let mut course = course(start);
        (course.status, course.closing) = (status, closing);
        let allowed = status == CourseStatus::Active
            && closing.is_none()
            && days < TimeDelta::days(7);
        prop_assert_eq!(check_assign(&course, start + days).is_ok(), allowed);
        prop_assert!(!allowed || course.is_open());
    }
}
