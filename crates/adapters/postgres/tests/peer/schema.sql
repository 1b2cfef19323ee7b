-- The tables as the migrations of the service that we replace leave them.

CREATE TYPE computecell AS ENUM ('CELL_A', 'CELL_B');
CREATE TYPE coursestatus AS ENUM ('DRAFT', 'ACTIVE', 'VOIDED');

CREATE TABLE course (
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
    updated_at timestamp with time zone NOT NULL
);

CREATE TABLE course_enrolment (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    course_id uuid NOT NULL,
    project_id uuid NOT NULL,
    contact_email character varying(255) NOT NULL,
    student_id character varying(255) NOT NULL,
    claimed_by uuid,
    is_dropped boolean DEFAULT false NOT NULL,
    activated_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL
);

CREATE TABLE institution (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    name character varying(250) NOT NULL,
    contact_email character varying(255) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL
);

CREATE TABLE project (
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
    deleted_by uuid
);

CREATE TABLE seat (
    id uuid NOT NULL,
    course_id uuid NOT NULL,
    institution_id uuid NOT NULL,
    is_consumed boolean NOT NULL,
    previously_dropped boolean DEFAULT false NOT NULL,
    batch_id uuid NOT NULL,
    enrolment_id uuid,
    expiry_date timestamp with time zone NOT NULL,
    credit_value integer NOT NULL,
    created_at timestamp with time zone NOT NULL
);

CREATE TABLE virtual_lab (
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
    email_verified boolean NOT NULL
);

CREATE TABLE virtual_lab_invite (
    id uuid NOT NULL,
    inviter_id uuid NOT NULL,
    user_id uuid,
    accepted boolean,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    virtual_lab_id uuid NOT NULL,
    role character varying NOT NULL,
    user_email character varying NOT NULL
);

ALTER TABLE course_enrolment
    ADD CONSTRAINT course_enrolment_pkey PRIMARY KEY (id);

ALTER TABLE course_enrolment
    ADD CONSTRAINT course_enrolment_project_id_key UNIQUE (project_id);

ALTER TABLE course
    ADD CONSTRAINT course_pkey PRIMARY KEY (id);

ALTER TABLE institution
    ADD CONSTRAINT institution_pkey PRIMARY KEY (id);

ALTER TABLE project
    ADD CONSTRAINT project_pkey PRIMARY KEY (id);

ALTER TABLE seat
    ADD CONSTRAINT seat_enrolment_id_key UNIQUE (enrolment_id);

ALTER TABLE seat
    ADD CONSTRAINT seat_pkey PRIMARY KEY (id);

ALTER TABLE project
    ADD CONSTRAINT unique_admin_group_id UNIQUE (admin_group_id);

ALTER TABLE virtual_lab
    ADD CONSTRAINT unique_admin_group_id_for_lab UNIQUE (admin_group_id);

ALTER TABLE project
    ADD CONSTRAINT unique_member_group_id UNIQUE (member_group_id);

ALTER TABLE virtual_lab
    ADD CONSTRAINT unique_member_group_id_for_lab UNIQUE (member_group_id);

ALTER TABLE course_enrolment
    ADD CONSTRAINT uq_enrolment_course_email UNIQUE (course_id, contact_email);

ALTER TABLE course_enrolment
    ADD CONSTRAINT uq_enrolment_course_student_id UNIQUE (course_id, student_id);

ALTER TABLE virtual_lab_invite
    ADD CONSTRAINT virtual_lab_invite_pkey PRIMARY KEY (id);

ALTER TABLE virtual_lab
    ADD CONSTRAINT virtual_lab_pkey PRIMARY KEY (id);

CREATE INDEX ix_course_end_date ON course (end_date);
CREATE INDEX ix_course_enrolment_claimed_by ON course_enrolment (claimed_by);
CREATE INDEX ix_course_enrolment_course_id ON course_enrolment (course_id);
CREATE INDEX ix_course_enrolment_is_dropped ON course_enrolment (is_dropped);
CREATE INDEX ix_course_institution_id ON course (institution_id);
CREATE INDEX ix_course_status ON course (status);
CREATE UNIQUE INDEX ix_course_template_project_id ON course (template_project_id);
CREATE UNIQUE INDEX ix_course_virtual_lab_id ON course (virtual_lab_id);
CREATE UNIQUE INDEX ix_institution_name ON institution (name);
CREATE INDEX ix_project_name ON project (name);
CREATE INDEX ix_project_virtual_lab_id ON project (virtual_lab_id);
CREATE INDEX ix_seat_batch_id ON seat (batch_id);
CREATE INDEX ix_seat_course_id ON seat (course_id);
CREATE INDEX ix_virtual_lab_deleted ON virtual_lab (deleted);
CREATE INDEX ix_virtual_lab_email_verified ON virtual_lab (email_verified);
CREATE INDEX ix_virtual_lab_invite_virtual_lab_id ON virtual_lab_invite (virtual_lab_id);
CREATE INDEX ix_virtual_lab_name ON virtual_lab (name);
CREATE UNIQUE INDEX unique_lab_name_for_non_deleted ON virtual_lab (name, deleted) WHERE (NOT deleted);
CREATE UNIQUE INDEX unique_project_name_for_non_deleted ON project (name, deleted, virtual_lab_id) WHERE (NOT deleted);

ALTER TABLE course_enrolment
    ADD CONSTRAINT course_enrolment_course_id_fkey FOREIGN KEY (course_id) REFERENCES course(id);

ALTER TABLE course_enrolment
    ADD CONSTRAINT course_enrolment_project_id_fkey FOREIGN KEY (project_id) REFERENCES project(id);

ALTER TABLE course
    ADD CONSTRAINT course_institution_id_fkey FOREIGN KEY (institution_id) REFERENCES institution(id);

ALTER TABLE course
    ADD CONSTRAINT course_template_project_id_fkey FOREIGN KEY (template_project_id) REFERENCES project(id);

ALTER TABLE course
    ADD CONSTRAINT course_virtual_lab_id_fkey FOREIGN KEY (virtual_lab_id) REFERENCES virtual_lab(id);

ALTER TABLE project
    ADD CONSTRAINT project_virtual_lab_id_fkey FOREIGN KEY (virtual_lab_id) REFERENCES virtual_lab(id);

ALTER TABLE seat
    ADD CONSTRAINT seat_course_id_fkey FOREIGN KEY (course_id) REFERENCES course(id);

ALTER TABLE seat
    ADD CONSTRAINT seat_enrolment_id_fkey FOREIGN KEY (enrolment_id) REFERENCES course_enrolment(id);

ALTER TABLE seat
    ADD CONSTRAINT seat_institution_id_fkey FOREIGN KEY (institution_id) REFERENCES institution(id);

ALTER TABLE virtual_lab_invite
    ADD CONSTRAINT virtual_lab_invite_virtual_lab_id_fkey FOREIGN KEY (virtual_lab_id) REFERENCES virtual_lab(id);
