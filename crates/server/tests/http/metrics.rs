//! What `GET /metrics` tells after something has happened.

use crate::support::{As, TestServer};
use course_seats_domain::plans::SagaKind;
use course_seats_domain::saga::Status;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const OWNER: &str = "obi-virtual-lab";

/// How long every call outside takes here.
const LATENCY_SECONDS: f64 = 0.02;

/// The page: what a series is called, with its labels, and its value.
struct Page {
    text: String,
    values: BTreeMap<String, f64>,
}

impl Page {
    async fn of(server: &TestServer) -> Self {
        let answer = server.call(As::Nobody, "GET", "/metrics", None).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let kind = answer.headers["content-type"].to_str().unwrap();
        assert!(kind.starts_with("application/openmetrics-text"), "{kind}");
        let series = answer.text.lines().filter(|line| !line.starts_with('#'));
        let values = series.map(|line| {
            let (series, value) = line.rsplit_once(' ').unwrap();
            let series = series.strip_prefix("course_seats_").unwrap();
            (series.to_owned(), value.parse().unwrap())
        });
        Self { values: values.collect(), text: answer.text }
    }

    /// The value of a series.
    fn at(&self, series: &str) -> f64 {
        let found = self.values.get(series).copied();
        found.unwrap_or_else(|| panic!("no {series}\n{}", self.text))
    }

    /// The calls to a system, whatever they were, that came to this; all of them: `""`.
    fn calls(&self, system: &str, outcome: &str) -> f64 {
        let start = format!("outside_calls_total{{system=\"{system}\",");
        self.values
            .iter()
            .filter(|(name, _)| name.starts_with(&start) && name.contains(outcome))
            .map(|(_, value)| value)
            .sum()
    }

    fn has_help_and_type_of_each(&self) {
        assert!(self.text.ends_with("# EOF\n"));
        for series in self.values.keys() {
            let name = series.split('{').next().unwrap();
            let ends = ["_total", "_count", "_sum", "_bucket"];
            let name = ends.iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
            for word in ["HELP", "TYPE"] {
                let line = format!("# {word} course_seats_{name} ");
                assert!(self.text.lines().any(|seen| seen.starts_with(&line)), "{line}");
            }
        }
    }
}

async fn fault(server: &TestServer, fault: Value) {
    let told = server.call(As::Nobody, "POST", "/sandbox/faults", Some(&fault)).await;
    assert!(told.status < 300, "{}", told.text);
}

