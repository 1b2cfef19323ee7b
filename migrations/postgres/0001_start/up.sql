-- Runs on an empty database, and on one that the migrations of the service we replace have made.
-- What that service has too stands first, and is left alone where it exists: same names, types,
-- constraints and indexes as there. Ours is added to it afterwards.

DO $$ BEGIN
    CREATE TYPE computecell AS ENUM ('CELL_A', 'CELL_B');
EXCEPTION WHEN duplicate_object THEN NULL; END $$;

DO $$ BEGIN
    CREATE TYPE coursestatus AS ENUM ('DRAFT', 'ACTIVE', 'VOIDED');
EXCEPTION WHEN duplicate_object THEN NULL; END $$;

CREATE TABLE IF NOT EXISTS institution (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    name character varying(250) NOT NULL,
    contact_email character varying(255) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    CONSTRAINT institution_pkey PRIMARY KEY (id)
);
CREATE UNIQUE INDEX IF NOT EXISTS ix_institution_name ON institution (name);

CREATE TABLE IF NOT EXISTS virtual_lab (
    id uuid NOT NULL,
    name character varying(250) NOT NULL,
    description text,
    reference_email character varying(255),
    deleted boolean NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    deleted_at timestamp without time zone,
    admin_group_id character varying NOT NULL,
    member_group_id character varying NOT NULL,
    owner_id uuid NOT NULL,
    deleted_by uuid,
    entity character varying NOT NULL,
    compute_cell computecell DEFAULT 'CELL_A'::computecell NOT NULL,
    email_verified boolean NOT NULL,
    CONSTRAINT virtual_lab_pkey PRIMARY KEY (id),
    CONSTRAINT unique_admin_group_id_for_lab UNIQUE (admin_group_id),
    CONSTRAINT unique_member_group_id_for_lab UNIQUE (member_group_id)
);
CREATE INDEX IF NOT EXISTS ix_virtual_lab_deleted ON virtual_lab (deleted);
CREATE INDEX IF NOT EXISTS ix_virtual_lab_email_verified ON virtual_lab (email_verified);
CREATE INDEX IF NOT EXISTS ix_virtual_lab_name ON virtual_lab (name);
CREATE UNIQUE INDEX IF NOT EXISTS unique_lab_name_for_non_deleted
    ON virtual_lab (name, deleted) WHERE (NOT deleted);

CREATE TABLE IF NOT EXISTS project (
    id uuid NOT NULL,
    name character varying(250) NOT NULL,
    description text,
    deleted boolean NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    deleted_at timestamp without time zone,
    virtual_lab_id uuid NOT NULL,
    admin_group_id character varying NOT NULL,
    member_group_id character varying NOT NULL,
    owner_id uuid NOT NULL,
    deleted_by uuid,
    CONSTRAINT project_pkey PRIMARY KEY (id),
    CONSTRAINT unique_admin_group_id UNIQUE (admin_group_id),
    CONSTRAINT unique_member_group_id UNIQUE (member_group_id),
    CONSTRAINT project_virtual_lab_id_fkey FOREIGN KEY (virtual_lab_id) REFERENCES virtual_lab (id)
);
CREATE INDEX IF NOT EXISTS ix_project_name ON project (name);
CREATE INDEX IF NOT EXISTS ix_project_virtual_lab_id ON project (virtual_lab_id);
CREATE UNIQUE INDEX IF NOT EXISTS unique_project_name_for_non_deleted
    ON project (name, deleted, virtual_lab_id) WHERE (NOT deleted);

CREATE TABLE IF NOT EXISTS course (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    virtual_lab_id uuid NOT NULL,
    institution_id uuid NOT NULL,
    template_project_id uuid NOT NULL,
    start_date timestamp with time zone,
    end_date timestamp with time zone,
    last_drop_date timestamp with time zone,
    status coursestatus NOT NULL,
    credits_per_seat integer NOT NULL,
    budget_depleted boolean DEFAULT false NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    CONSTRAINT course_pkey PRIMARY KEY (id),
    CONSTRAINT course_institution_id_fkey FOREIGN KEY (institution_id) REFERENCES institution (id),
    CONSTRAINT course_template_project_id_fkey
        FOREIGN KEY (template_project_id) REFERENCES project (id),
    CONSTRAINT course_virtual_lab_id_fkey FOREIGN KEY (virtual_lab_id) REFERENCES virtual_lab (id)
);
CREATE INDEX IF NOT EXISTS ix_course_end_date ON course (end_date);
CREATE INDEX IF NOT EXISTS ix_course_institution_id ON course (institution_id);
CREATE INDEX IF NOT EXISTS ix_course_status ON course (status);
CREATE UNIQUE INDEX IF NOT EXISTS ix_course_template_project_id ON course (template_project_id);
CREATE UNIQUE INDEX IF NOT EXISTS ix_course_virtual_lab_id ON course (virtual_lab_id);

