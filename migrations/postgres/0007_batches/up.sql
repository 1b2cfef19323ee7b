-- Which batches have seats, and in which course: a page of them need not read all seats. The other
-- service writes seats too, so triggers keep it, with the rights of who migrates. Counting, not
-- looking, because two transactions do not see each other's seats.
CREATE TABLE seat_batch (
    batch_id uuid NOT NULL,
    course_id uuid NOT NULL,
    institution_id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    seats bigint NOT NULL,
    PRIMARY KEY (batch_id, course_id)
);

CREATE FUNCTION course_seats_batch(batch uuid, course uuid, institution uuid,
    created timestamp with time zone, more bigint) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$ BEGIN
    INSERT INTO seat_batch VALUES (batch, course, institution, created, more)
        ON CONFLICT (batch_id, course_id) DO UPDATE SET seats = seat_batch.seats + more;
    DELETE FROM seat_batch WHERE batch_id = batch AND course_id = course AND seats = 0;
END $$;

-- Of one statement: `changed` are its seats.
CREATE FUNCTION course_seats_batches_counted() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$ BEGIN
    PERFORM course_seats_batch(batch_id, course_id, min(institution_id::text)::uuid, min(created_at),
            count(*) * CASE TG_OP WHEN 'DELETE' THEN -1 ELSE 1 END)
        FROM changed GROUP BY batch_id, course_id;
    RETURN NULL;
END $$;
CREATE TRIGGER course_seats_seats_written AFTER INSERT ON seat REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION course_seats_batches_counted();
CREATE TRIGGER course_seats_seats_deleted AFTER DELETE ON seat REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION course_seats_batches_counted();

CREATE FUNCTION course_seats_batch_moved() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$ BEGIN
    PERFORM course_seats_batch(OLD.batch_id, OLD.course_id, OLD.institution_id, OLD.created_at, -1);
    PERFORM course_seats_batch(NEW.batch_id, NEW.course_id, NEW.institution_id, NEW.created_at, 1);
    RETURN NULL;
END $$;
CREATE TRIGGER course_seats_seat_moved AFTER UPDATE OF batch_id, course_id ON seat FOR EACH ROW
    WHEN (NEW.batch_id <> OLD.batch_id OR NEW.course_id <> OLD.course_id)
    EXECUTE FUNCTION course_seats_batch_moved();

INSERT INTO seat_batch
    SELECT batch_id, course_id, min(institution_id::text)::uuid, min(created_at), count(*)
    FROM seat GROUP BY batch_id, course_id;

CREATE INDEX ix_seat_batch_created_at ON seat_batch (created_at DESC, batch_id, course_id);
CREATE INDEX ix_seat_batch_course_id ON seat_batch (course_id);
CREATE INDEX ix_seat_batch_institution_id ON seat_batch (institution_id);
