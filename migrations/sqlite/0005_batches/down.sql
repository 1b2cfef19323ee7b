DROP TRIGGER seat_written;
DROP TRIGGER seat_deleted;
DROP TRIGGER seat_moved;
DROP TABLE seat_batch;
