//! Rows by the thousand, written straight into the database: what a service has after years.

use super::Made;
use course_seats_testkit::postgres::Database;

/// Which courses get the seats.
pub enum Into<'a> {
    /// One that is there.
    This(&'a Made),
    /// So many new ones.
    New(u32),
}

/// Adds seats, so many a course, of which `enrolled` are assigned: with a project, an enrolment, the
/// saga that made it and its mail.
pub fn fill(database: &Database<'_>, courses: &Into<'_>, seats: u32, enrolled: u32) {
    let chosen = match courses {
        Into::This(made) => format!(
            "CREATE TEMP TABLE chosen AS SELECT 1 AS n, '{}'::uuid AS course, '{}'::uuid AS lab, \
             '{}'::uuid AS institution, NULL::uuid AS template",
            made.course, made.lab, made.institution
        ),
        Into::New(count) => new_courses(*count),
    };
    database.psql(&format!("{chosen};\n{}", seats_and_students(seats, enrolled)));
    // As autovacuum leaves it.
    database.psql("VACUUM ANALYZE");
}

fn new_courses(count: u32) -> String {
    format!(
        "CREATE TEMP TABLE chosen AS SELECT n, gen_random_uuid() AS course, gen_random_uuid() AS lab, \
           gen_random_uuid() AS institution, gen_random_uuid() AS template
           FROM generate_series(1, {count}) AS n;
         INSERT INTO institution (id, name, contact_email, created_at, updated_at)
           SELECT institution, 'Filler ' || institution, 'filler@u.example', now(), now()
           FROM chosen;
         INSERT INTO virtual_lab (id, name, deleted, created_at, updated_at, admin_group_id,
             member_group_id, owner_id, entity, email_verified)
           SELECT lab, 'Filler ' || lab, false, now(), now(), lab || '/admin', lab || '/member',
             gen_random_uuid(), 'e', true FROM chosen;
         INSERT INTO project (id, name, deleted, created_at, updated_at, virtual_lab_id,
             admin_group_id, member_group_id, owner_id, name_folded)
           SELECT template, 'Template', false, now(), now(), lab, template || '/admin',
             template || '/member', gen_random_uuid(), 'template' FROM chosen;
         INSERT INTO course (id, virtual_lab_id, institution_id, template_project_id, start_date,
             end_date, last_drop_date, status, credits_per_seat, created_at, updated_at)
           SELECT course, lab, institution, template, now() - interval '1 day',
             now() + interval '90 days', now() + interval '10 days', 'ACTIVE', 200, now(), now()
           FROM chosen"
    )
}

fn seats_and_students(seats: u32, enrolled: u32) -> String {
    format!(
        "CREATE TEMP TABLE filler AS SELECT course, lab, institution, m, gen_random_uuid() AS seat,
             gen_random_uuid() AS enrolment, gen_random_uuid() AS project, gen_random_uuid() AS saga
           FROM chosen, generate_series(1, {seats}) AS m;
         CREATE TEMP TABLE student AS SELECT * FROM filler WHERE m <= {enrolled};
         INSERT INTO project (id, name, deleted, created_at, updated_at, virtual_lab_id,
             admin_group_id, member_group_id, owner_id, name_folded)
           SELECT project, 'filler-' || m, false, now(), now(), lab, project || '/admin',
             project || '/member', gen_random_uuid(), 'filler-' || m FROM student;
         INSERT INTO course_enrolment (id, course_id, project_id, contact_email, student_id,
             is_dropped, created_at, email_folded, grant_amount)
           SELECT enrolment, course, project, 'filler-' || m || '@u.example', 'filler-' || m, false,
             now() - interval '1 day', 'filler-' || m || '@u.example', 200 FROM student;
         INSERT INTO seat (id, course_id, institution_id, is_consumed, batch_id, enrolment_id,
             expiry_date, credit_value, created_at)
           SELECT f.seat, f.course, f.institution, false,
             md5(f.course::text || (f.m / 100)::text)::uuid, s.enrolment,
             now() + interval '365 days', 200, now()
           FROM filler f LEFT JOIN student s USING (seat);
         INSERT INTO saga (id, kind, subject, course_id, plan, status, begun, due_at, created_at,
             updated_at)
           SELECT saga, 'assign_seat', 'enrolment:' || enrolment, course,
             '{{\"version\": 1, \"steps\": []}}', 'completed', true, now() - interval '1 day',
             now() - interval '1 day', now() - interval '1 day' FROM student;
         INSERT INTO saga_event (saga_id, seq, at, event)
           SELECT saga, 1, now(), '{{\"event\": \"completed\"}}' FROM student;
         INSERT INTO outbox_mail (id, kind, subject, recipient, content, status, next_attempt_at,
             created_at, updated_at)
           SELECT gen_random_uuid(), 'claim', enrolment, 'filler-' || m || '@u.example', '{{}}',
             'sent', now(), now() - interval '1 day', now() FROM student"
    )
}
