//! Calls that are sent twice, and calls that are not waited for.

use crate::support::{Answer, As, Course, TestServer};
use course_seats::demo::{Stopwatch, pause};
use course_seats_domain::ids::RequestId;
use serde_json::{Value, json};
use std::time::Duration;

const ADMIN: &str = "service-admin";
const OWNER: &str = "obi-virtual-lab";

/// Slow enough that a call is at work for seconds.
const SLOW: &[(&str, &str)] = &[("SANDBOX_LATENCY_MS", "400")];

/// Drops right after grants need not wait long for a balance.
const IMPATIENT: &[(&str, &str)] = &[("GRANT_PATIENCE_MS", "100")];

/// A POST with headers.
async fn send(
    server: &TestServer,
    user: &str,
    path: &str,
    body: &Value,
    headers: &[(&str, &str)],
) -> Answer {
    let token = server.token(user).await;
    let mut request = server.client.post(format!("{}{path}", server.url)).bearer_auth(token);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    if !body.is_null() {
        request = request.json(body);
    }
    let answer = request.send().await.unwrap();
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    Answer { status, headers, text: answer.text().await.unwrap() }
}

/// A POST with a key.
pub async fn once(server: &TestServer, user: &str, path: &str, body: &Value, key: &str) -> Answer {
    send(server, user, path, body, &[("Idempotency-Key", key)]).await
}

fn header<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
    answer.headers.get(name).map(|value| value.to_str().unwrap())
}

fn assign_path(course: &Course) -> String {
    format!("/seats/courses/{}/assign", course.id)
}

fn students(range: std::ops::RangeInclusive<u32>) -> Value {
    let students: Vec<Value> = range
        .map(|n| json!({"student_id": format!("S{n}"), "email": format!("student-{n}@sandbox.example")}))
        .collect();
    json!({ "students": students })
}

/// How many seats are in this state.
async fn seats(server: &TestServer, course: &Course, state: &str) -> u64 {
    let path = format!("/seats/courses/{}?state={state}&page_size=1", course.id);
    let list = server.call(As::User(OWNER), "GET", &path, None).await.json();
    list["pagination"]["total_items"].as_u64().unwrap()
}

/// Looks again and again until it is so.
async fn until(what: &str, mut good: impl AsyncFnMut() -> bool) {
    let watch = Stopwatch::start();
    while !good().await {
        assert!(watch.elapsed() < Duration::from_secs(60), "not within a minute: {what}");
        pause(Duration::from_millis(20)).await;
    }
}

/// Repeats until the first is no longer at work; how often it was.
async fn patiently(
    server: &TestServer,
    user: &str,
    path: &str,
    body: &Value,
    key: &str,
) -> (Answer, u32) {
    let (mut at_work, mut answered) = (0, None);
    until("an answer", async || {
        let answer = once(server, user, path, body, key).await;
        if answer.status != 409 || answer.json()["error_code"] != "REQUEST_IN_PROGRESS" {
            answered = Some(answer);
            return true;
        }
        let seconds: u64 = header(&answer, "retry-after").unwrap().parse().unwrap();
        assert!((1..=5).contains(&seconds), "{seconds}");
        at_work += 1;
        false
    })
    .await;
    (answered.unwrap(), at_work)
}

fn statuses(answer: &Value) -> Vec<&str> {
    let results = answer["results"].as_array().unwrap();
    results.iter().map(|result| result["status"].as_str().unwrap()).collect()
}

