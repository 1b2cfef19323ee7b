-- What calls did, from which their answers are computed: for repeats with a key, and for jobs.

CREATE TABLE request (
    id TEXT NOT NULL PRIMARY KEY,
    caller TEXT NOT NULL,
    -- What a repeat is known by; the key goes when its time is over, or all are null.
    method TEXT,
    path TEXT,
    "key" TEXT,
    body_hash TEXT,
    kind TEXT NOT NULL,
    course_id TEXT,
    work TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    answer_due_at BIGINT NOT NULL,
    keep_until BIGINT NOT NULL
);
CREATE UNIQUE INDEX unique_request_key ON request (caller, method, path, "key");
CREATE INDEX ix_request_keep_until ON request (keep_until);
