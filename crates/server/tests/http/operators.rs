//! What operators do, and the claim mail that is sent again.

use crate::requests::once;
use crate::support::{Answer, As, TestServer};
use chrono::TimeDelta;
use course_seats_application::ports::{PortError, Store};
use course_seats_domain::ids::{ProjectId, SagaId};
use course_seats_domain::values::Credits;
use course_seats_sqlite::{SqliteSettings, SqliteStore};
use course_seats_testkit::runtime::long_lease;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

const ADMIN: As<'_> = As::User("service-admin");
const OWNER: &str = "obi-virtual-lab";
const NONE: &str = "00000000-0000-0000-0000-000000000007";

impl TestServer {
    pub async fn get(&self, path: &str) -> Value {
        let answer = self.call(ADMIN, "GET", path, None).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        answer.json()
    }

    async fn post(&self, path: &str) -> Answer {
        self.call(ADMIN, "POST", path, None).await
    }

    async fn turn(&self, minutes: i64) {
        let body = json!({"advance_seconds": minutes * 60});
        let turned = self.call(As::Nobody, "POST", "/sandbox/clock", Some(&body)).await;
        assert_eq!(turned.status, 200, "{}", turned.text);
    }

    /// How many mails went to this address.
    async fn mails_to(&self, address: &str) -> usize {
        let mailbox = self.call(As::Nobody, "GET", "/sandbox/mailbox.json", None).await;
        mailbox.text.matches(&format!("\"{address}\"")).count()
    }

    pub async fn eventually(&self, what: &str, check: impl AsyncFn() -> bool) {
        for _ in 0..600 {
            if check().await {
                return;
            }
            self.running().app().ports().clock.sleep(Duration::from_millis(25)).await;
        }
        panic!("not within 15 s: {what}");
    }

