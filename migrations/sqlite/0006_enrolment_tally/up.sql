-- How many enrolments a course has, so that a page of them need not count them. An enrolment never
-- moves to another course.
CREATE TABLE enrolment_tally (
    course_id TEXT NOT NULL PRIMARY KEY,
    enrolments BIGINT NOT NULL
);

CREATE TRIGGER enrolment_written AFTER INSERT ON course_enrolment BEGIN
    INSERT INTO enrolment_tally VALUES (NEW.course_id, 1)
        ON CONFLICT (course_id) DO UPDATE SET enrolments = enrolments + 1;
END;
CREATE TRIGGER enrolment_deleted AFTER DELETE ON course_enrolment BEGIN
    UPDATE enrolment_tally SET enrolments = enrolments - 1 WHERE course_id = OLD.course_id;
END;
CREATE TRIGGER course_deleted AFTER DELETE ON course BEGIN
    DELETE FROM enrolment_tally WHERE course_id = OLD.id;
END;

INSERT INTO enrolment_tally SELECT course_id, count(*) FROM course_enrolment GROUP BY course_id;
