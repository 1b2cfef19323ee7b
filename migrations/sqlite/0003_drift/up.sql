-- Since when database, groups and credits do not fit: what is found again keeps its time, what is
-- not found any more is forgotten.

CREATE TABLE drift_finding (
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    first_seen_at BIGINT NOT NULL,
    PRIMARY KEY (kind, subject)
);

-- Whether a group without a row was ever ours.
CREATE INDEX ix_saga_subject ON saga (subject);
