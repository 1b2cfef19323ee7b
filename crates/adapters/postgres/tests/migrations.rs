//! The migrations on an empty database and on one that another service has made, and the schema
//! that they make.
#![expect(clippy::unwrap_used, reason = "a failed check panics")]

mod support;

use course_seats_application::ports::Store;
use course_seats_application::ports::store::StoreError;
use course_seats_domain::course::CourseStatus;
use course_seats_domain::group::GroupRole;
use course_seats_domain::values::fold;
use course_seats_testkit::builders::day;
use course_seats_testkit::postgres::{self, Database};
use support::{open, settings};
use uuid::Uuid;

const PEER: &str = include_str!("peer/schema.sql");
const ROWS: &str = include_str!("peer/rows.sql");
const LATER: &str = include_str!("peer/later.sql");

/// The folder of the migrations.
const MIGRATIONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../migrations/postgres");

/// The migrations' names, in their order.
fn names() -> Vec<String> {
    let entries = std::fs::read_dir(MIGRATIONS).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn sql(name: &str, file: &str) -> String {
    std::fs::read_to_string(format!("{MIGRATIONS}/{name}/{file}")).unwrap()
}

/// A line for each column, constraint, index, trigger and enum.
const SCHEMA: &str = "
    SELECT 'column ' || c.relname || ' ' || a.attname || ' '
        || format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END
        || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '') || a.attidentity::text
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
    WHERE c.relkind = 'r' AND c.relname NOT LIKE '%diesel%'
    UNION ALL
    SELECT 'constraint ' || conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid)
    FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text NOT LIKE '%diesel%'
    UNION ALL
    SELECT 'index ' || indexdef FROM pg_indexes
    WHERE schemaname = 'public' AND tablename NOT LIKE '%diesel%'
    UNION ALL
    SELECT 'trigger ' || pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL
    SELECT 'enum ' || enumtypid::regtype || ' ' || enumsortorder || ' ' || enumlabel FROM pg_enum
    ORDER BY 1;";

fn schema(database: &Database<'_>) -> Vec<String> {
    database.psql(SCHEMA).lines().map(ToOwned::to_owned).collect()
}

fn empty() -> Database<'static> {
    postgres::server().create(None)
}

fn of_the_peer() -> Database<'static> {
    let database = empty();
    database.psql(PEER);
    database
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_database_gets_the_tables_of_the_peer_and_ours() {
    let (peers, ours) = (schema(&of_the_peer()), schema(&support::database().await));
    assert!(peers.len() > 70, "{peers:#?}");
    let missing: Vec<_> = peers.iter().filter(|line| !ours.contains(line)).collect();
    assert!(missing.is_empty(), "{missing:#?}");
}

