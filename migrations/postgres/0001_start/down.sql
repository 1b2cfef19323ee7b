-- Only what is ours. The tables that the service we replace has too stay, with their rows: they may
-- have been there before us, and it may be serving them now. Up adopts them again.
DROP TABLE daily_run;
DROP TABLE audit_entry;
DROP TABLE outbox_mail;
DROP TABLE given_up_account;
DROP TABLE reservation;
DROP TABLE saga_event;
DROP TABLE saga;

DROP INDEX ix_project_name_folded;
DROP INDEX ix_course_created_at;
DROP INDEX ix_course_enrolment_email_folded;
DROP INDEX ix_course_enrolment_created_at;
DROP INDEX ix_seat_expiry_date;
DROP INDEX ix_seat_institution_id;
DROP INDEX ix_virtual_lab_invite_user_id;

DROP TRIGGER course_seats_project_written ON project;
DROP TRIGGER course_seats_project_renamed ON project;
DROP TRIGGER course_seats_enrolment_written ON course_enrolment;
DROP TRIGGER course_seats_enrolment_readdressed ON course_enrolment;
DROP FUNCTION course_seats_fold_project();
DROP FUNCTION course_seats_fold_enrolment();
DROP FUNCTION contains_folded(text, text);
DROP FUNCTION course_seats_fold(text);

ALTER TABLE project DROP COLUMN name_folded;
ALTER TABLE course DROP COLUMN closing;
ALTER TABLE course_enrolment
    DROP COLUMN email_folded,
    DROP COLUMN grant_amount,
    DROP COLUMN dropping_since,
    DROP COLUMN dropping_student;