fn names_the_key(answer: &Answer) {
    assert_eq!(answer.status, 422, "{}", answer.text);
    assert_eq!(answer.json()["error_code"], "INVALID_REQUEST");
    assert!(answer.json()["details"]["Idempotency-Key"].is_string(), "{}", answer.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_connection_and_a_repeat_assign_once() {
    let server = TestServer::start_with(SLOW).await;
    let course = server.course("Repeated", 3).await;
    let (path, body) = (assign_path(&course), students(1..=2));
    tokio::select! {
        biased;
        answer = once(&server, OWNER, &path, &body, "one") => panic!("answered: {}", answer.text),
        // The connection goes with the call.
        () = until("reserved", async || seats(&server, &course, "reserved").await == 2) => {}
    }
    // Another body is told as such at once, whatever the first is doing.
    names_the_key(&once(&server, OWNER, &path, &students(1..=3), "one").await);
    let (answer, at_work) = patiently(&server, OWNER, &path, &body, "one").await;
    assert!(at_work > 0, "the first was still at work");
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(statuses(&answer.json()), ["done", "done"]);
    assert_eq!(seats(&server, &course, "assigned").await, 2);
    assert_eq!(seats(&server, &course, "free").await, 1);

    // The same value, written in another way.
    let turned = r#"{ "students" : [
        {"email": "student-1@sandbox.example", "student_id": "S1"},
        {"email": "student-2@sandbox.example", "student_id": "S2"} ] }"#;
    let token = server.token(OWNER).await;
    let again = server
        .client
        .post(format!("{}{path}", server.url))
        .bearer_auth(token)
        .header("Idempotency-Key", "one")
        .header("content-type", "application/json")
        .body(turned)
        .send()
        .await
        .unwrap();
    assert_eq!(again.status(), 200);
    let again: Value = again.json().await.unwrap();
    for (one, other) in again["results"]
        .as_array()
        .unwrap()
        .iter()
        .zip(answer.json()["results"].as_array().unwrap())
    {
        for field in ["student_id", "email", "seat_id", "enrolment_id", "project_id"] {
            assert_eq!(one[field], other[field], "{field}");
        }
    }
    // Without the key it is another request.
    let other = server.call(As::User(OWNER), "POST", &path, Some(&body)).await;
    assert_eq!((other.status, &other.json()["error_code"]), (409, &json!("ENTITY_ALREADY_EXISTS")));
    server.stop().await;
}