/// The rows of the peer's tables, in the peer's columns.
fn rows(database: &Database<'_>) -> String {
    let tables = of_the_peer().psql(
        "SELECT 'SELECT ''' || table_name || ''', json_agg(t ORDER BY t.id) FROM (SELECT '
            || string_agg(column_name, ', ' ORDER BY ordinal_position)
            || ' FROM ' || table_name || ') t;'
         FROM information_schema.columns WHERE table_schema = 'public' GROUP BY table_name;",
    );
    assert_eq!(tables.lines().count(), 7);
    database.psql(&tables)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_the_peer_is_adopted_with_its_rows() {
    let database = of_the_peer();
    database.psql(ROWS);
    let before = rows(&database);
    assert!(before.contains("ADA@Zürich.CH"));
    let store = open(&settings(&database));
    store.migrate().await.unwrap();
    assert_eq!(rows(&database), before, "untouched");
    assert_eq!(
        schema(&database),
        schema(&support::database().await),
        "no different from a new one"
    );

    let id = |text: &str| text.parse::<Uuid>().unwrap();
    let course = id("40000000-0000-0000-0000-000000000001").into();
    let lab = id("20000000-0000-0000-0000-000000000001").into();
    let mut tx = store.read().await.unwrap();
    let found = tx.course(course).await.unwrap().unwrap();
    assert_eq!(
        (found.status, found.closing, found.credits_per_seat),
        (CourseStatus::Active, None, 200)
    );
    let enrolled = tx.enrolled(course, &[], &["ada@zürich.ch".into()]).await.unwrap();
    assert_eq!(enrolled.len(), 2, "both are found by the folded e-mail");
    assert!(enrolled.iter().all(|one| one.grant.is_none() && one.dropping.is_none()));
    let wanted = ["student-é1", "student-2", "student-3", "free"].map(ToOwned::to_owned);
    let taken = tx.project_names_taken(lab, &wanted).await.unwrap();
    assert_eq!(taken, ["student-2", "student-é1"], "one is deleted");
    let seats = tx.list_seats(course, day(0), &Default::default(), None).await.unwrap();
    assert_eq!(seats.total, 2);
    assert_eq!(tx.search_institutions(Some("ÉCOLE 100%"), None).await.unwrap().total, 1);
    let guest = id("90000000-0000-0000-0000-000000000003").into();
    assert!(tx.has_accepted_invite(lab, guest, GroupRole::Member).await.unwrap());
    let open = tx.invite(id("80000000-0000-0000-0000-000000000002").into()).await.unwrap().unwrap();
    assert!(!open.accepted && open.role == GroupRole::Admin);
    assert!(tx.lab(id("20000000-0000-0000-0000-000000000002").into()).await.unwrap().is_none());

    // The other service goes on writing.
    database.psql(LATER);
    let mut tx = store.read().await.unwrap();
    let emails = ["late@x.ch", "grace@x.ch"].map(ToOwned::to_owned);
    assert_eq!(tx.enrolled(course, &[], &emails).await.unwrap().len(), 2);
    let names = ["later-ö", "renamed", "student-2"].map(ToOwned::to_owned);
    assert_eq!(tx.project_names_taken(lab, &names).await.unwrap(), ["later-ö", "renamed"]);
    let found = tx.lock_course(course).await.unwrap().unwrap();
    assert_eq!(found.status, CourseStatus::Voided);
}

/// However the other service writes seats, as a role that may do nothing with our tables.
#[tokio::test(flavor = "multi_thread")]
async fn batches_are_told_of_the_seats_that_the_other_service_writes() {
    let database = of_the_peer();
    database.psql(ROWS);
    open(&settings(&database)).migrate().await.unwrap();
    let batches = "SELECT count(*), count(*) FILTER (WHERE s.seats IS DISTINCT FROM b.seats)
        FROM (SELECT batch_id, course_id, count(*) AS seats FROM seat GROUP BY 1, 2) s
        FULL JOIN seat_batch b USING (batch_id, course_id);";
    assert_eq!(database.psql(batches), "1|0", "adopted");
    // A role is the whole server's: this one goes with its transaction.
    let seen = database.psql(&format!(
        "BEGIN; CREATE ROLE the_other_service;
         GRANT SELECT, INSERT, UPDATE, DELETE ON seat TO the_other_service;
         SET LOCAL ROLE the_other_service;
         INSERT INTO seat SELECT gen_random_uuid(), course_id, institution_id, false, false,
             md5((n / 5)::text)::uuid, NULL, now(), 200, now()
             FROM seat, generate_series(1, 10) AS n WHERE enrolment_id IS NULL;
         RESET ROLE; {batches} SET LOCAL ROLE the_other_service;
         UPDATE seat SET batch_id = md5('2')::uuid WHERE batch_id = md5('0')::uuid;
         DELETE FROM seat WHERE batch_id = md5('1')::uuid;
         RESET ROLE; {batches} ROLLBACK;"
    ));
    assert_eq!(seen, "4|0\n2|0");
}

/// As with the batches: whoever writes enrolments, and whether he may write our tables or not.
#[tokio::test(flavor = "multi_thread")]
async fn enrolments_of_the_other_service_are_counted() {
    let database = of_the_peer();
    database.psql(ROWS);
    open(&settings(&database)).migrate().await.unwrap();
    let counted = "SELECT string_agg(DISTINCT enrolments::text, ' ')
            || ' of ' || (SELECT count(*) FROM course_enrolment) FROM enrolment_tally;";
    assert_eq!(database.psql(counted), "2 of 2", "adopted");
    // A role is the whole server's: this one goes with its transaction.
    let seen = database.psql(&format!(
        "BEGIN; CREATE ROLE the_other_service;
         GRANT SELECT, INSERT, UPDATE, DELETE ON course_enrolment, project, seat
             TO the_other_service;
         SET LOCAL ROLE the_other_service;
         INSERT INTO project SELECT md5(n::text)::uuid, 'more ' || n, NULL, false, now(), now(), NULL,
             virtual_lab_id, 'a' || n, 'm' || n, owner_id
             FROM project, generate_series(1, 10) AS n WHERE name = 'Template';
         INSERT INTO course_enrolment SELECT gen_random_uuid(), course_id, md5(n::text)::uuid,
             n || '@x.ch', n::text, NULL, false, NULL, now()
             FROM course_enrolment, generate_series(1, 10) AS n WHERE student_id = 'student-2';
         RESET ROLE; {counted} SET LOCAL ROLE the_other_service;
         UPDATE course_enrolment SET is_dropped = true;
         DELETE FROM course_enrolment WHERE contact_email LIKE '%0@x.ch' OR student_id IN ('1', '2');
         RESET ROLE; {counted} ROLLBACK;"
    ));
    assert_eq!(seen, "12 of 12\n9 of 9");
}

#[tokio::test(flavor = "multi_thread")]
async fn going_down_leaves_what_is_the_peers_and_up_adopts_it_again() {
    let database = support::database().await;
    let up = schema(&database);
    database.psql(ROWS);
    let before = rows(&database);
    let down: Vec<String> = names().iter().rev().map(|name| sql(name, "down.sql")).collect();
    database.psql(&format!("BEGIN; {} COMMIT;", down.join("\n")));
    assert_eq!(schema(&database), schema(&of_the_peer()));
    assert_eq!(rows(&database), before);
    let up_again: Vec<String> = names().iter().map(|name| sql(name, "up.sql")).collect();
    database.psql(&format!("BEGIN; {} COMMIT;", up_again.join("\n")));
    assert_eq!(schema(&database), up);
    assert_eq!(rows(&database), before);
}

/// Who may not create an extension gets everything but the index that needs it.
#[tokio::test(flavor = "multi_thread")]
async fn a_search_goes_without_its_index_where_there_is_no_extension() {
    let database = support::database().await;
    let search = || sql("0004_search", "up.sql");
    let index = "SELECT count(*) FROM pg_indexes WHERE indexname = 'ix_virtual_lab_name_folded'";
    assert_eq!(database.psql(index), "1");
    database.psql(&format!("{} DROP EXTENSION pg_trgm;", sql("0004_search", "down.sql")));
    // A role is the whole server's: this one goes with its transaction.
    let seen = database.psql(&format!(
        "BEGIN; CREATE ROLE without_extensions;
         ALTER TABLE virtual_lab OWNER TO without_extensions;
         ALTER FUNCTION contains_folded OWNER TO without_extensions;
         GRANT CREATE ON SCHEMA public TO without_extensions; SET ROLE without_extensions;
         {} SELECT matches_folded('A Lab', '%lab%')::text || ({index}); ROLLBACK;",
        search()
    ));
    assert_eq!(seen.lines().last(), Some("true0"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_foreign_key_is_indexed() {
    let bare = support::database().await.psql(
        "SELECT conrelid::regclass || ' ' || conname FROM pg_constraint k WHERE contype = 'f'
         AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = k.conrelid
             AND i.indkey[0] = k.conkey[1] AND i.indpred IS NULL)",
    );
    assert_eq!(bare, "", "no index begins with these");
}

/// The database folds the rows of the other service, Rust ours: the same, whatever the locale.
#[tokio::test(flavor = "multi_thread")]
async fn the_database_folds_as_rust_does() {
    let database = support::database().await;
    for text in ["ÀÉÎÕÜ ÇŞĞ", "İstanbul", "ΟΔΥΣΣΕΎΣ", "Straße ẞ", "ЁЖ", "Ǆ Ǳ", "ﬁ ＡＢ", "x_%\\'"]
    {
        let sql = format!("SELECT course_seats_fold('{}')", text.replace('\'', "''"));
        assert_eq!(database.psql(&sql), fold(text));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_store_knows_what_is_pending() {
    let database = empty();
    let (store, other) = (open(&settings(&database)), open(&settings(&database)));
    let all = |applied| names().into_iter().map(|name| (name, applied)).collect::<Vec<_>>();
    assert_eq!(store.migration_status().await.unwrap(), all(false));
    assert!(matches!(store.ready().await, Err(StoreError::Unavailable(_))));
    assert_eq!(schema(&database), Vec::<String>::new(), "asking changes nothing");
    // Two processes may start at once.
    let (first, second) = tokio::join!(store.migrate(), other.migrate());
    assert_eq!((first, second), (Ok(()), Ok(())));
    assert_eq!(store.migration_status().await.unwrap(), all(true));
    assert_eq!(store.ready().await, Ok(()));
    assert_eq!(store.migrate().await, Ok(()), "nothing is pending");
}
