-- Uuids are hyphenated lower case texts, times microseconds since 1970 (UTC), money and JSON texts.

-- The tables that are shared with the service we replace: same names, columns and constraints.

CREATE TABLE institution (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    contact_email TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX ix_institution_name ON institution (name);

CREATE TABLE virtual_lab (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    description TEXT,
    reference_email TEXT,
    deleted BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    deleted_at BIGINT,
    admin_group_id TEXT NOT NULL CONSTRAINT unique_admin_group_id_for_lab UNIQUE,
    member_group_id TEXT NOT NULL CONSTRAINT unique_member_group_id_for_lab UNIQUE,
    owner_id TEXT NOT NULL,
    deleted_by TEXT,
    entity TEXT NOT NULL,
    compute_cell TEXT NOT NULL DEFAULT 'CELL_A' CHECK (compute_cell IN ('CELL_A', 'CELL_B')),
    email_verified BOOLEAN NOT NULL
);
CREATE INDEX ix_virtual_lab_deleted ON virtual_lab (deleted);
CREATE INDEX ix_virtual_lab_email_verified ON virtual_lab (email_verified);
CREATE INDEX ix_virtual_lab_name ON virtual_lab (name);
CREATE UNIQUE INDEX unique_lab_name_for_non_deleted ON virtual_lab (name, deleted) WHERE NOT deleted;

CREATE TABLE project (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    description TEXT,
    deleted BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    deleted_at BIGINT,
    virtual_lab_id TEXT NOT NULL REFERENCES virtual_lab (id),
    admin_group_id TEXT NOT NULL CONSTRAINT unique_admin_group_id UNIQUE,
    member_group_id TEXT NOT NULL CONSTRAINT unique_member_group_id UNIQUE,
    owner_id TEXT NOT NULL,
    deleted_by TEXT,
    -- Ours: the name without regard to case.
    name_folded TEXT NOT NULL
);
CREATE INDEX ix_project_name ON project (name);
CREATE INDEX ix_project_virtual_lab_id ON project (virtual_lab_id);
CREATE INDEX ix_project_name_folded ON project (virtual_lab_id, name_folded);
CREATE UNIQUE INDEX unique_project_name_for_non_deleted
    ON project (name, deleted, virtual_lab_id) WHERE NOT deleted;

CREATE TABLE course (
    id TEXT NOT NULL PRIMARY KEY,
    virtual_lab_id TEXT NOT NULL REFERENCES virtual_lab (id),
    institution_id TEXT NOT NULL REFERENCES institution (id),
    template_project_id TEXT NOT NULL REFERENCES project (id),
    start_date BIGINT,
    end_date BIGINT,
    last_drop_date BIGINT,
    status TEXT NOT NULL CHECK (status IN ('DRAFT', 'ACTIVE', 'VOIDED')),
    credits_per_seat INTEGER NOT NULL,
    budget_depleted BOOLEAN NOT NULL DEFAULT FALSE,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    -- Ours: why it is being closed, or was.
    closing TEXT
);
CREATE INDEX ix_course_end_date ON course (end_date);
CREATE INDEX ix_course_institution_id ON course (institution_id);
CREATE INDEX ix_course_status ON course (status);
CREATE INDEX ix_course_created_at ON course (created_at, id);
CREATE UNIQUE INDEX ix_course_template_project_id ON course (template_project_id);
CREATE UNIQUE INDEX ix_course_virtual_lab_id ON course (virtual_lab_id);

CREATE TABLE course_enrolment (
    id TEXT NOT NULL PRIMARY KEY,
    course_id TEXT NOT NULL REFERENCES course (id),
    project_id TEXT NOT NULL CONSTRAINT course_enrolment_project_id_key UNIQUE REFERENCES project (id),
    contact_email TEXT NOT NULL,
    student_id TEXT NOT NULL,
    claimed_by TEXT,
    is_dropped BOOLEAN NOT NULL DEFAULT FALSE,
    activated_at BIGINT,
    created_at BIGINT NOT NULL,
    -- Ours: the e-mail without regard to case, what the project was granted, and the drop's mark.
    email_folded TEXT NOT NULL,
    grant_amount TEXT,
    dropping_since BIGINT,
    dropping_student TEXT,
    CONSTRAINT uq_enrolment_course_email UNIQUE (course_id, contact_email),
    CONSTRAINT uq_enrolment_course_student_id UNIQUE (course_id, student_id)
);
CREATE INDEX ix_course_enrolment_claimed_by ON course_enrolment (claimed_by);
CREATE INDEX ix_course_enrolment_course_id ON course_enrolment (course_id, created_at, id);
CREATE INDEX ix_course_enrolment_email_folded ON course_enrolment (course_id, email_folded);
CREATE INDEX ix_course_enrolment_is_dropped ON course_enrolment (is_dropped);

CREATE TABLE seat (
    id TEXT NOT NULL PRIMARY KEY,
    course_id TEXT NOT NULL REFERENCES course (id),
    institution_id TEXT NOT NULL REFERENCES institution (id),
    is_consumed BOOLEAN NOT NULL,
    previously_dropped BOOLEAN NOT NULL DEFAULT FALSE,
    batch_id TEXT NOT NULL,
    enrolment_id TEXT CONSTRAINT seat_enrolment_id_key UNIQUE REFERENCES course_enrolment (id),
    expiry_date BIGINT NOT NULL,
    credit_value INTEGER NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX ix_seat_batch_id ON seat (batch_id);
CREATE INDEX ix_seat_course_id ON seat (course_id, expiry_date, id);
CREATE INDEX ix_seat_institution_id ON seat (institution_id);

CREATE TABLE virtual_lab_invite (
    id TEXT NOT NULL PRIMARY KEY,
    inviter_id TEXT NOT NULL,
    user_id TEXT,
    accepted BOOLEAN,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    virtual_lab_id TEXT NOT NULL REFERENCES virtual_lab (id),
    role TEXT NOT NULL,
    user_email TEXT NOT NULL
);
CREATE INDEX ix_virtual_lab_invite_virtual_lab_id ON virtual_lab_invite (virtual_lab_id, user_id);

-- Ours. No foreign keys: a row that somebody deletes does not take the notebook along.

CREATE TABLE saga (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    course_id TEXT,
    request_id TEXT,
    "plan" TEXT NOT NULL,
    status TEXT NOT NULL,
    needs_attention BOOLEAN NOT NULL DEFAULT FALSE,
    generation BIGINT NOT NULL DEFAULT 0,
    -- Somebody has held it once: a lease that runs out from here on is an unknown outcome.
    begun BOOLEAN NOT NULL DEFAULT FALSE,
    -- A late look is under way.
    looking BOOLEAN NOT NULL DEFAULT FALSE,
    lease_until BIGINT,
    due_at BIGINT NOT NULL,
    look_at BIGINT,
    attempts INTEGER NOT NULL DEFAULT 0,
    error TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX ix_saga_due_at ON saga (due_at) WHERE status IN ('running', 'undoing');
CREATE INDEX ix_saga_look_at ON saga (look_at) WHERE look_at IS NOT NULL;
CREATE INDEX ix_saga_course_id ON saga (course_id, status);
CREATE INDEX ix_saga_request_id ON saga (request_id);
CREATE INDEX ix_saga_created_at ON saga (created_at, id);
CREATE INDEX ix_saga_status ON saga (status, created_at);

CREATE TABLE saga_event (
    saga_id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    at BIGINT NOT NULL,
    event TEXT NOT NULL,
    PRIMARY KEY (saga_id, seq)
);

CREATE TABLE reservation (
    kind TEXT NOT NULL,
    scope TEXT NOT NULL,
    "key" TEXT NOT NULL,
    saga_id TEXT NOT NULL,
    until BIGINT,
    PRIMARY KEY (kind, scope, "key")
);
CREATE INDEX ix_reservation_saga_id ON reservation (saga_id);
CREATE INDEX ix_reservation_until ON reservation (until) WHERE until IS NOT NULL;

CREATE TABLE given_up_account (
    kind TEXT NOT NULL,
    account_id TEXT NOT NULL,
    saga_id TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (kind, account_id)
);

CREATE TABLE outbox_mail (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    -- The enrolment or invite that it is about.
    subject TEXT NOT NULL,
    recipient TEXT NOT NULL,
    content TEXT NOT NULL,
    status TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    error TEXT,
    next_attempt_at BIGINT NOT NULL,
    lease_until BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX ix_outbox_mail_subject ON outbox_mail (subject, created_at);
CREATE INDEX ix_outbox_mail_next_attempt_at ON outbox_mail (next_attempt_at) WHERE status = 'queued';
CREATE INDEX ix_outbox_mail_created_at ON outbox_mail (created_at, id);

CREATE TABLE audit_entry (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL
);
CREATE INDEX ix_audit_entry_subject ON audit_entry (subject, at);

CREATE TABLE daily_run (
    job TEXT NOT NULL PRIMARY KEY,
    -- The latest run that was done, by when it was due.
    done_until BIGINT,
    lease_until BIGINT,
    -- The run that the lease is for.
    lease_due BIGINT
);
