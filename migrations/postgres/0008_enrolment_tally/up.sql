-- How many enrolments a course has, so that a page of them need not count them. The other service
-- writes enrolments too, and keeps its transactions open while it calls outside: who finds a course's
-- row held by somebody adds another row, so nobody waits. What a course has is the sum of its rows,
-- of which there are as many as ever wrote at once. An enrolment never moves to another course.
CREATE TABLE enrolment_tally (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    course_id uuid NOT NULL,
    enrolments bigint NOT NULL
);
CREATE INDEX ix_enrolment_tally_course_id ON enrolment_tally (course_id);

-- Of one statement: `changed` are its enrolments.
CREATE FUNCTION course_seats_enrolments_counted() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    here record;
BEGIN
    FOR here IN
        SELECT course_id, count(*) * CASE TG_OP WHEN 'DELETE' THEN -1 ELSE 1 END AS more
        FROM changed GROUP BY course_id
    LOOP
        UPDATE enrolment_tally SET enrolments = enrolments + here.more
            WHERE id = (SELECT id FROM enrolment_tally WHERE course_id = here.course_id
                LIMIT 1 FOR UPDATE SKIP LOCKED);
        IF NOT FOUND THEN
            INSERT INTO enrolment_tally (course_id, enrolments) VALUES (here.course_id, here.more);
        END IF;
    END LOOP;
    RETURN NULL;
END $$;
CREATE TRIGGER course_seats_enrolments_written
    AFTER INSERT ON course_enrolment REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION course_seats_enrolments_counted();
CREATE TRIGGER course_seats_enrolments_deleted
    AFTER DELETE ON course_enrolment REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION course_seats_enrolments_counted();

CREATE FUNCTION course_seats_course_deleted() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$ BEGIN
    DELETE FROM enrolment_tally WHERE course_id = OLD.id;
    RETURN NULL;
END $$;
CREATE TRIGGER course_seats_course_deleted AFTER DELETE ON course
    FOR EACH ROW EXECUTE FUNCTION course_seats_course_deleted();

INSERT INTO enrolment_tally (course_id, enrolments)
    SELECT course_id, count(*) FROM course_enrolment GROUP BY course_id;