async fn assign(server: &TestServer, course: &str, student: &str) -> Value {
    let email = format!("{student}@s.example");
    let body = json!({"students": [{"student_id": student, "email": email}]});
    let path = format!("/seats/courses/{course}/assign");
    server.good(OWNER, "POST", &path, body).await["results"][0].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_happened_is_counted() {
    let server = TestServer::start_with(&[("SANDBOX_LATENCY_MS", "20")]).await;
    let course = server.course("Metrics", 4).await.id;
    let before = Page::of(&server).await;
    before.has_help_and_type_of_each();
    assert_eq!(assign(&server, &course, "good").await["status"], "done");
    // One whose mail is refused, and one who gets no seat.
    fault(&server, json!({"system": "mail", "operation": "send", "kind": "reject"})).await;
    assert_eq!(assign(&server, &course, "mute").await["email_sent"], false);
    let reject = json!({
        "system": "accounting", "operation": "open_project", "kind": "reject", "times": 1000,
    });
    fault(&server, reject).await;
    assert_eq!(assign(&server, &course, "poor").await["status"], "failed");
    // Accounting is away: nobody begins anything.
    let away = json!({
        "system": "accounting", "operation": "lab_balance", "kind": "refuse", "times": 100,
    });
    fault(&server, away).await;
    let path = format!("/seats/courses/{course}/assign");
    let body = json!({"students": [{"student_id": "late", "email": "late@s.example"}]});
    let refused = server.call(As::User(OWNER), "POST", &path, Some(&body)).await;

    let page = Page::of(&server).await;
    page.has_help_and_type_of_each();
    for (series, value) in [
        ("database_up", 1.0),
        (r#"sagas{kind="create_lab",status="completed"}"#, 1.0),
        (r#"sagas{kind="assign_seat",status="completed"}"#, 2.0),
        (r#"sagas{kind="assign_seat",status="undone"}"#, 1.0),
        (r#"sagas{kind="assign_seat",status="running"}"#, 0.0),
        (r#"outbox_mails{status="sent"}"#, 1.0),
        (r#"outbox_mails{status="dead"}"#, 1.0),
        (r#"outbox_mails{status="queued"}"#, 0.0),
        ("oldest_open_saga_age_seconds", 0.0),
        (r#"outside_calls_total{system="mail",operation="send",outcome="ok"}"#, 1.0),
        (r#"outside_calls_total{system="mail",operation="send",outcome="rejected"}"#, 1.0),
    ] {
        assert_eq!(page.at(series), value, "{series}\n{}", page.text);
    }
    let granted = r#"outside_calls_total{system="accounting",operation="grant",outcome="ok"}"#;
    assert_eq!(page.at(granted) - before.at(granted), 2.0);
    assert_eq!(refused.status, 503, "{}", refused.text);
    // Some are tried again, and fail again.
    for series in [
        r#"outside_calls_total{system="accounting",operation="open_project",outcome="rejected"}"#,
        r#"outside_calls_total{system="accounting",operation="lab_balance",outcome="unavailable"}"#,
    ] {
        assert!(page.at(series) >= 1.0, "{series}\n{}", page.text);
    }
    for system in ["identity", "accounting", "mail"] {
        let took = |what: &str| {
            page.at(&format!("outside_call_duration_seconds_{what}{{system=\"{system}\"}}"))
        };
        assert_eq!(took("count"), page.calls(system, ""), "{system}: every call is timed");
        // Not all of who somebody is goes over the wire: tokens are known for a while. And what is
        // refused takes no time.
        let good = page.calls(system, r#"outcome="ok""#);
        let calls = if system == "identity" { 1.0 } else { good };
        let plausible = calls * LATENCY_SECONDS..60.0;
        assert!(plausible.contains(&took("sum")), "{system}\n{}", page.text);
    }
    for (kind, status) in SagaKind::ALL.iter().flat_map(|kind| Status::ALL.map(|at| (kind, at))) {
        let (kind, status) = (kind.as_str(), status.as_str());
        let path = format!("/operator/sagas?kind={kind}&status={status}");
        let listed = server.call(As::User("service-admin"), "GET", &path, None).await.json();
        let counted = page.at(&format!("sagas{{kind=\"{kind}\",status=\"{status}\"}}"));
        assert_eq!(listed["pagination"]["total_items"], counted, "{kind} {status}");
    }
    let route = "/seats/courses/{course_id}/assign";
    for (status, count) in [(200, 3.0), (503, 1.0)] {
        let series = format!(
            "http_request_duration_seconds_count{{method=\"POST\",route=\"{route}\",status=\"{status}\"}}"
        );
        assert_eq!(page.at(&series), count, "{series}");
    }
    server.stop().await;
}

/// One that goes on, and a mail that waits: how long both have.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_left_open_grows_old() {
    let server = TestServer::start_with(&[
        ("GRANT_PATIENCE_MS", "100"),
        ("OUTSIDE_TIMEOUT_MS", "500"),
        ("ANSWER_DEADLINE_MS", "1000"),
        ("OUTBOX_RETRY_BASE_MS", "60000"),
    ])
    .await;
    let course = server.course("Open", 1).await.id;
    fault(&server, json!({"system": "mail", "operation": "send", "kind": "refuse", "times": 1000}))
        .await;
    assert_eq!(assign(&server, &course, "slow").await["email_sent"], false);
    let queued = Page::of(&server).await;
    assert_eq!(queued.at(r#"outbox_mails{status="queued"}"#), 1.0, "{}", queued.text);
    let failed = r#"outside_calls_total{system="mail",operation="send",outcome="unavailable"}"#;
    assert!(queued.at(failed) >= 1.0, "{}", queued.text);

    let deplete = json!({
        "system": "accounting", "operation": "deplete_project", "kind": "refuse", "times": 1000,
    });
    fault(&server, deplete).await;
    let list = server.call(As::User(OWNER), "GET", &format!("/seats/courses/{course}"), None).await;
    let drop = json!({"seat_ids": [list.json()["data"][0]["id"]]});
    let path = format!("/seats/courses/{course}/drop");
    assert_eq!(server.good(OWNER, "POST", &path, drop).await["results"][0]["status"], "pending");
    let clock = json!({"advance_seconds": 90});
    server.call(As::Nobody, "POST", "/sandbox/clock", Some(&clock)).await;
    let page = Page::of(&server).await;
    assert_eq!(page.at(r#"sagas{kind="drop_seat",status="running"}"#), 1.0, "{}", page.text);
    let old = page.at("oldest_open_saga_age_seconds");
    assert!((90.0..180.0).contains(&old), "{old}");
    let failed = r#"outside_calls_total{system="accounting",operation="deplete_project",outcome="unavailable"}"#;
    assert!(page.at(failed) >= 1.0, "{}", page.text);
    server.stop().await;
}
