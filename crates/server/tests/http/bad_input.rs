//! Whatever is sent, at every endpoint: never a 500, and always our error body.

use crate::contract::operations;
use crate::support::{As, TestServer};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Map, Value, json};

/// What the pages are that stand in for the portal.
const HTML: &str = "text/html; charset=utf-8";

/// The names of fields that some endpoint reads.
const FIELDS: &[&str] = &[
    "name",
    "contact_email",
    "virtual_lab_id",
    "template_project_id",
    "institution_id",
    "start_date",
    "end_date",
    "last_drop_date",
    "course_id",
    "number_of_seats",
    "source_course_id",
    "target_course_id",
    "amount",
    "students",
    "student_id",
    "email",
    "seat_ids",
    "enrolment_id",
    "description",
    "reference_email",
    "email_verified",
    "entity",
    "compute_cell",
    "is_course",
    "role",
    "at",
    "advance_days",
    "system",
    "kind",
    "project_id",
];

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[ -~]{0,40}",
        "\\PC*",
        "[0-9]{1,40}",
        "[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9:.,+\\-Z]{0,20})?",
        Just("\0".to_owned()),
        Just("a\u{7}@b.ch".to_owned()),
        Just("9999-12-31T23:59:59.999999-23:59".to_owned()),
        Just("00000000-0000-0000-0000-000000000000".to_owned()),
        Just("x".repeat(300)),
        Just("all".to_owned()),
    ]
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any_text().prop_map(Value::from),
        Just(json!("{}")),
    ];
    leaf.prop_recursive(3, 20, 6, |inner| {
        let field = prop_oneof![prop::sample::select(FIELDS).prop_map(str::to_owned), any_text()];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((field, inner), 0..6)
                .prop_map(|fields| Value::Object(Map::from_iter(fields))),
        ]
    })
}

/// An object with the fields that endpoints read, each with any value.
fn any_body() -> impl Strategy<Value = Vec<u8>> {
    let fields = prop::collection::vec((prop::sample::select(FIELDS), any_value()), 0..12);
    let object = fields.prop_map(|fields| {
        let fields = fields.into_iter().map(|(name, value)| (name.to_owned(), value));
        Value::Object(fields.collect())
    });
    prop_oneof![
        4 => object.prop_map(|value| value.to_string().into_bytes()),
        2 => any_value().prop_map(|value| value.to_string().into_bytes()),
        1 => prop::collection::vec(any::<u8>(), 0..60),
        1 => Just(b"{\"name\": 1e999}".to_vec()),
        1 => Just([b"[".repeat(5000), b"]".repeat(5000)].concat()),
        1 => Just(b"{\"name\": \"\\ud800\"}".to_vec()),
    ]
}

fn any_query() -> impl Strategy<Value = String> {
    let names = prop::sample::select(
        &[
            "q",
            "page",
            "page_size",
            "state",
            "vlab_name",
            "course_id",
            "created_after",
            "token",
            "enrolment_id",
            "expand",
            "status",
            "kind",
            "institution_name",
        ][..],
    );
    prop::collection::vec((names, any_text()), 0..5).prop_map(|pairs| {
        url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn never_a_500_and_always_our_error_body() {
    let server = TestServer::start().await;
    let course = server.course("Bad input", 3).await;
    let document = server.call(As::Nobody, "GET", "/openapi.json", None).await.json();
    let mut runner = TestRunner::deterministic();
    let ids = prop_oneof![
        Just(course.id.clone()),
        Just(course.lab.clone()),
        "[a-f0-9-]{0,40}",
        any_text().prop_map(|text| {
            url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>()
        }),
    ];
    for (method, pattern, _) in operations(&document) {
        // Its own clock and faults would turn the test against itself.
        let own = ["/sandbox/clock", "/sandbox/faults", "/sandbox/spend"];
        if method != "GET" && (own.contains(&pattern.as_str()) || pattern.ends_with("/logout")) {
            continue;
        }
        for _ in 0..25 {
            let id = ids.new_tree(&mut runner).unwrap().current().replace("+", "%20");
            let query = any_query().new_tree(&mut runner).unwrap().current();
            let body = any_body().new_tree(&mut runner).unwrap().current();
            let path = fill(&pattern, &id);
            for user in ["service-admin", "obi-virtual-lab"] {
                let path = format!("{path}?{query}");
                let body = (method != "GET").then(|| body.clone());
                check(&server, user, &method, &path, body).await;
            }
        }
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_megabytes_at_every_endpoint() {
    let server = TestServer::start().await;
    let course = server.course("Big", 1).await;
    let document = server.call(As::Nobody, "GET", "/openapi.json", None).await.json();
    for (method, pattern, operation) in operations(&document) {
        if operation["requestBody"].is_null() {
            continue;
        }
        let id = if pattern.contains("virtual_lab_id") { &course.lab } else { &course.id };
        let body = vec![b'x'; 2 * 1024 * 1024];
        let path = fill(&pattern, id);
        for user in ["service-admin", "obi-virtual-lab"] {
            let status = check(&server, user, &method, &path, Some(body.clone())).await;
            assert!(matches!(status, 413 | 403), "{method} {pattern} as {user}: {status}");
        }
    }
    server.stop().await;
}

fn fill(pattern: &str, id: &str) -> String {
    match (pattern.find('{'), pattern.find('}')) {
        (Some(from), Some(to)) => {
            let id = if id.is_empty() { "x" } else { id };
            format!("{}{id}{}", &pattern[..from], &pattern[to + 1..])
        }
        _ => pattern.to_owned(),
    }
}

async fn check(
    server: &TestServer,
    user: &str,
    method: &str,
    path: &str,
    body: Option<Vec<u8>>,
) -> u16 {
    let shown = body.as_deref().map(String::from_utf8_lossy).unwrap_or_default();
    let shown: String = shown.chars().take(2000).collect();
    let answer = server.raw(As::User(user), method, path, body, "application/json").await;
    let at = format!("{method} {path} {shown}\n→ {} {}", answer.status, answer.text);
    assert!(answer.status < 500, "{at}");
    let page = answer.headers.get("content-type").is_some_and(|kind| kind == HTML);
    if answer.status >= 400 && !page {
        let body = answer.json();
        for field in ["error_code", "message", "details", "data"] {
            assert!(body.get(field).is_some(), "{at}");
        }
    }
    answer.status
}

#[tokio::test(flavor = "multi_thread")]
async fn duplicates_of_both_kinds_are_told_at_once() {
    let server = TestServer::start().await;
    let course = server.course("Duplicates", 1).await;
    let path = format!("/seats/courses/{}/assign", course.id);
    let student = |id: &str| json!({"student_id": id, "email": "s@s.example"});
    let assign = async |first, second| {
        let body = json!({"students": [student(first), student(second)]});
        let answer = server.call(As::User("obi-virtual-lab"), "POST", &path, Some(&body)).await;
        answer.json()["details"]["field_0"].clone()
    };
    assert_eq!(assign("S1", "S2").await, "Value error, Duplicate email in request");
    let both = assign("S1", "S1").await;
    assert_eq!(both, "Value error, Duplicate student_id in request; Duplicate email in request");
    server.stop().await;
}
