//! The tables as this database has them. The column types that differ between databases are
//! spelled out here and read and written through [`crate::columns`].

use diesel::{allow_tables_to_appear_in_same_query, joinable, table};

table! {
    institution (id) {
        id -> Text,
        name -> Text,
        contact_email -> Text,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

table! {
    virtual_lab (id) {
        id -> Text,
        name -> Text,
        description -> Nullable<Text>,
        reference_email -> Nullable<Text>,
        deleted -> Bool,
        created_at -> BigInt,
        updated_at -> BigInt,
        deleted_at -> Nullable<BigInt>,
        admin_group_id -> Text,
        member_group_id -> Text,
        owner_id -> Text,
        deleted_by -> Nullable<Text>,
        entity -> Text,
        compute_cell -> Text,
        email_verified -> Bool,
    }
}

table! {
    project (id) {
        id -> Text,
        name -> Text,
        description -> Nullable<Text>,
        deleted -> Bool,
        created_at -> BigInt,
        updated_at -> BigInt,
        deleted_at -> Nullable<BigInt>,
        virtual_lab_id -> Text,
        admin_group_id -> Text,
        member_group_id -> Text,
        owner_id -> Text,
        deleted_by -> Nullable<Text>,
        name_folded -> Text,
    }
}

table! {
    course (id) {
        id -> Text,
        virtual_lab_id -> Text,
        institution_id -> Text,
        template_project_id -> Text,
        start_date -> Nullable<BigInt>,
        end_date -> Nullable<BigInt>,
        last_drop_date -> Nullable<BigInt>,
        status -> Text,
        credits_per_seat -> Integer,
        budget_depleted -> Bool,
        created_at -> BigInt,
        updated_at -> BigInt,
        closing -> Nullable<Text>,
    }
}

table! {
    course_enrolment (id) {
        id -> Text,
        course_id -> Text,
        project_id -> Text,
        contact_email -> Text,
        student_id -> Text,
        claimed_by -> Nullable<Text>,
        is_dropped -> Bool,
        activated_at -> Nullable<BigInt>,
        created_at -> BigInt,
        email_folded -> Text,
        grant_amount -> Nullable<Text>,
        dropping_since -> Nullable<BigInt>,
        dropping_student -> Nullable<Text>,
    }
}

table! {
    enrolment_tally (course_id) {
        course_id -> Text,
        enrolments -> BigInt,
    }
}

table! {
    seat (id) {
        id -> Text,
        course_id -> Text,
        institution_id -> Text,
        is_consumed -> Bool,
        previously_dropped -> Bool,
        batch_id -> Text,
        enrolment_id -> Nullable<Text>,
        expiry_date -> BigInt,
        credit_value -> Integer,
        created_at -> BigInt,
    }
}

table! {
    seat_batch (batch_id, course_id) {
        batch_id -> Text,
        course_id -> Text,
        institution_id -> Text,
        created_at -> BigInt,
        seats -> BigInt,
    }
}

table! {
    virtual_lab_invite (id) {
        id -> Text,
        inviter_id -> Text,
        user_id -> Nullable<Text>,
        accepted -> Nullable<Bool>,
        created_at -> BigInt,
        updated_at -> BigInt,
        virtual_lab_id -> Text,
        role -> Text,
        user_email -> Text,
    }
}

table! {
    saga (id) {
        id -> Text,
        kind -> Text,
        subject -> Text,
        course_id -> Nullable<Text>,
        request_id -> Nullable<Text>,
        plan -> Text,
        status -> Text,
        needs_attention -> Bool,
        generation -> BigInt,
        begun -> Bool,
        looking -> Bool,
        lease_until -> Nullable<BigInt>,
        due_at -> BigInt,
        look_at -> Nullable<BigInt>,
        attempts -> Integer,
        error -> Nullable<Text>,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

table! {
    saga_event (saga_id, seq) {
        saga_id -> Text,
        seq -> Integer,
        at -> BigInt,
        event -> Text,
    }
}

table! {
    reservation (kind, scope, key) {
        kind -> Text,
        scope -> Text,
        key -> Text,
        saga_id -> Text,
        until -> Nullable<BigInt>,
    }
}

table! {
    given_up_account (kind, account_id) {
        kind -> Text,
        account_id -> Text,
        saga_id -> Text,
        at -> BigInt,
    }
}

table! {
    outbox_mail (id) {
        id -> Text,
        kind -> Text,
        subject -> Text,
        recipient -> Text,
        content -> Text,
        status -> Text,
        attempts -> Integer,
        error -> Nullable<Text>,
        next_attempt_at -> BigInt,
        lease_until -> Nullable<BigInt>,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

table! {
    audit_entry (id) {
        id -> BigInt,
        at -> BigInt,
        actor -> Text,
        action -> Text,
        subject -> Text,
        detail -> Text,
    }
}

table! {
    request (id) {
        id -> Text,
        caller -> Text,
        method -> Nullable<Text>,
        path -> Nullable<Text>,
        key -> Nullable<Text>,
        body_hash -> Nullable<Text>,
        kind -> Text,
        course_id -> Nullable<Text>,
        work -> Text,
        created_at -> BigInt,
        answer_due_at -> BigInt,
        keep_until -> BigInt,
    }
}

table! {
    daily_run (job) {
        job -> Text,
        done_until -> Nullable<BigInt>,
        lease_until -> Nullable<BigInt>,
        lease_due -> Nullable<BigInt>,
    }
}

table! {
    drift_finding (kind, subject) {
        kind -> Text,
        subject -> Text,
        first_seen_at -> BigInt,
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
