-- Which batches have seats, and in which course: a page of them need not read all seats.
CREATE TABLE seat_batch (
    batch_id TEXT NOT NULL,
    course_id TEXT NOT NULL,
    institution_id TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    seats BIGINT NOT NULL,
    PRIMARY KEY (batch_id, course_id)
);

CREATE TRIGGER seat_written AFTER INSERT ON seat BEGIN
    INSERT INTO seat_batch
        VALUES (NEW.batch_id, NEW.course_id, NEW.institution_id, NEW.created_at, 1)
        ON CONFLICT (batch_id, course_id) DO UPDATE SET seats = seats + 1;
END;
CREATE TRIGGER seat_deleted AFTER DELETE ON seat BEGIN
    UPDATE seat_batch SET seats = seats - 1
        WHERE batch_id = OLD.batch_id AND course_id = OLD.course_id;
    DELETE FROM seat_batch
        WHERE batch_id = OLD.batch_id AND course_id = OLD.course_id AND seats = 0;
END;
CREATE TRIGGER seat_moved AFTER UPDATE OF batch_id, course_id ON seat
WHEN NEW.batch_id <> OLD.batch_id OR NEW.course_id <> OLD.course_id BEGIN
    UPDATE seat_batch SET seats = seats - 1
        WHERE batch_id = OLD.batch_id AND course_id = OLD.course_id;
    DELETE FROM seat_batch
        WHERE batch_id = OLD.batch_id AND course_id = OLD.course_id AND seats = 0;
    INSERT INTO seat_batch
        VALUES (NEW.batch_id, NEW.course_id, NEW.institution_id, NEW.created_at, 1)
        ON CONFLICT (batch_id, course_id) DO UPDATE SET seats = seats + 1;
END;

INSERT INTO seat_batch
    SELECT batch_id, course_id, min(institution_id), min(created_at), count(*)
    FROM seat GROUP BY batch_id, course_id;

CREATE INDEX ix_seat_batch_created_at ON seat_batch (created_at DESC, batch_id, course_id);
CREATE INDEX ix_seat_batch_course_id ON seat_batch (course_id);
CREATE INDEX ix_seat_batch_institution_id ON seat_batch (institution_id);
