-- What that service goes on writing once we are there: it knows nothing of our columns.
INSERT INTO project (id, name, deleted, created_at, updated_at, virtual_lab_id, admin_group_id, member_group_id, owner_id) VALUES
    ('30000000-0000-0000-0000-000000000005', 'LATER-Ö', false, now(), now(), '20000000-0000-0000-0000-000000000001', 'p5-admins', 'p5-members', '90000000-0000-0000-0000-000000000001');
INSERT INTO course_enrolment (course_id, project_id, contact_email, student_id, created_at) VALUES
    ('40000000-0000-0000-0000-000000000001', '30000000-0000-0000-0000-000000000005', 'Late@X.CH', 'LATER-Ö', now());
UPDATE project SET name = 'RENAMED' WHERE id = '30000000-0000-0000-0000-000000000003';
UPDATE course_enrolment SET contact_email = 'Grace@X.ch' WHERE id = '50000000-0000-0000-0000-000000000002';
UPDATE course SET status = 'VOIDED' WHERE id = '40000000-0000-0000-0000-000000000001';
