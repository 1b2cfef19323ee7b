-- What calls did, from which their answers are computed: for repeats with a key, and for jobs.

CREATE TABLE request (
    id uuid NOT NULL PRIMARY KEY,
    caller text NOT NULL,
    -- What a repeat is known by; the key goes when its time is over, or all are null.
    method text,
    path text,
    "key" text,
    body_hash text,
    kind text NOT NULL,
    course_id uuid,
    work json NOT NULL,
    created_at timestamp with time zone NOT NULL,
    answer_due_at timestamp with time zone NOT NULL,
    keep_until timestamp with time zone NOT NULL
);
CREATE UNIQUE INDEX unique_request_key ON request (caller, method, path, "key");
CREATE INDEX ix_request_keep_until ON request (keep_until);
