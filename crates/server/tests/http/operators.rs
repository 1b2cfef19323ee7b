//! What operators do, and the claim mail that is sent again.

use crate::requests::once;
use crate::support::{Answer, As, TestServer};
use course_seats_application::ports::PortError;
use course_seats_domain::ids::ProjectId;
use course_seats_domain::values::Credits;
use course_seats_testkit::runtime::long_lease;
use serde_json::{Value, json};
use std::time::Duration;

const ADMIN: As<'_> = As::User("service-admin");
const OWNER: &str = "obi-virtual-lab";
const NONE: &str = "00000000-0000-0000-0000-000000000007";

impl TestServer {
    async fn get(&self, path: &str) -> Value {
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

    async fn eventually(&self, what: &str, check: impl AsyncFn() -> bool) {
        for _ in 0..600 {
            if check().await {
                return;
            }
            self.running().app().ports().clock.sleep(Duration::from_millis(25)).await;
        }
        panic!("not within 15 s: {what}");
    }

    /// Assigns students `S1`… and returns their enrolments.
    async fn enrolled(&self, course: &str, count: usize) -> Vec<String> {
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
    server
        .eventually("the second mail is there", async || server.mails_to("s1@s.example").await == 2)
        .await;
    let outbox = server.get("/operator/outbox").await;
    assert_eq!((&outbox["data"][0]["id"], &outbox["data"][0]["status"]), (&id, &json!("sent")));
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

/// A grant whose answer says nothing, and a balance that is neither of the two.
#[tokio::test(flavor = "multi_thread")]
async fn money_that_nobody_can_tell_is_settled_by_a_person() {
    let server = TestServer::start_with(&[
        ("LATE_ARRIVAL_GRACE_MS", "2000"),
        ("GRANT_PATIENCE_MS", "100"),
        ("OUTSIDE_TIMEOUT_MS", "1000"),
        ("ANSWER_DEADLINE_MS", "3000"),
    ])
    .await;
    let course = server.course("Ground", 1).await;
    let lab = json!({"name": "Money", "description": "d", "entity": "e"});
    let lab = server.good(OWNER, "POST", "/virtual-labs", lab).await["id"].clone();
    let path = format!("/virtual-labs/{}/projects", lab.as_str().unwrap());
    let template = server.good(OWNER, "POST", &path, json!({"name": "T"})).await["id"].clone();
    let institution = server.get("/institutions/_search").await["data"][0]["id"].clone();
    let fault = json!({"system": "accounting", "operation": "grant", "kind": "server_error"});
    server.call(As::Nobody, "POST", "/sandbox/faults", Some(&fault)).await;
    let create = async {
        let body = json!({
            "virtual_lab_id": lab, "template_project_id": template, "institution_id": institution,
        });
        server.good("service-admin", "POST", "/courses", body).await
    };
    let accounting = &server.running().app().ports().accounting;
    let project: ProjectId = template.as_str().unwrap().parse::<uuid::Uuid>().unwrap().into();
    let meddle = async {
        server
            .eventually("the grant was tried", async || {
                server.call(As::Nobody, "GET", "/sandbox/faults", None).await.json()["faults"]
                    == json!([])
            })
            .await;
        accounting.grant(project, Credits::whole(7), &long_lease()).await
    };
    let (created, meddled) = futures::join!(create, meddle);
    assert_eq!((meddled, &created["data"]["template_project_funded"]), (Ok(()), &json!(false)));

    let attention = "/operator/sagas?status=needs_attention";
    server
        .eventually("a person is asked", async || {
            server.get(attention).await["pagination"]["total_items"] == 1
        })
        .await;
    let saga = server.get(attention).await["data"][0].clone();
    assert_eq!((&saga["kind"], &saga["status"]), (&json!("fund_template"), &json!("running")));
    let at = format!("/operator/sagas/{}", saga["id"].as_str().unwrap());
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
    assert_eq!(server.get(attention).await["pagination"]["total_items"], 1);

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
    assert_eq!(server.get(attention).await["pagination"]["total_items"], 0);
    assert_eq!(accounting.project_balance(project).await, Ok::<_, PortError>(Credits::whole(7)));

    // It is over; and what goes by itself is for nobody to settle.
    assert_eq!(settle(&at, "Again").await.status, 409);
    assert_eq!(server.post(&format!("{at}/retry")).await.status, 409);
    let other = server.get("/operator/sagas?kind=create_lab").await["data"][0]["id"].clone();
    let other = format!("/operator/sagas/{}", other.as_str().unwrap());
    assert_eq!(settle(&other, "No").await.status, 409);
    assert_eq!(settle(&format!("/operator/sagas/{NONE}"), "No").await.status, 404);
    assert_eq!(server.post(&format!("/operator/sagas/{NONE}/retry")).await.status, 404);
    assert_eq!(
        server.get(&format!("/courses/{}", course.id)).await["data"]["id"],
        course.id.as_str()
    );
    server.stop().await;
}

/// A saga in backoff, with accounting away: retried, it does not wait for its next try.
#[tokio::test(flavor = "multi_thread")]
async fn a_saga_that_waits_is_tried_now() {
    let server = TestServer::start_with(&[
        ("RETRY_MAX_MS", "86400000"),
        ("GRANT_PATIENCE_MS", "100"),
        ("OUTSIDE_TIMEOUT_MS", "500"),
        ("ANSWER_DEADLINE_MS", "2000"),
    ])
    .await;
    let course = server.course("Retry", 1).await;
    server.enrolled(&course.id, 1).await;
    let fault = json!({"system": "accounting", "operation": "deplete_project", "kind": "refuse", "times": 1000});
    server.call(As::Nobody, "POST", "/sandbox/faults", Some(&fault)).await;
    let list = format!("/seats/courses/{}", course.id);
    let seats = server.call(As::User(OWNER), "GET", &list, None);
    let seat = seats.await.json()["data"][0]["id"].clone();
    let drop = json!({"seat_ids": [seat]});
    let path = format!("/seats/courses/{}/drop", course.id);
    let dropped = server.good(OWNER, "POST", &path, drop).await;
    assert_eq!(dropped["results"][0]["status"], "pending", "{dropped}");
    let running = "/operator/sagas?kind=drop_seat&status=running";
    server
        .eventually("it waits", async || {
            let saga = server.get(running).await["data"][0].clone();
            saga["lease_until"] == Value::Null && saga["attempts"].as_u64().unwrap() > 0
        })
        .await;
    server.call(As::Nobody, "DELETE", "/sandbox/faults", None).await;
    // Into a pause that nobody waits out: it doubles with each try.
    let id = server.get(running).await["data"][0]["id"].clone();
    let retry = format!("/operator/sagas/{}/retry", id.as_str().unwrap());
    assert_eq!(server.post(&retry).await.status, 202);
    server
        .eventually("it is done", async || {
            server.get("/operator/sagas?kind=drop_seat&status=completed").await["data"][0]["id"]
                == id
        })
        .await;
    server.stop().await;
}
