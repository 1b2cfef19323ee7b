//! The use cases of two replicas on one database, against a sandboxed outside: what they ask of a
//! transaction holds on PostgreSQL too.
#![expect(clippy::unwrap_used, reason = "a failed check panics")]

mod support;

use chrono::TimeDelta;
use course_seats_application::ports::store::{Page, SagaFilter};
use course_seats_application::ports::{Caller, Clock};
use course_seats_application::settings::Settings;
use course_seats_application::use_cases::courses::{
    NewCourse, activate_course, create_course, delete_course, void_course,
};
use course_seats_application::use_cases::enrolments::{activate_enrolments, claim_enrolment};
use course_seats_application::use_cases::institutions::{NewInstitution, create_institution};
use course_seats_application::use_cases::labs::{NewProject, create_lab, create_project};
use course_seats_application::use_cases::seats::{
    ItemStatus, assign_seats, drop_seats, provision_seats,
};
use course_seats_application::{App, Ports};
use course_seats_domain::course::CourseDates;
use course_seats_domain::ids::{CourseId, UserId};
use course_seats_domain::saga::Status;
use course_seats_domain::values::SeatCount;
use course_seats_domain::virtual_lab::{ComputeCell, LabProfile};
use course_seats_postgres::{LeaseTime, PostgresStore};
use course_seats_sandbox::people::{COURSE_LAB_OWNER, student};
use course_seats_sandbox::{Sandbox, SandboxClock, SandboxConfig};
use course_seats_testkit::runtime::{RandomEntropy, TokioSpawner};
use futures::future::join_all;
use std::sync::Arc;
use std::time::Duration;

const ADMIN: &str = "a-service-admin";

fn caller(user: UserId, name: &str) -> Caller {
    Caller {
        subject: user.to_string(),
        user: Some(user),
        username: name.into(),
        full_name: name.into(),
        email: Some(format!("{name}@sandbox.example").parse().unwrap()),
        email_verified: true,
        groups: Arc::default(),
    }
}

/// A course in its first week, with twenty seats.
async fn course(app: &Arc<App>) -> CourseId {
    let owner = caller(COURSE_LAB_OWNER, "obi-virtual-lab");
    let profile = LabProfile {
        name: "Neuro 101".parse().unwrap(),
        description: "a lab".into(),
        reference_email: None,
        email_verified: false,
        entity: "EPFL".into(),
        compute_cell: ComputeCell::CellA,
    };
    let lab = create_lab(app, &owner, profile).await.unwrap().id;
    let new = NewProject { name: "Template".parse().unwrap(), description: None };
    let project = create_project(app, &owner, lab, new).await.unwrap().project;
    let new = NewInstitution {
        name: "EPFL".parse().unwrap(),
        contact_email: "edu@epfl.ch".parse().unwrap(),
    };
    let institution = create_institution(app, ADMIN, new).await.unwrap();
    let now = app.ports().clock.now();
    let dates = CourseDates {
        start: Some(now - TimeDelta::days(1)),
        last_drop: Some(now + TimeDelta::days(10)),
        end: Some(now + TimeDelta::days(90)),
    };
    let new = NewCourse { lab, template_project: project.id, institution: institution.id, dates };
    let course = create_course(app, ADMIN, new).await.unwrap().course.id;
    activate_course(app, ADMIN, course).await.unwrap();
    provision_seats(app, ADMIN, course, SeatCount::new(20).unwrap()).await.unwrap();
    course
}

