DROP TRIGGER course_seats_course_deleted ON course;
DROP TRIGGER course_seats_enrolments_deleted ON course_enrolment;
DROP TRIGGER course_seats_enrolled ON course_enrolment;
DROP FUNCTION course_seats_course_deleted();
DROP FUNCTION course_seats_enrolments_deleted();
DROP FUNCTION course_seats_enrolled();
DROP FUNCTION course_seats_tally(uuid, bigint);
DROP TABLE enrolment_tally;