/// Many at once with one key: one of them does it.
#[tokio::test(flavor = "multi_thread")]
async fn calls_at_once_with_one_key_do_it_once() {
    let server = TestServer::start().await;
    let course = server.course("At once", 10).await;
    let path = assign_path(&course);
    let body = students(1..=2);
    let calls = (0..6).map(|_| patiently(&server, OWNER, &path, &body, "k"));
    let answers = futures::future::join_all(calls).await;
    for (answer, _) in &answers {
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert_eq!(statuses(&answer.json()), ["done", "done"]);
    }
    assert_eq!(seats(&server, &course, "assigned").await, 2);
    let body = json!({"course_id": course.id, "number_of_seats": 5});
    let calls = (0..6).map(|_| once(&server, ADMIN, "/seats/provision", &body, "k"));
    let answers = futures::future::join_all(calls).await;
    for answer in &answers {
        assert_eq!(answer.json(), answers[0].json());
    }
    assert_eq!(seats(&server, &course, "free").await, 8 + 5);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_call_frees_its_key() {
    let server = TestServer::start().await;
    let course = server.course("Refused", 1).await;
    let (path, body) = (assign_path(&course), students(1..=2));
    let refused = once(&server, OWNER, &path, &body, "k").await;
    assert_eq!((refused.status, &refused.json()["error_code"]), (409, &json!("ENTITY_NOT_FOUND")));
    // Another body: the key is free.
    let other = once(&server, OWNER, &path, &students(7..=7), "k").await;
    assert_eq!((other.status, statuses(&other.json())), (200, vec!["done"]));
    names_the_key(&once(&server, OWNER, &path, &body, "k").await);
    // So it is after one that does not validate, and after one by somebody who may not.
    let bad = once(&server, OWNER, &path, &json!({"students": []}), "l").await;
    assert_eq!(bad.status, 422);
    assert_eq!(once(&server, "student-1", &path, &body, "l").await.status, 403);
    let provision = json!({"course_id": course.id, "number_of_seats": 2});
    server.good(ADMIN, "POST", "/seats/provision", provision).await;
    let good = once(&server, OWNER, &path, &body, "l").await;
    assert_eq!((good.status, statuses(&good.json())), (200, vec!["done", "done"]));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_its_callers_and_its_paths() {
    let server = TestServer::start().await;
    let (one, two) = (server.course("One", 2).await, server.course("Two", 2).await);
    let assigned = once(&server, OWNER, &assign_path(&one), &students(1..=2), "k").await.json();
    let elsewhere = once(&server, OWNER, &assign_path(&two), &students(3..=4), "k").await;
    assert_eq!((elsewhere.status, statuses(&elsewhere.json())), (200, vec!["done", "done"]));
    for (n, user) in [(0, "student-1"), (1, "student-2")] {
        let body = json!({"enrolment_id": assigned["results"][n]["enrolment_id"]});
        let claimed = once(&server, user, "/courses/claim", &body, "k").await;
        assert_eq!(claimed.status, 200, "{}", claimed.text);
        let again = once(&server, user, "/courses/claim", &body, "k").await;
        assert_eq!((again.status, again.json()), (200, claimed.json()));
        let without = server.call(As::User(user), "POST", "/courses/claim", Some(&body)).await;
        assert_eq!(without.status, 409);
    }
    server.stop().await;
}

/// Each call that takes a key: repeated, it does nothing again and answers from what is now.
#[tokio::test(flavor = "multi_thread")]
async fn every_call_with_a_key_can_be_repeated() {
    let server = TestServer::start_with(IMPATIENT).await;
    let course = server.course("All", 1).await;
    let twice = async |user: &str, path: &str, body: Value| -> Value {
        let first = once(&server, user, path, &body, "key").await;
        assert_eq!(first.status, 200, "{path}: {}", first.text);
        let (again, _) = patiently(&server, user, path, &body, "key").await;
        assert_eq!((again.status, again.json()), (200, first.json()), "{path}");
        if !body.is_null() {
            let mut other = body.clone();
            other["more"] = json!(1);
            names_the_key(&once(&server, user, path, &other, "key").await);
        }
        again.json()
    };

    let lab = json!({"name": "Second", "description": "d", "entity": "e"});
    let lab = server.good(OWNER, "POST", "/virtual-labs", lab).await["id"].clone();
    let path = format!("/virtual-labs/{}/projects", lab.as_str().unwrap());
    let template = server.good(OWNER, "POST", &path, json!({"name": "T"})).await["id"].clone();
    let path = format!("/courses/{}", course.id);
    let first = server.call(As::User(ADMIN), "GET", &path, None).await.json();
    let body = json!({
        "virtual_lab_id": lab, "template_project_id": template,
        "institution_id": first["data"]["institution_id"], "start_date": "2020-01-01",
        "last_drop_date": "2020-01-10", "end_date": "2099-01-01",
    });
    let second = twice(ADMIN, "/courses", body).await["data"]["id"].clone();
    let second = second.as_str().unwrap();
    let active = twice(ADMIN, &format!("/courses/{second}/activate"), Value::Null).await;
    assert_eq!(active["data"]["status"], "active");
    let body = json!({"course_id": second, "number_of_seats": 3});
    let provisioned = twice(ADMIN, "/seats/provision", body.clone()).await;
    assert_eq!(provisioned["data"]["seats"].as_array().unwrap().len(), 3);

    // Into the first course, which is before its last drop date, of the same institution.
    let transfer = json!({"source_course_id": second, "target_course_id": course.id, "amount": 1});
    let moved = twice(ADMIN, "/seats/transfer", transfer).await;
    assert_eq!(moved["data"]["transferred_count"], 1);
    assert_eq!(moved["data"]["transferred_seats"][0]["course_id"], json!(course.id));
    assert_eq!(seats(&server, &course, "free").await, 2);

    let assigned = twice(OWNER, &assign_path(&course), students(1..=1)).await;
    let result = &assigned["results"][0];
    let claim = json!({"enrolment_id": result["enrolment_id"]});
    twice("student-1", &format!("/courses/{}/claim", course.id), claim).await;
    let activated = twice("student-1", "/courses/activate-enrolments", Value::Null).await;
    assert_eq!(activated["results"][0]["activated"], true);
    let dropped = format!("/seats/courses/{}/drop", course.id);
    let dropped = twice(OWNER, &dropped, json!({"seat_ids": [result["seat_id"]]})).await;
    assert_eq!(dropped["results"][0]["is_dropped"], true);
    assert_eq!(dropped["results"][0]["seat_recovered"], true);

    let path = format!("/courses/{second}/void");
    let voided = twice(ADMIN, &path, Value::Null).await;
    assert_eq!(voided["data"]["status"], "voided");
    // The answers are computed from what is now, and what is gone is told to be gone.
    let activate = format!("/courses/{second}/activate");
    let active = once(&server, ADMIN, &activate, &Value::Null, "key").await;
    assert_eq!(active.json()["data"]["status"], "voided");
    let deleted = format!("/courses/{second}");
    until("deleted", async || {
        server.call(As::User(ADMIN), "DELETE", &deleted, None).await.status == 200
    })
    .await;
    assert_eq!(once(&server, ADMIN, &path, &Value::Null, "key").await.status, 404);
    let gone = once(&server, ADMIN, "/seats/provision", &body, "key").await;
    // Of the seats that were provisioned there, the one that was moved is left.
    assert_eq!(gone.status, 200, "{}", gone.text);
    assert_eq!(gone.json()["data"]["seats"].as_array().unwrap().len(), 1);
    assert_eq!(gone.json()["data"]["seats"][0]["course_id"], json!(course.id));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_none_is_refused() {
    let server = TestServer::start().await;
    let course = server.course("Keys", 1).await;
    let (path, body) = (assign_path(&course), students(1..=1));
    let long = "k".repeat(256);
    for bad in ["", "a key", &long] {
        names_the_key(&once(&server, OWNER, &path, &body, bad).await);
        names_the_key(
            &once(&server, ADMIN, &format!("/courses/{}/void", course.id), &Value::Null, bad).await,
        );
    }
    let two = [("Idempotency-Key", "a"), ("Idempotency-Key", "b")];
    names_the_key(&send(&server, OWNER, &path, &body, &two).await);
    // All that is wrong is told at once.
    let both = once(&server, OWNER, &path, &json!({"students": 1}), "").await;
    names_the_key(&both);
    assert!(both.json()["details"]["students"].is_string(), "{}", both.text);
    assert_eq!(once(&server, OWNER, &path, &body, &"k".repeat(255)).await.status, 200);
    server.stop().await;
}

/// The job as it is now.
async fn job(server: &TestServer, path: &str) -> Value {
    let answer = server.call(As::User(OWNER), "GET", path, None).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let job = answer.json();
    let counted = ["done", "failed", "pending"].map(|name| job[name].as_u64().unwrap());
    assert_eq!(job["total"], counted.iter().sum::<u64>());
    assert_eq!(job["results"].as_array().unwrap().len() as u64, counted.iter().sum::<u64>());
    for (name, count) in ["done", "failed", "pending"].iter().zip(counted) {
        let like = statuses(&job).into_iter().filter(|status| status == name).count();
        assert_eq!(like as u64, count, "{name}");
    }
    assert_eq!(job["status"], if counted[2] > 0 { "running" } else { "done" });
    job
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_tells_its_progress_to_the_end() {
    let settings = [("BASE_PATH", "/api"), SLOW[0], IMPATIENT[0], ("BATCH_CONCURRENCY", "1")];
    let server = TestServer::start_with(&settings).await;
    let course = server.course("Jobs", 3).await;
    let elsewhere = server.course("Other", 1).await;
    let body = students(1..=3);
    let prefer = [("Prefer", "wait=100, respond-async"), ("Idempotency-Key", "k")];
    let path = assign_path(&course);
    let begun = send(&server, OWNER, &path, &body, &prefer).await;
    assert_eq!(begun.status, 202, "{}", begun.text);
    let url = begun.json()["status_url"].as_str().unwrap().to_owned();
    let id = begun.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(url, format!("/api/seats/courses/{}/jobs/{id}", course.id));
    assert_eq!(header(&begun, "location"), Some(url.as_str()));
    assert_eq!(header(&begun, "preference-applied"), Some("respond-async"));
    // A repeat has the same job; one that wants to wait is told to.
    let again = send(&server, OWNER, &path, &body, &prefer).await;
    assert_eq!((again.status, again.json()), (202, begun.json()));
    let waits = once(&server, OWNER, &path, &body, "k").await;
    assert_eq!((waits.status, &waits.json()["error_code"]), (409, &json!("REQUEST_IN_PROGRESS")));
    let other = send(&server, OWNER, &path, &students(1..=2), &prefer).await;
    names_the_key(&other);

    // One student after the other: the progress shows.
    let url = url.strip_prefix("/api").unwrap();
    let mut seen = Vec::new();
    until("the assign", async || {
        let job = job(&server, url).await;
        assert_eq!((&job["id"], &job["kind"]), (&json!(id), &json!("assign")));
        seen.push(job["done"].as_u64().unwrap());
        job["status"] == "done"
    })
    .await;
    let done = job(&server, url).await;
    // The first may be done before the first look.
    assert!(seen.is_sorted() && seen.iter().any(|done| (1..3).contains(done)), "{seen:?}");
    assert_eq!(done["done"], 3);
    let (answer, _) = patiently(&server, OWNER, &path, &body, "k").await;
    for (one, other) in
        answer.json()["results"].as_array().unwrap().iter().zip(done["results"].as_array().unwrap())
    {
        assert_eq!(one["enrolment_id"], other["enrolment_id"]);
        assert_eq!(one.as_object().unwrap().len(), other.as_object().unwrap().len());
    }

    // Only in its own course, only for its admins.
    let of = |course: &Course| format!("/seats/courses/{}/jobs/{id}", course.id);
    let not_here = server.call(As::User(OWNER), "GET", &of(&elsewhere), None).await;
    assert_eq!(
        (not_here.status, &not_here.json()["error_code"]),
        (404, &json!("ENTITY_NOT_FOUND"))
    );
    assert_eq!(server.call(As::User("student-1"), "GET", &of(&course), None).await.status, 403);

    // A drop, one of whose seats is not there.
    let none = uuid::Uuid::from_u128(7).to_string();
    let body = json!({"seat_ids": [done["results"][1]["seat_id"], none]});
    let path = format!("/seats/courses/{}/drop", course.id);
    let begun = send(&server, OWNER, &path, &body, &[("Prefer", "respond-async")]).await;
    assert_eq!(begun.status, 202, "{}", begun.text);
    let url = begun.json()["status_url"].as_str().unwrap().to_owned();
    let url = url.strip_prefix("/api").unwrap();
    until("the drop", async || {
        let job = job(&server, url).await;
        assert_eq!((&job["kind"], &job["failed"]), (&json!("drop"), &json!(1)));
        job["status"] == "done"
    })
    .await;
    let done = job(&server, url).await;
    assert_eq!(done["results"][0]["seat_recovered"], true);
    assert_eq!(done["results"][1]["error"], "Seat not found in this course");
    server.stop().await;
}

/// A call that is refused is refused at once, also if nobody wants to wait.
#[tokio::test(flavor = "multi_thread")]
async fn a_refused_job_is_none() {
    let server = TestServer::start().await;
    let course = server.course("No job", 1).await;
    let prefer = [("Prefer", "respond-async")];
    let refused = send(&server, OWNER, &assign_path(&course), &students(1..=2), &prefer).await;
    assert_eq!((refused.status, &refused.json()["error_code"]), (409, &json!("ENTITY_NOT_FOUND")));
    assert_eq!(header(&refused, "location"), None);
    assert_eq!(seats(&server, &course, "free").await, 1);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_and_jobs_end_with_their_time() {
    let server = TestServer::start().await;
    let course = server.course("Time", 1).await;
    let turn = async |days: u32| {
        let body = json!({ "advance_days": days });
        let turned = server.call(As::Nobody, "POST", "/sandbox/clock", Some(&body)).await;
        assert_eq!(turned.status, 200, "{}", turned.text);
        server.forget_tokens();
    };
    let prefer = [("Prefer", "respond-async"), ("Idempotency-Key", "k")];
    let path = assign_path(&course);
    let begun = send(&server, OWNER, &path, &students(1..=1), &prefer).await;
    let url = begun.json()["status_url"].as_str().unwrap().to_owned();
    let body = json!({"course_id": course.id, "number_of_seats": 2});
    let first = once(&server, ADMIN, "/seats/provision", &body, "k").await.json();
    assert_eq!(once(&server, ADMIN, "/seats/provision", &body, "k").await.json(), first);
    until("the job", async || job(&server, &url).await["status"] == "done").await;

    turn(1).await;
    let second = once(&server, ADMIN, "/seats/provision", &body, "k").await.json();
    assert_ne!(second["data"]["seats"], first["data"]["seats"]);
    // The key of the job is free, the job is still there.
    let other = send(&server, OWNER, &path, &students(2..=2), &prefer).await;
    assert_eq!(other.status, 202, "{}", other.text);
    assert_ne!(other.json()["id"], begun.json()["id"]);
    assert_eq!(job(&server, &url).await["done"], 1);

    turn(29).await;
    let gone = server.call(As::User(OWNER), "GET", &url, None).await;
    assert_eq!((gone.status, &gone.json()["error_code"]), (404, &json!("ENTITY_NOT_FOUND")));

    // Its row goes with the next round, at the latest when a process starts; the younger one stays.
    let [old, young] = [begun, other].map(|answer| -> RequestId {
        answer.json()["id"].as_str().unwrap().parse::<uuid::Uuid>().unwrap().into()
    });
    assert!(is_stored(&server, old).await);
    let folder = server.stop().await;
    let data = folder.path().to_string_lossy().into_owned();
    let server = TestServer::start_with(&[("DATA_DIR", &data)]).await;
    until("forgotten", async || !is_stored(&server, old).await).await;
    assert!(is_stored(&server, young).await);
    server.stop().await;
}

async fn is_stored(server: &TestServer, id: RequestId) -> bool {
    let store = &server.running().app().ports().store;
    store.read().await.unwrap().request(id).await.unwrap().is_some()
}