    /// Assigns students `S1`… and returns their enrolments.
    pub async fn enrolled(&self, course: &str, count: usize) -> Vec<String> {
        let student =
            |n| json!({"student_id": format!("S{n}"), "email": format!("s{n}@s.example")});
        let students: Vec<Value> = (1..=count).map(student).collect();
        let path = format!("/seats/courses/{course}/assign");
        let done = self.good(OWNER, "POST", &path, json!({"students": students})).await;
        let results = done["results"].as_array().unwrap().iter();
        results.map(|one| one["enrolment_id"].as_str().unwrap().to_owned()).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_mail_is_sent_again() {
    let server = TestServer::start_with(&[("GRANT_PATIENCE_MS", "100")]).await;
    let course = server.course("Resend", 3).await;
    let enrolments = server.enrolled(&course.id, 3).await;
    let resend = async |enrolment: &str| {
        let path = format!("/courses/{}/enrolments/{enrolment}/resend", course.id);
        server.call(As::User(OWNER), "POST", &path, None).await
    };
    let soon = resend(&enrolments[0]).await;
    assert_eq!((soon.status, &soon.json()["error_code"]), (429, &json!("TOO_MANY_REQUESTS")));
    let wait: u32 = soon.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((500..=600).contains(&wait), "{wait}");

    server.turn(11).await;
    let again = resend(&enrolments[0]).await;
    assert_eq!(again.status, 202, "{}", again.text);
    let id = again.json()["data"]["id"].clone();
    // It is in the mailbox a moment before the outbox tells so.
    let sent = async || server.get("/operator/outbox").await["data"][0]["status"] == "sent";
    server.eventually("the second mail is sent", sent).await;
    assert_eq!(server.mails_to("s1@s.example").await, 2);
    let outbox = server.get("/operator/outbox").await;
    assert_eq!(outbox["data"][0]["id"], id);
    assert_eq!(outbox["data"][0]["subject"], enrolments[0].as_str());
    assert_eq!(resend(&enrolments[0]).await.status, 429, "it counts from the last one");

    server.turn(11).await;
    let path = format!("/courses/{}/enrolments/{}/resend", course.id, enrolments[0]);
    let once = async || once(&server, OWNER, &path, &Value::Null, "key").await;
    let (first, repeat) = (once().await, once().await);
    assert_eq!((first.status, repeat.status), (202, 202), "{} {}", first.text, repeat.text);
    assert_eq!(first.json()["data"]["id"], repeat.json()["data"]["id"], "one mail");
    server
        .eventually("the third mail is there", async || server.mails_to("s1@s.example").await == 3)
        .await;

    let claim = json!({"enrolment_id": enrolments[1]});
    server.good("student-1", "POST", "/courses/claim", claim).await;
    let claimed = resend(&enrolments[1]).await;
    assert_eq!(claimed.status, 409, "{}", claimed.text);
    let list = format!("/seats/courses/{}", course.id);
    let seats = server.call(As::User(OWNER), "GET", &list, None);
    let seats = seats.await.json();
    let seat = seats["data"].as_array().unwrap().iter();
    let mut seat = seat.filter(|seat| seat["enrolment"]["id"] == enrolments[2].as_str());
    let drop = json!({"seat_ids": [seat.next().unwrap()["id"]]});
    let dropped =
        server.good(OWNER, "POST", &format!("/seats/courses/{}/drop", course.id), drop).await;
    assert_eq!(dropped["results"][0]["is_dropped"], true, "{dropped}");
    assert_eq!(resend(&enrolments[2]).await.status, 409);
    assert_eq!(resend(NONE).await.status, 404);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_mail_is_tried_again() {
    let server = TestServer::start().await;
    let course = server.course("Outbox", 1).await;
    let fault = json!({"system": "mail", "operation": "send", "kind": "reject"});
    server.call(As::Nobody, "POST", "/sandbox/faults", Some(&fault)).await;
    let enrolment = server.enrolled(&course.id, 1).await.remove(0);
    let dead = server.get("/operator/outbox?status=dead&page=1&page_size=5").await;
    assert_eq!(dead["pagination"]["total_items"], 1, "{dead}");
    let mail = dead["data"][0].clone();
    assert_eq!((&mail["kind"], &mail["subject"]), (&json!("claim"), &json!(enrolment)));
    assert_eq!((&mail["to"], &mail["attempts"]), (&json!("s1@s.example"), &json!(1)));
    assert_eq!((&mail["next_attempt_at"], &mail["status"]), (&json!(null), &json!("dead")));
    assert!(mail["error"].as_str().unwrap().contains("rejected"), "{mail}");

    let retry = format!("/operator/outbox/{}/retry", mail["id"].as_str().unwrap());
    assert_eq!(server.post(&retry).await.status, 202);
    server.eventually("it is sent", async || server.mails_to("s1@s.example").await == 1).await;
    server
        .eventually("the outbox knows", async || {
            server.get("/operator/outbox?status=sent").await["data"][0]["id"] == mail["id"]
        })
        .await;
    let sent = server.post(&retry).await;
    assert_eq!((sent.status, &sent.json()["message"]), (409, &json!("This mail is sent")));
    assert_eq!(server.post(&format!("/operator/outbox/{NONE}/retry")).await.status, 404);
    let wrong = server.call(ADMIN, "GET", "/operator/outbox?status=lost", None).await;
    assert_eq!(wrong.status, 422);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_mail_than_the_pace_waits_its_turn() {
    let server =
        TestServer::start_with(&[("MAIL_PER_SECOND", "2"), ("MAIL_TIMEOUT_MS", "200")]).await;
    let course = server.course("Pace", 6).await;
    let student = |n| json!({"student_id": format!("S{n}"), "email": format!("s{n}@s.example")});
    let students = json!({"students": (1..=6).map(student).collect::<Vec<_>>()});
    let path = format!("/seats/courses/{}/assign", course.id);
    let done = server.good(OWNER, "POST", &path, students).await;
    let results = done["results"].as_array().unwrap();
    let waiting = results.iter().filter(|one| one["email_sent"] == false).count();
    assert!((1..=4).contains(&waiting), "a second's worth went at once: {done}");
    server
        .eventually("all are sent", async || {
            server.get("/operator/outbox?status=sent").await["pagination"]["total_items"] == 6
        })
        .await;
    for n in 1..=6 {
        assert_eq!(server.mails_to(&format!("s{n}@s.example")).await, 1);
    }
    server.stop().await;
}

/// A server with a grant whose answer says nothing, and a balance that is neither of the two.
pub struct Undecided {
    pub server: TestServer,
    course: String,
    template: ProjectId,
    /// The saga, which waits for a person.
    pub saga: String,
}

/// The sagas that wait for a person.
const ATTENTION: &str = "/operator/sagas?status=needs_attention";

impl Undecided {
    pub async fn new() -> Self {
        let server = TestServer::start_with(&[
            ("LATE_ARRIVAL_GRACE_MS", "2000"),
            ("GRANT_PATIENCE_MS", "100"),
            ("OUTSIDE_TIMEOUT_MS", "1000"),
            ("ANSWER_DEADLINE_MS", "3000"),
        ])
        .await;
        let course = server.course("Ground", 1).await.id;
        let lab = json!({"name": "Money", "description": "d", "entity": "e"});
        let lab = server.good(OWNER, "POST", "/virtual-labs", lab).await["id"].clone();
        let path = format!("/virtual-labs/{}/projects", lab.as_str().unwrap());
        let template = server.good(OWNER, "POST", &path, json!({"name": "T"})).await["id"].clone();
        let institution = server.get("/institutions/_search").await["data"][0]["id"].clone();
        let fault = json!({"system": "accounting", "operation": "grant", "kind": "server_error"});
        server.call(As::Nobody, "POST", "/sandbox/faults", Some(&fault)).await;
        let create = async {
            let body = json!({
                "virtual_lab_id": lab,
                "template_project_id": template,
                "institution_id": institution,
            });
            server.good("service-admin", "POST", "/courses", body).await
        };
        let accounting = &server.running().app().ports().accounting;
        let template = template.as_str().unwrap().parse::<uuid::Uuid>().unwrap().into();
        let meddle = async {
            server
                .eventually("the grant was tried", async || {
                    server.call(As::Nobody, "GET", "/sandbox/faults", None).await.json()["faults"]
                        == json!([])
                })
                .await;
            accounting.grant(template, Credits::whole(7), &long_lease()).await
        };
        let (created, meddled) = futures::join!(create, meddle);
        assert_eq!((meddled, &created["data"]["template_project_funded"]), (Ok(()), &json!(false)));

        server
            .eventually("a person is asked", async || {
                server.get(ATTENTION).await["pagination"]["total_items"] == 1
            })
            .await;
        let saga = server.get(ATTENTION).await["data"][0].clone();
        assert_eq!((&saga["kind"], &saga["status"]), (&json!("fund_template"), &json!("running")));
        let saga = saga["id"].as_str().unwrap().to_owned();
        Self { server, course, template, saga }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn money_that_nobody_can_tell_is_settled_by_a_person() {
    let Undecided { server, course, template, saga } = Undecided::new().await;
    let accounting = &server.running().app().ports().accounting;
    let at = format!("/operator/sagas/{saga}");
    let attempts = async || {
        let notebook = server.get(&at).await;
        assert!(notebook["reason"].as_str().unwrap().contains("neither"), "{notebook}");
        notebook["lease_until"].clone()
    };
    // Tried once more, to the same end.
    let updated = server.get(&at).await["updated_at"].clone();
    assert_eq!(server.post(&format!("{at}/retry")).await.status, 202);
    server
        .eventually("it was tried once more", async || {
            let now = server.get(&at).await;
            now["updated_at"] != updated && now["lease_until"] == Value::Null
        })
        .await;
    assert_eq!(attempts().await, Value::Null);
    assert_eq!(server.get(ATTENTION).await["pagination"]["total_items"], 1);

    let settle = async |at: &str, reason: &str| {
        let body = json!({ "reason": reason });
        server.call(ADMIN, "POST", &format!("{at}/settle"), Some(&body)).await
    };
    for bad in ["", "  ", &"x".repeat(1001)] {
        assert_eq!(settle(&at, bad).await.status, 422);
    }
    let settled = settle(&at, "Granted by hand").await;
    assert_eq!(settled.status, 200, "{}", settled.text);
    let settled = settled.json();
    assert_eq!(
        (&settled["status"], &settled["reason"]),
        (&json!("undone"), &json!("Granted by hand"))
    );
    assert_eq!(
        (&settled["needs_attention"], &settled["steps"][0]["state"]),
        (&json!(false), &json!("unknown"))
    );
    assert_eq!(server.get(ATTENTION).await["pagination"]["total_items"], 0);
    assert_eq!(accounting.project_balance(template).await, Ok::<_, PortError>(Credits::whole(7)));

    // It is over; and what goes by itself is for nobody to settle.
    assert_eq!(settle(&at, "Again").await.status, 409);
    assert_eq!(server.post(&format!("{at}/retry")).await.status, 409);
    let other = server.get("/operator/sagas?kind=create_lab").await["data"][0]["id"].clone();
    let other = format!("/operator/sagas/{}", other.as_str().unwrap());
    assert_eq!(settle(&other, "No").await.status, 409);
    assert_eq!(settle(&format!("/operator/sagas/{NONE}"), "No").await.status, 404);
    assert_eq!(server.post(&format!("/operator/sagas/{NONE}/retry")).await.status, 404);
    assert_eq!(server.get(&format!("/courses/{course}")).await["data"]["id"], course.as_str());
    server.stop().await;
}

/// A server with two drops that went wrong while accounting was away, and that nothing tries again
/// for a day.
pub struct PutOff {
    pub server: TestServer,
    pub sagas: [String; 2],
    folder: TempDir,
}

impl PutOff {
    pub async fn new() -> Self {
        let server = TestServer::start_with(&[
            ("GRANT_PATIENCE_MS", "100"),
            ("OUTSIDE_TIMEOUT_MS", "500"),
            ("ANSWER_DEADLINE_MS", "2000"),
        ])
        .await;
        let course = server.course("Retry", 2).await;
        server.enrolled(&course.id, 2).await;
        let fault = json!({
            "system": "accounting", "operation": "deplete_project", "kind": "refuse", "times": 1000,
        });
        server.call(As::Nobody, "POST", "/sandbox/faults", Some(&fault)).await;
        let list = format!("/seats/courses/{}", course.id);
        let seats = server.call(As::User(OWNER), "GET", &list, None).await.json();
        let seats = [&seats["data"][0]["id"], &seats["data"][1]["id"]];
        let path = format!("/seats/courses/{}/drop", course.id);
        let dropped = server.good(OWNER, "POST", &path, json!({"seat_ids": seats})).await;
        for result in dropped["results"].as_array().unwrap() {
            assert_eq!(result["status"], "pending", "{dropped}");
        }
        let running = server.get("/operator/sagas?kind=drop_seat&status=running").await;
        let sagas = [0, 1].map(|at| running["data"][at]["id"].as_str().unwrap().to_owned());

        // Written while nobody is at work on them; a start forgets the faults.
        let clock = Arc::clone(&server.running().app().ports().clock);
        let tomorrow = server.running().app().now() + TimeDelta::days(1);
        let folder = server.stop().await;
        let file = folder.path().join("course-seats.sqlite");
        let store = SqliteStore::open(&file, clock, SqliteSettings::default()).unwrap();
        put_off(store, &sagas, tomorrow).await;
        let server = Self::start(folder.path()).await;
        Self { server, sagas, folder }
    }

    async fn start(folder: &Path) -> TestServer {
        let folder = folder.to_string_lossy();
        TestServer::start_with(&[("DATA_DIR", &folder), ("RECONCILE_INTERVAL_MS", "200")]).await
    }

    /// Its data folder.
    pub fn folder(&self) -> String {
        self.folder.path().to_string_lossy().into_owned()
    }

    /// Waits until a saga is through.
    pub async fn is_done(&self, saga: &str) {
        let server = &self.server;
        let at = format!("/operator/sagas/{saga}");
        server
            .eventually("it is done", async || server.get(&at).await["status"] == "completed")
            .await;
    }
}

async fn put_off(store: SqliteStore, sagas: &[String], due_at: chrono::DateTime<chrono::Utc>) {
    let mut tx = store.begin().await.unwrap();
    for saga in sagas {
        let saga: SagaId = saga.parse::<uuid::Uuid>().unwrap().into();
        assert!(tx.set_due(saga, due_at).await.unwrap().unwrap().is_open());
    }
    tx.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_saga_that_waits_is_tried_now() {
    let put_off = PutOff::new().await;
    let retry = format!("/operator/sagas/{}/retry", put_off.sagas[0]);
    let queued = put_off.server.post(&retry).await;
    assert_eq!(queued.status, 202, "{}", queued.text);
    assert_eq!(queued.json()["data"], json!({"id": put_off.sagas[0]}));
    put_off.is_done(&put_off.sagas[0]).await;
    let other = put_off.server.get(&format!("/operator/sagas/{}", put_off.sagas[1])).await;
    assert_eq!(other["status"], "running", "nobody asked for this one: {other}");
    put_off.server.stop().await;
}
