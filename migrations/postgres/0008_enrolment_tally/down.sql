DROP TRIGGER course_seats_course_deleted ON course;
DROP TRIGGER course_seats_enrolments_deleted ON course_enrolment;
DROP TRIGGER course_seats_enrolments_written ON course_enrolment;
DROP FUNCTION course_seats_course_deleted();
DROP FUNCTION course_seats_enrolments_counted();
DROP TABLE enrolment_tally;
