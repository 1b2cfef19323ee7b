//! Drift: each kind planted, found and repaired, and what is not ours left alone.

use crate::support::{Answer, As, TestServer};
use chrono::TimeDelta;
use course_seats_application::FindingKind;
use course_seats_application::ports::IdentityProvider;
use course_seats_application::ports::store::{GivenUp, Reservation};
use course_seats_application::use_cases::operations::report_drift;
use course_seats_domain::enrolment::Dropping;
use course_seats_domain::group::{GroupId, GroupName, GroupRole};
use course_seats_domain::ids::{EnrolmentId, LabId, ProjectId, SagaId, SeatId};
use course_seats_domain::values::Credits;
use course_seats_sandbox::people;
use course_seats_testkit::builders::id;
use course_seats_testkit::runtime::long_lease;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

const OWNER: &str = "obi-virtual-lab";

async fn drift(server: &TestServer, method: &str) -> Value {
    let answer: Answer =
        server.call(As::User("service-admin"), method, "/operator/drift", None).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert!(!answer.text.contains('@'), "no e-mail address: {}", answer.text);
    answer.json()
}

/// How many of each kind.
fn kinds(findings: &Value) -> BTreeMap<String, usize> {
    let mut kinds = BTreeMap::new();
    for finding in findings.as_array().unwrap() {
        *kinds.entry(finding["kind"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    kinds
}

fn counted(wanted: &[(FindingKind, usize)]) -> BTreeMap<String, usize> {
    wanted.iter().map(|(kind, count)| (kind.as_str().to_owned(), *count)).collect()
}

async fn group(identity: &dyn IdentityProvider, name: &GroupName) -> GroupId {
    identity.find_group(name).await.unwrap().unwrap()
}

/// What a course with four students looks like: one let in, one that nobody claimed, one dropped,
/// one whose mark is tampered with.
struct Ground {
    server: TestServer,
    lab: LabId,
    enrolments: Vec<EnrolmentId>,
    projects: Vec<ProjectId>,
}

impl Ground {
    async fn new() -> Self {
        let server = TestServer::start_with(&[("GRANT_PATIENCE_MS", "100")]).await;
        let course = server.course("Drift", 4).await;
        let seats = format!("/seats/courses/{}", course.id);
        let student =
            |n| json!({"student_id": format!("S{n}"), "email": format!("s{n}@s.example")});
        let students = json!({"students": (1..=4).map(student).collect::<Vec<_>>()});
        let done = server.good(OWNER, "POST", &format!("{seats}/assign"), students).await;
        let ids = |field: &str| -> Vec<uuid::Uuid> {
            let results = done["results"].as_array().unwrap().iter();
            results.map(|one| one[field].as_str().unwrap().parse().unwrap()).collect()
        };
        let enrolments: Vec<EnrolmentId> =
            ids("enrolment_id").into_iter().map(Into::into).collect();
        let claim = json!({"enrolment_id": enrolments[0].to_string()});
        server.good("student-1", "POST", "/courses/claim", claim).await;
        let let_in =
            server.good("student-1", "POST", "/courses/activate-enrolments", json!({})).await;
        assert_eq!(let_in["results"][0]["activated"], true, "{let_in}");
        let list = server.call(As::User(OWNER), "GET", &seats, None).await.json();
        let mut list = list["data"].as_array().unwrap().iter();
        let dropped = enrolments[2].to_string();
        let seat = list.find(|seat| seat["enrolment"]["id"] == dropped.as_str()).unwrap();
        let drop = json!({"seat_ids": [seat["id"]]});
        let drop = server.good(OWNER, "POST", &format!("{seats}/drop"), drop).await;
        assert_eq!(drop["results"][0]["is_dropped"], true, "{drop}");
        let projects = ids("project_id").into_iter().map(Into::into).collect();
        let lab = course.lab.parse::<uuid::Uuid>().unwrap().into();
        Self { server, lab, enrolments, projects }
    }

    fn of_project(&self, at: usize, role: GroupRole) -> GroupName {
        GroupName::of_project(self.lab, self.projects[at], role)
    }

    async fn older(&self) {
        let body = json!({"advance_seconds": 660});
        let turned = self.server.call(As::Nobody, "POST", "/sandbox/clock", Some(&body)).await;
        assert_eq!(turned.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_kind_is_found_and_what_has_one_right_answer_repaired() {
    use FindingKind as K;
    use GroupRole::{Admin, Member};
    let ground = Ground::new().await;
    let (server, lab) = (&ground.server, ground.lab);
    assert_eq!(drift(server, "GET").await["findings"], json!([]), "nothing is planted yet");

    let ports = server.running().app().ports();
    let (identity, accounting, lease) = (&*ports.identity, &*ports.accounting, long_lease());
    let lost = GroupName::of_project(lab, id(), Member);
    identity.create_group(&lost, &lease).await.unwrap();
    let gone = group(identity, &ground.of_project(1, Admin)).await;
    identity.delete_group(&gone, &lease).await.unwrap();
    let in_project = group(identity, &ground.of_project(0, Member)).await;
    let in_lab = group(identity, &GroupName::of_lab(lab, Member)).await;
    identity.leave(people::student(1), &in_project, &lease).await.unwrap();
    identity.leave(people::student(1), &in_lab, &lease).await.unwrap();
    identity.join(people::student(2), &in_project, &lease).await.unwrap();
    identity.join(people::student(3), &in_lab, &lease).await.unwrap();
    let admins = group(identity, &GroupName::of_lab(lab, Admin)).await;
    identity.join(people::FACULTY, &admins, &lease).await.unwrap();
    accounting.grant(ground.projects[2], Credits::whole(30), &lease).await.unwrap();
    let given_up: ProjectId = id();
    accounting.open_project(given_up, lab, "given up", &lease).await.unwrap();
    accounting.grant(given_up, Credits::whole(12), &lease).await.unwrap();
    let (seat, nobody): (SeatId, SagaId) = (id(), id());
    let mut tx = ports.store.begin().await.unwrap();
    tx.give_up(GivenUp::Project(given_up), id(), server.running().app().now()).await.unwrap();
    assert!(tx.reserve(nobody, &Reservation::Seat(seat), None).await.unwrap());
    let mut marked = tx.enrolment(ground.enrolments[3]).await.unwrap().unwrap();
    let since = server.running().app().now() - TimeDelta::hours(1);
    marked.dropping = Some(Dropping { since, student: None });
    tx.update_enrolment(&marked).await.unwrap();
    tx.commit().await.unwrap();

    let all = [
        (K::GroupWithoutRow, 1),
        (K::RowWithoutGroup, 1),
        (K::MemberMissing, 2),
        (K::MemberTooMany, 2),
        (K::AdminMissing, 1),
        (K::CreditsLeft, 2),
        (K::ReservationWithoutSaga, 1),
        (K::DroppingWithoutSaga, 1),
    ];
    assert_eq!(all.len(), K::ALL.len(), "each kind is planted");
    let found = drift(server, "GET").await;
    assert_eq!(kinds(&found["findings"]), counted(&all), "{found}");
    assert_eq!(found["unread"], 0);
    let at = |kind: K| {
        let mut findings = found["findings"].as_array().unwrap().iter();
        findings.find(|one| one["kind"] == kind.as_str()).unwrap().clone()
    };
    let orphan = at(K::GroupWithoutRow);
    assert_eq!((&orphan["subject"], &orphan["repairable"]), (&json!(lost.as_str()), &json!(false)));
    assert_eq!(at(K::CreditsLeft)["repairable"], true);
    assert_eq!(at(K::ReservationWithoutSaga)["subject"], format!("seat:{seat}"));

    // What takes something away waits; the rest is put right at once.
    let first = drift(server, "POST").await;
    let at_once = [(K::MemberMissing, 2), (K::AdminMissing, 1), (K::CreditsLeft, 2)];
    assert_eq!(kinds(&first["repaired"]), counted(&at_once), "{first}");
    for one in first["left"].as_array().unwrap() {
        let decided = one["why"] == "a person has to decide";
        assert!(decided || one["why"].as_str().unwrap().ends_with("too young"), "{one}");
    }
    assert!(identity.members(&in_project).await.unwrap().contains(&people::student(1)));
    assert!(identity.members(&in_lab).await.unwrap().contains(&people::student(1)));
    for project in [ground.projects[2], given_up] {
        assert_eq!(accounting.project_balance(project).await, Ok(Credits::ZERO));
    }
    let first_admins = group(identity, &ground.of_project(0, Admin)).await;
    assert!(identity.members(&first_admins).await.unwrap().contains(&people::FACULTY));

    ground.older().await;
    let second = drift(server, "POST").await;
    let later = [(K::GroupWithoutRow, 1), (K::MemberTooMany, 2), (K::ReservationWithoutSaga, 1)];
    assert_eq!(kinds(&second["repaired"]), counted(&later), "{second}");
    assert_eq!(identity.find_group(&lost).await, Ok(None));
    assert_eq!(identity.members(&in_project).await, Ok(vec![people::student(1)]));
    assert_eq!(identity.members(&in_lab).await, Ok(vec![people::student(1)]));
    let mut tx = ports.store.read().await.unwrap();
    assert!(tx.taken(&[Reservation::Seat(seat)]).await.unwrap().is_empty());
    let left = [(K::RowWithoutGroup, 1), (K::DroppingWithoutSaga, 1)];
    assert_eq!(kinds(&second["left"]), counted(&left), "{second}");
    assert_eq!(kinds(&drift(server, "GET").await["findings"]), counted(&left));
    ground.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_ours_is_left_alone() {
    let ground = Ground::new().await;
    let server = &ground.server;
    let ports = server.running().app().ports();
    let (identity, accounting, lease) = (&*ports.identity, &*ports.accounting, long_lease());
    // Another environment's lab in the same realm, names that are nearly ours, and somebody's own
    // lab in this database with a group that another service made.
    let theirs: LabId = id();
    let upper = GroupName::of_lab(theirs, GroupRole::Member).as_str().to_uppercase();
    let own = json!({"name": "Own", "description": "d", "entity": "e"});
    let own = server.good("faculty", "POST", "/virtual-labs", own).await["id"].clone();
    let own: LabId = own.as_str().unwrap().parse::<uuid::Uuid>().unwrap().into();
    let names = [
        GroupName::of_lab(theirs, GroupRole::Admin),
        GroupName::of_project(theirs, id(), GroupRole::Member),
        GroupName::from_provider(upper),
        GroupName::from_provider("vlab/staff/admin"),
        GroupName::from_provider(format!("proj/{}/notes", ground.lab)),
        GroupName::of_project(own, id(), GroupRole::Admin),
    ];
    for name in &names {
        let group = identity.create_group(name, &lease).await.unwrap();
        identity.join(people::student(5), &group, &lease).await.unwrap();
    }
    // Money that is somebody's: of a live student, of a project that we know nothing of.
    let unknown: ProjectId = id();
    accounting.open_project(unknown, ground.lab, "unknown", &lease).await.unwrap();
    accounting.grant(unknown, Credits::whole(5), &lease).await.unwrap();
    accounting.grant(ground.projects[0], Credits::whole(5), &lease).await.unwrap();
    // Who accepted an invite belongs in the lab.
    let member = group(identity, &GroupName::of_lab(ground.lab, GroupRole::Member)).await;
    identity.join(people::student(4), &member, &lease).await.unwrap();
    let mut invite = course_seats_testkit::builders::invite(ground.lab, GroupRole::Member);
    (invite.user, invite.accepted) = (Some(people::student(4)), true);
    let mut tx = ports.store.begin().await.unwrap();
    tx.insert_invite(&invite).await.unwrap();
    tx.commit().await.unwrap();

    assert_eq!(drift(server, "GET").await["findings"], json!([]));
    ground.older().await;
    let repair = drift(server, "POST").await;
    assert_eq!((&repair["repaired"], &repair["left"]), (&json!([]), &json!([])), "{repair}");
    for name in &names {
        let group = group(identity, name).await;
        assert_eq!(identity.members(&group).await, Ok(vec![people::student(5)]), "{name:?}");
    }
    assert_eq!(accounting.project_balance(unknown).await, Ok(Credits::whole(5)));
    assert_eq!(accounting.project_balance(ground.projects[0]).await, Ok(Credits::whole(205)));
    assert!(identity.members(&member).await.unwrap().contains(&people::student(4)));
    ground.server.stop().await;
}

/// The round that goes by itself takes credits back and touches nothing else.
#[tokio::test(flavor = "multi_thread")]
async fn by_itself_only_credits_are_taken_back() {
    let server = TestServer::start_with(&[("DRIFT_INTERVAL_MS", "300"), ("DRIFT_MIN_AGE_MS", "1")]);
    let server = server.await;
    let course = server.course("Rounds", 1).await;
    let lab: LabId = course.lab.parse::<uuid::Uuid>().unwrap().into();
    let ports = server.running().app().ports();
    let (identity, accounting, lease) = (&*ports.identity, &*ports.accounting, long_lease());
    let lost = GroupName::of_project(lab, id(), GroupRole::Member);
    identity.create_group(&lost, &lease).await.unwrap();
    let given_up: ProjectId = id();
    accounting.open_project(given_up, lab, "given up", &lease).await.unwrap();
    accounting.grant(given_up, Credits::whole(12), &lease).await.unwrap();
    let mut tx = ports.store.begin().await.unwrap();
    tx.give_up(GivenUp::Project(given_up), id(), server.running().app().now()).await.unwrap();
    tx.commit().await.unwrap();
    let mut rounds = 0;
    while accounting.project_balance(given_up).await != Ok(Credits::ZERO) {
        rounds += 1;
        assert!(rounds < 600, "not within 15 s");
        ports.clock.sleep(Duration::from_millis(25)).await;
    }
    assert!(identity.find_group(&lost).await.unwrap().is_some(), "a group is for an operator");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_asked_is_not_guessed() {
    let server = TestServer::start().await;
    let fault = json!({"system": "identity", "operation": "groups", "kind": "refuse", "times": 3});
    server.call(As::Nobody, "POST", "/sandbox/faults", Some(&fault)).await;
    let answer = server.call(As::User("service-admin"), "GET", "/operator/drift", None).await;
    assert_eq!(answer.status, 503, "{}", answer.text);
    assert!(answer.headers.contains_key("retry-after"));
    assert_eq!(drift(&server, "GET").await["findings"], json!([]));
    server.stop().await;
}

/// What accounting does not answer for is not said to fit: its finding stays as old as it is.
#[tokio::test(flavor = "multi_thread")]
async fn what_could_not_be_read_is_not_forgotten() {
    let ground = Ground::new().await;
    let server = &ground.server;
    let accounting = &server.running().app().ports().accounting;
    accounting.grant(ground.projects[2], Credits::whole(30), &long_lease()).await.unwrap();
    let first = drift(server, "GET").await["findings"].clone();
    assert_eq!(kinds(&first), counted(&[(FindingKind::CreditsLeft, 1)]));
    let fault = json!({
        "system": "accounting", "operation": "project_balance", "kind": "refuse", "times": 1000,
    });
    let told = server.call(As::Nobody, "POST", "/sandbox/faults", Some(&fault)).await;
    assert!(told.status < 300, "{}", told.text);
    let unread = drift(server, "GET").await;
    assert_eq!(unread["findings"], json!([]), "nothing is said about it");
    assert!(unread["unread"].as_u64().unwrap() > 0, "{unread}");
    server.call(As::Nobody, "DELETE", "/sandbox/faults", None).await;
    let again = drift(server, "GET").await["findings"].clone();
    assert_eq!(again[0]["first_seen_at"], first[0]["first_seen_at"]);
    ground.server.stop().await;
}

/// Where a caller waits for the answer it comes in time; the command line takes as long as it takes.
#[tokio::test(flavor = "multi_thread")]
async fn a_slow_comparison_is_given_up_only_where_somebody_waits() {
    let server = TestServer::start().await;
    // The next try comes a tenth of a second later, at the earliest.
    let fault = json!({"system": "identity", "operation": "groups", "kind": "refuse"});
    let app = server.running().app();
    server.call(As::Nobody, "POST", "/sandbox/faults", Some(&fault)).await;
    let given_up = report_drift(app, Some(Duration::from_millis(20))).await.unwrap_err();
    assert!(given_up.to_string().contains("not compared in time"), "{given_up}");
    server.call(As::Nobody, "POST", "/sandbox/faults", Some(&fault)).await;
    assert_eq!(report_drift(app, None).await.unwrap().unread, 0);
    server.stop().await;
}
