DROP TRIGGER course_seats_seats_written ON seat;
DROP TRIGGER course_seats_seats_deleted ON seat;
DROP TRIGGER course_seats_seat_moved ON seat;
DROP FUNCTION course_seats_batches_counted();
DROP FUNCTION course_seats_batch_moved();
DROP FUNCTION course_seats_batch(uuid, uuid, uuid, timestamp with time zone, bigint);
DROP TABLE seat_batch;