/// Waits until no saga is open.
async fn settled(app: &App) {
    for _ in 0..600 {
        let mut open = 0;
        let mut tx = app.ports().store.read().await.unwrap();
        for status in [Status::Running, Status::Undoing] {
            let filter = SagaFilter { status: Some(status), ..SagaFilter::default() };
            open += tx.list_sagas(&filter, Page { number: 1, size: 1 }).await.unwrap().total;
        }
        if open == 0 {
            return;
        }
        app.ports().clock.sleep(Duration::from_millis(50)).await;
    }
    unreachable!("sagas stay open");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_course_lives_on_two_replicas() {
    let database = support::database().await;
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(SandboxClock::open(folder.path()).unwrap());
    let (entropy, spawner) = (Arc::new(RandomEntropy), Arc::new(TokioSpawner::current()));
    let settings = Settings::with_defaults(
        COURSE_LAB_OWNER,
        "a secret for tests".to_owned().into(),
        "0 0 29 2 *".parse().unwrap(),
    );
    let config = SandboxConfig {
        folder: folder.path().to_owned(),
        issuer: "http://127.0.0.1/sandbox/realms/obp-realm".into(),
        latency: Duration::from_millis(2),
        call_limit: settings.outside_timeout,
        concurrency: 32,
        token_lifetime: Duration::from_secs(1800),
    };
    let sandbox = Sandbox::open(config, clock.clone(), entropy.clone(), spawner.clone()).unwrap();
    let apps = [(); 2].map(|()| {
        let time = LeaseTime::Clock(clock.clone());
        let store = PostgresStore::open(&support::settings(&database), time).unwrap();
        let app = App::new(
            Ports {
                store: Arc::new(store),
                identity: sandbox.identity.clone(),
                accounting: sandbox.accounting.clone(),
                mailer: sandbox.mailbox.clone(),
                clock: clock.clone(),
                entropy: entropy.clone(),
                spawner: spawner.clone(),
            },
            settings.clone(),
        );
        app.start_reconcilers();
        app
    });
    let [one, other] = &apps;
    let course = course(one).await;

    // Fifty at once for twenty seats, on both: exactly twenty get one.
    let calls = apps.iter().cycle().take(50).enumerate().map(|(n, app)| async move {
        let student =
            (format!("S{n}").parse().unwrap(), format!("s{n}@students.example").parse().unwrap());
        assign_seats(app, ADMIN, course, vec![student]).await.ok().map(|mut it| it.remove(0))
    });
    let assigned: Vec<_> = join_all(calls).await.into_iter().flatten().collect();
    assert!(assigned.iter().all(|result| result.status == ItemStatus::Done), "{assigned:#?}");
    assert_eq!(assigned.len(), 20);

    // Claimed and activated through the other one.
    for (n, result) in (1..=5).zip(&assigned) {
        let pupil = caller(student(n), &format!("student-{n}"));
        claim_enrolment(other, &pupil, result.enrolment.unwrap(), None).await.unwrap();
        let activated = activate_enrolments(one, &pupil).await.unwrap();
        assert!(activated.iter().all(|result| result.status == ItemStatus::Done), "{activated:?}");
    }

    // The same seats dropped on both at once: once each, and they come back.
    let seats: Vec<_> = assigned.iter().take(8).map(|result| result.seat).collect();
    let dropped =
        join_all(apps.iter().map(|app| drop_seats(app, ADMIN, course, seats.clone()))).await;
    let done = dropped.into_iter().flat_map(Result::unwrap).filter(|it| it.recovered == Some(true));
    let done: std::collections::HashSet<_> = done.map(|result| result.seat).collect();
    assert_eq!(done.len(), 8);
    settled(one).await;
    let mut tx = one.ports().store.read().await.unwrap();
    let now = clock.now();
    assert_eq!(tx.available_seats(course, now, None).await.unwrap().len(), 8);
    drop(tx);

    void_course(one, ADMIN, course).await.unwrap();
    delete_course(other, ADMIN, course).await.unwrap();
    settled(one).await;
    let counts = "SELECT (SELECT count(*) FROM seat), (SELECT count(*) FROM course_enrolment),
        (SELECT count(*) FROM course), (SELECT count(*) FROM project WHERE NOT deleted)";
    assert_eq!(database.psql(counts), "0|0|0|1", "only the template is left");
}
