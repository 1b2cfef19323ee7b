DROP TRIGGER course_deleted;
DROP TRIGGER enrolment_deleted;
DROP TRIGGER enrolment_written;
DROP TABLE enrolment_tally;
