//! The tables as this database has them. The column types that differ between databases are
//! spelled out here and read and written through [`crate::columns`].

use diesel::{allow_tables_to_appear_in_same_query, joinable, table};

table! {
    institution (id) {
        id -> Uuid,
        name -> Text,
        contact_email -> Text,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

table! {
    virtual_lab (id) {
        id -> Uuid,
        name -> Text,
        description -> Nullable<Text>,
        reference_email -> Nullable<Text>,
        deleted -> Bool,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        deleted_at -> Nullable<Timestamp>,
        admin_group_id -> Text,
        member_group_id -> Text,
        owner_id -> Uuid,
        deleted_by -> Nullable<Uuid>,
        entity -> Text,
        compute_cell -> crate::schema::sql_types::ComputeCell,
        email_verified -> Bool,
    }
}

table! {
    project (id) {
        id -> Uuid,
        name -> Text,
        description -> Nullable<Text>,
        deleted -> Bool,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        deleted_at -> Nullable<Timestamp>,
        virtual_lab_id -> Uuid,
        admin_group_id -> Text,
        member_group_id -> Text,
        owner_id -> Uuid,
        deleted_by -> Nullable<Uuid>,
        name_folded -> Text,
    }
}

table! {
    course (id) {
        id -> Uuid,
        virtual_lab_id -> Uuid,
        institution_id -> Uuid,
        template_project_id -> Uuid,
        start_date -> Nullable<Timestamptz>,
        end_date -> Nullable<Timestamptz>,
        last_drop_date -> Nullable<Timestamptz>,
        status -> crate::schema::sql_types::CourseStatus,
        credits_per_seat -> Integer,
        budget_depleted -> Bool,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        closing -> Nullable<Text>,
    }
}

table! {
    course_enrolment (id) {
        id -> Uuid,
        course_id -> Uuid,
        project_id -> Uuid,
        contact_email -> Text,
        student_id -> Text,
        claimed_by -> Nullable<Uuid>,
        is_dropped -> Bool,
        activated_at -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
        email_folded -> Text,
        grant_amount -> Nullable<Numeric>,
        dropping_since -> Nullable<Timestamptz>,
        dropping_student -> Nullable<Uuid>,
    }
}

table! {
    enrolment_tally (id) {
        id -> BigInt,
        course_id -> Uuid,
        enrolments -> BigInt,
    }
}

table! {
    seat (id) {
        id -> Uuid,
        course_id -> Uuid,
        institution_id -> Uuid,
        is_consumed -> Bool,
        previously_dropped -> Bool,
        batch_id -> Uuid,
        enrolment_id -> Nullable<Uuid>,
        expiry_date -> Timestamptz,
        credit_value -> Integer,
        created_at -> Timestamptz,
    }
}

table! {
    seat_batch (batch_id, course_id) {
        batch_id -> Uuid,
        course_id -> Uuid,
        institution_id -> Uuid,
        created_at -> Timestamptz,
        seats -> BigInt,
    }
}

table! {
    virtual_lab_invite (id) {
        id -> Uuid,
        inviter_id -> Uuid,
        user_id -> Nullable<Uuid>,
        accepted -> Nullable<Bool>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        virtual_lab_id -> Uuid,
        role -> Text,
        user_email -> Text,
    }
}

table! {
    saga (id) {
        id -> Uuid,
        kind -> Text,
        subject -> Text,
        course_id -> Nullable<Uuid>,
        request_id -> Nullable<Uuid>,
        plan -> Json,
        status -> Text,
        needs_attention -> Bool,
        generation -> BigInt,
        begun -> Bool,
        looking -> Bool,
        lease_until -> Nullable<Timestamptz>,
        due_at -> Timestamptz,
        look_at -> Nullable<Timestamptz>,
        attempts -> Integer,
        error -> Nullable<Text>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

table! {
    saga_event (saga_id, seq) {
        saga_id -> Uuid,
        seq -> Integer,
        at -> Timestamptz,
        event -> Json,
    }
}

table! {
    reservation (kind, scope, key) {
        kind -> Text,
        scope -> Text,
        key -> Text,
        saga_id -> Uuid,
        until -> Nullable<Timestamptz>,
    }
}

table! {
    given_up_account (kind, account_id) {
        kind -> Text,
        account_id -> Uuid,
        saga_id -> Uuid,
        at -> Timestamptz,
    }
}

table! {
    outbox_mail (id) {
        id -> Uuid,
        kind -> Text,
        subject -> Uuid,
        recipient -> Text,
        content -> Json,
        status -> Text,
        attempts -> Integer,
        error -> Nullable<Text>,
        next_attempt_at -> Timestamptz,
        lease_until -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

table! {
    audit_entry (id) {
        id -> BigInt,
        at -> Timestamptz,
        actor -> Text,
        action -> Text,
        subject -> Text,
        detail -> Json,
    }
}

table! {
    request (id) {
        id -> Uuid,
        caller -> Text,
        method -> Nullable<Text>,
        path -> Nullable<Text>,
        key -> Nullable<Text>,
        body_hash -> Nullable<Text>,
        kind -> Text,
        course_id -> Nullable<Uuid>,
        work -> Json,
        created_at -> Timestamptz,
        answer_due_at -> Timestamptz,
        keep_until -> Timestamptz,
    }
}

table! {
    daily_run (job) {
        job -> Text,
        done_until -> Nullable<Timestamptz>,
        lease_until -> Nullable<Timestamptz>,
        lease_due -> Nullable<Timestamptz>,
    }
}

/// The enum types of the service we replace.
pub mod sql_types {
    use diesel::query_builder::QueryId;
    use diesel::sql_types::SqlType;

    #[derive(Debug, Clone, Copy, QueryId, SqlType)]
    #[diesel(postgres_type(name = "coursestatus"))]
    pub struct CourseStatus;

    #[derive(Debug, Clone, Copy, QueryId, SqlType)]
    #[diesel(postgres_type(name = "computecell"))]
    pub struct ComputeCell;
}

table! {
    drift_finding (kind, subject) {
        kind -> Text,
        subject -> Text,
        first_seen_at -> Timestamptz,
    }
}

joinable!(project -> virtual_lab (virtual_lab_id));
joinable!(course -> virtual_lab (virtual_lab_id));
joinable!(course -> institution (institution_id));
joinable!(course_enrolment -> course (course_id));
joinable!(course_enrolment -> project (project_id));
joinable!(seat -> course (course_id));
joinable!(seat -> course_enrolment (enrolment_id));

allow_tables_to_appear_in_same_query!(
    institution,
    virtual_lab,
    project,
    course,
    course_enrolment,
    enrolment_tally,
    seat,
    seat_batch,
    virtual_lab_invite,
    reservation,
    saga,
    saga_event,
);
