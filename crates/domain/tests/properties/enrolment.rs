use crate::builders::{TICK, closing, course, days, dropping, enrolment, status, time};
use course_seats_domain::course::CourseStatus;
use course_seats_domain::enrolment::{
    ActivateRefusal, ClaimRefusal, EnrolmentState, check_activate, check_claim,
};
use proptest::prelude::*;

proptest! {
    #[test]
    fn claimed_until_right_before_the_end(start in time()) {
        let course = course(start);
        let end = course.dates.end.unwrap();
        let mut open = enrolment();
        open.claimed_by = None;
        // A link may be used before the course starts.
        prop_assert_eq!(check_claim(&open, &course, start - TICK), Ok(()));
        prop_assert_eq!(check_claim(&open, &course, end - TICK), Ok(()));
        prop_assert_eq!(check_claim(&open, &course, end), Err(ClaimRefusal::CourseEnded));
    }

    #[test]
    fn activated_from_start_until_right_before_the_end(start in time()) {
        let (course, claimed) = (course(start), enrolment());
        let end = course.dates.end.unwrap();
        let check = |now| check_activate(&claimed, &course, now);
        prop_assert_eq!(check(start - TICK), Err(ActivateRefusal::NotStarted));
        prop_assert_eq!(check(start), Ok(()));
        prop_assert_eq!(check(end - TICK), Ok(()));
        prop_assert_eq!(check(end), Err(ActivateRefusal::Ended));
    }

    #[test]
    fn claim_and_activation_need_all_that_they_say(
        start in time(), days in days(), status in status(), closing in closing(),
        claimed: bool, dropped: bool, is_dropping: bool,
    ) {
        let now = start + days;
        let mut course = course(start);
        (course.status, course.closing) = (status, closing);
        let mut enrolment = enrolment();
        if !claimed {
            enrolment.claimed_by = None;
        }
        enrolment.dropped = dropped;
        enrolment.dropping = is_dropping.then(dropping);
        let live = !dropped && !is_dropping;
        let open = status == CourseStatus::Active && closing.is_none();
        let before_end = now < course.dates.end.unwrap();
        prop_assert_eq!(
            check_claim(&enrolment, &course, now).is_ok(),
            live && !claimed && open && before_end
        );
        prop_assert_eq!(
            check_activate(&enrolment, &course, now).is_ok(),
            live && claimed && open && start <= now && before_end
        );
    }

    /// Design §4.9: in a project's member group belongs the holder of its live activated enrolment.
    #[test]
    fn only_the_holder_of_a_live_activated_enrolment_is_a_member(
        now in time(), claimed: bool, activated: bool, dropped: bool, is_dropping: bool,
    ) {
        let mut enrolment = enrolment();
        let holder = enrolment.claimed_by.filter(|_| claimed);
        enrolment.claimed_by = holder;
        enrolment.activated_at = activated.then_some(now);
        enrolment.dropped = dropped;
        enrolment.dropping = is_dropping.then(dropping);
        let member = activated && !dropped && !is_dropping;
        prop_assert_eq!(enrolment.member(), holder.filter(|_| member));
        let state = match (dropped, is_dropping, activated, claimed) {
            (true, ..) => EnrolmentState::Dropped,
            (_, true, ..) => EnrolmentState::Dropping,
            (_, _, true, _) => EnrolmentState::Activated,
            (.., true) => EnrolmentState::Claimed,
            _ => EnrolmentState::Assigned,
        };
        prop_assert_eq!(enrolment.state(), state);
    }
}