CREATE TABLE IF NOT EXISTS course_enrolment (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    course_id uuid NOT NULL,
    project_id uuid NOT NULL,
    contact_email character varying(255) NOT NULL,
    student_id character varying(255) NOT NULL,
    claimed_by uuid,
    is_dropped boolean DEFAULT false NOT NULL,
    activated_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT course_enrolment_pkey PRIMARY KEY (id),
    CONSTRAINT course_enrolment_project_id_key UNIQUE (project_id),
    CONSTRAINT uq_enrolment_course_email UNIQUE (course_id, contact_email),
    CONSTRAINT uq_enrolment_course_student_id UNIQUE (course_id, student_id),
    CONSTRAINT course_enrolment_course_id_fkey FOREIGN KEY (course_id) REFERENCES course (id),
    CONSTRAINT course_enrolment_project_id_fkey FOREIGN KEY (project_id) REFERENCES project (id)
);
CREATE INDEX IF NOT EXISTS ix_course_enrolment_claimed_by ON course_enrolment (claimed_by);
CREATE INDEX IF NOT EXISTS ix_course_enrolment_course_id ON course_enrolment (course_id);
CREATE INDEX IF NOT EXISTS ix_course_enrolment_is_dropped ON course_enrolment (is_dropped);

CREATE TABLE IF NOT EXISTS seat (
    id uuid NOT NULL,
    course_id uuid NOT NULL,
    institution_id uuid NOT NULL,
    is_consumed boolean NOT NULL,
    previously_dropped boolean DEFAULT false NOT NULL,
    batch_id uuid NOT NULL,
    enrolment_id uuid,
    expiry_date timestamp with time zone NOT NULL,
    credit_value integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT seat_pkey PRIMARY KEY (id),
    CONSTRAINT seat_enrolment_id_key UNIQUE (enrolment_id),
    CONSTRAINT seat_course_id_fkey FOREIGN KEY (course_id) REFERENCES course (id),
    CONSTRAINT seat_enrolment_id_fkey FOREIGN KEY (enrolment_id) REFERENCES course_enrolment (id),
    CONSTRAINT seat_institution_id_fkey FOREIGN KEY (institution_id) REFERENCES institution (id)
);
CREATE INDEX IF NOT EXISTS ix_seat_batch_id ON seat (batch_id);
CREATE INDEX IF NOT EXISTS ix_seat_course_id ON seat (course_id);

CREATE TABLE IF NOT EXISTS virtual_lab_invite (
    id uuid NOT NULL,
    inviter_id uuid NOT NULL,
    user_id uuid,
    accepted boolean,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    virtual_lab_id uuid NOT NULL,
    role character varying NOT NULL,
    user_email character varying NOT NULL,
    CONSTRAINT virtual_lab_invite_pkey PRIMARY KEY (id),
    CONSTRAINT virtual_lab_invite_virtual_lab_id_fkey
        FOREIGN KEY (virtual_lab_id) REFERENCES virtual_lab (id)
);
CREATE INDEX IF NOT EXISTS ix_virtual_lab_invite_virtual_lab_id
    ON virtual_lab_invite (virtual_lab_id);

-- From here on: ours.

