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

CREATE FUNCTION course_seats_tally(course uuid, more bigint) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$ BEGIN
    UPDATE enrolment_tally SET enrolments = enrolments + more
        WHERE id = (SELECT id FROM enrolment_tally WHERE course_id = course
            LIMIT 1 FOR UPDATE SKIP LOCKED);
    IF NOT FOUND THEN
        INSERT INTO enrolment_tally (course_id, enrolments) VALUES (course, more);
    END IF;
END $$;

-- They come one by one, and go all at once: of a deleted course, `gone` are its enrolments.
CREATE FUNCTION course_seats_enrolled() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$ BEGIN
    PERFORM course_seats_tally(NEW.course_id, 1);
    RETURN NULL;
END $$;
CREATE TRIGGER course_seats_enrolled AFTER INSERT ON course_enrolment
    FOR EACH ROW EXECUTE FUNCTION course_seats_enrolled();

CREATE FUNCTION course_seats_enrolments_deleted() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$ BEGIN
    PERFORM course_seats_tally(course_id, -count(*)) FROM gone GROUP BY course_id;
    RETURN NULL;
END $$;
CREATE TRIGGER course_seats_enrolments_deleted
    AFTER DELETE ON course_enrolment REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION course_seats_enrolments_deleted();

CREATE FUNCTION course_seats_course_deleted() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$ BEGIN
    DELETE FROM enrolment_tally WHERE course_id = OLD.id;
    RETURN NULL;
END $$;
CREATE TRIGGER course_seats_course_deleted AFTER DELETE ON course
    FOR EACH ROW EXECUTE FUNCTION course_seats_course_deleted();

INSERT INTO enrolment_tally (course_id, enrolments)
    SELECT course_id, count(*) FROM course_enrolment GROUP BY course_id;