-- How a text is compared without regard to case: as Rust does it (`domain::values::fold`), whatever
-- the locale of the database is. Under the locale `C`, a plain lower() would fold only ASCII.
CREATE FUNCTION course_seats_fold(value text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$ SELECT lower(value COLLATE "und-x-icu") $$;

-- Whether a text contains a part that is folded. No text: no. `%` and `_` mean themselves.
CREATE FUNCTION contains_folded(value text, part text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT coalesce(strpos(course_seats_fold(value) COLLATE "C", part COLLATE "C") > 0, false) $$;

ALTER TABLE project ADD COLUMN name_folded text;
ALTER TABLE course ADD COLUMN closing text;
ALTER TABLE course_enrolment
    ADD COLUMN email_folded text,
    ADD COLUMN grant_amount numeric,
    ADD COLUMN dropping_since timestamp with time zone,
    ADD COLUMN dropping_student uuid;

-- The folded columns of the rows that the other service has written, and will write while both
-- serve this database: it does not know them. A trigger fills them, so that no query has to think
-- of a missing value and each of them finds its index; and it keeps up when that service changes
-- a name or an e-mail. What we write ourselves is folded already and is left as it is.
CREATE FUNCTION course_seats_fold_project() RETURNS trigger
    LANGUAGE plpgsql SET search_path FROM CURRENT AS $$ BEGIN
    NEW.name_folded := course_seats_fold(NEW.name);
    RETURN NEW;
END $$;
CREATE TRIGGER course_seats_project_written BEFORE INSERT ON project
    FOR EACH ROW WHEN (NEW.name_folded IS NULL) EXECUTE FUNCTION course_seats_fold_project();
CREATE TRIGGER course_seats_project_renamed BEFORE UPDATE OF name ON project
    FOR EACH ROW WHEN (NEW.name <> OLD.name AND NEW.name_folded = OLD.name_folded)
    EXECUTE FUNCTION course_seats_fold_project();

CREATE FUNCTION course_seats_fold_enrolment() RETURNS trigger
    LANGUAGE plpgsql SET search_path FROM CURRENT AS $$ BEGIN
    NEW.email_folded := course_seats_fold(NEW.contact_email);
    RETURN NEW;
END $$;
CREATE TRIGGER course_seats_enrolment_written BEFORE INSERT ON course_enrolment
    FOR EACH ROW WHEN (NEW.email_folded IS NULL) EXECUTE FUNCTION course_seats_fold_enrolment();
CREATE TRIGGER course_seats_enrolment_readdressed BEFORE UPDATE OF contact_email ON course_enrolment
    FOR EACH ROW WHEN (NEW.contact_email <> OLD.contact_email AND NEW.email_folded = OLD.email_folded)
    EXECUTE FUNCTION course_seats_fold_enrolment();

UPDATE project SET name_folded = course_seats_fold(name);
UPDATE course_enrolment SET email_folded = course_seats_fold(contact_email);
-- The triggers come before this is checked.
ALTER TABLE project ALTER COLUMN name_folded SET NOT NULL;
ALTER TABLE course_enrolment ALTER COLUMN email_folded SET NOT NULL;

-- Not CONCURRENTLY, which no transaction takes: these tables are small.
CREATE INDEX ix_project_name_folded ON project (virtual_lab_id, name_folded);
CREATE INDEX ix_course_created_at ON course (created_at, id);
CREATE INDEX ix_course_enrolment_email_folded ON course_enrolment (course_id, email_folded);
CREATE INDEX ix_course_enrolment_created_at ON course_enrolment (course_id, created_at, id);
CREATE INDEX ix_seat_expiry_date ON seat (course_id, expiry_date, id);
CREATE INDEX ix_seat_institution_id ON seat (institution_id);
CREATE INDEX ix_virtual_lab_invite_user_id ON virtual_lab_invite (virtual_lab_id, user_id);

-- No foreign keys below: a row that somebody deletes does not take the notebook along.

CREATE TABLE saga (
    id uuid NOT NULL PRIMARY KEY,
    kind text NOT NULL,
    subject text NOT NULL,
    course_id uuid,
    request_id uuid,
    -- json, not jsonb: kept as it was written.
    "plan" json NOT NULL,
    status text NOT NULL,
    needs_attention boolean NOT NULL DEFAULT false,
    generation bigint NOT NULL DEFAULT 0,
    -- Somebody has held it once: a lease that runs out from here on is an unknown outcome.
    begun boolean NOT NULL DEFAULT false,
    -- A late look is under way.
    looking boolean NOT NULL DEFAULT false,
    lease_until timestamp with time zone,
    due_at timestamp with time zone NOT NULL,
    look_at timestamp with time zone,
    attempts integer NOT NULL DEFAULT 0,
    error text,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL
);
CREATE INDEX ix_saga_due_at ON saga (status, due_at);
CREATE INDEX ix_saga_look_at ON saga (look_at) WHERE look_at IS NOT NULL;
CREATE INDEX ix_saga_course_id ON saga (course_id, status);
CREATE INDEX ix_saga_request_id ON saga (request_id);
CREATE INDEX ix_saga_created_at ON saga (created_at, id);
CREATE INDEX ix_saga_status ON saga (status, created_at);

CREATE TABLE saga_event (
    saga_id uuid NOT NULL,
    seq integer NOT NULL,
    at timestamp with time zone NOT NULL,
    event json NOT NULL,
    PRIMARY KEY (saga_id, seq)
);

CREATE TABLE reservation (
    kind text NOT NULL,
    scope text NOT NULL,
    "key" text NOT NULL,
    saga_id uuid NOT NULL,
    until timestamp with time zone,
    PRIMARY KEY (kind, scope, "key")
);
CREATE INDEX ix_reservation_saga_id ON reservation (saga_id);
CREATE INDEX ix_reservation_until ON reservation (until) WHERE until IS NOT NULL;

CREATE TABLE given_up_account (
    kind text NOT NULL,
    account_id uuid NOT NULL,
    saga_id uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    PRIMARY KEY (kind, account_id)
);

CREATE TABLE outbox_mail (
    id uuid NOT NULL PRIMARY KEY,
    kind text NOT NULL,
    -- The enrolment or invite that it is about.
    subject uuid NOT NULL,
    recipient text NOT NULL,
    content json NOT NULL,
    status text NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    error text,
    next_attempt_at timestamp with time zone NOT NULL,
    lease_until timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL
);
CREATE INDEX ix_outbox_mail_subject ON outbox_mail (subject, created_at);
CREATE INDEX ix_outbox_mail_next_attempt_at ON outbox_mail (status, next_attempt_at);
CREATE INDEX ix_outbox_mail_created_at ON outbox_mail (created_at, id);

CREATE TABLE audit_entry (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamp with time zone NOT NULL,
    actor text NOT NULL,
    action text NOT NULL,
    subject text NOT NULL,
    detail json NOT NULL
);
CREATE INDEX ix_audit_entry_subject ON audit_entry (subject, at);

CREATE TABLE daily_run (
    job text NOT NULL PRIMARY KEY,
    -- The latest run that was done, by when it was due.
    done_until timestamp with time zone,
    lease_until timestamp with time zone,
    -- The run that the lease is for.
    lease_due timestamp with time zone
);
