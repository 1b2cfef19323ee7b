//! `course-seats sagas|outbox|drift` beside a running server.

use crate::operators::{PutOff, Undecided};
use crate::support::{As, TestServer};
use course_seats_application::ports::store::{GivenUp, Reservation};
use course_seats_domain::ids::{LabId, ProjectId, SagaId, SeatId};
use course_seats_domain::values::Credits;
use course_seats_testkit::builders::id;
use course_seats_testkit::runtime::long_lease;
use serde_json::{Value, json};
use std::process::{Command, Output};
use std::time::Duration;

/// What it said, and whether all was well.
fn said(folder: &str, arguments: &[&str]) -> (bool, String) {
    let output: Output = Command::new(env!("CARGO_BIN_EXE_course-seats"))
        .env_clear()
        .env("DATA_DIR", folder)
        .args(arguments)
        .output()
        .unwrap();
    let text = match output.status.success() {
        true => output.stdout,
        false => output.stderr,
    };
    (output.status.success(), String::from_utf8(text).unwrap())
}

fn told(folder: &str, arguments: &[&str]) -> String {
    let (well, text) = said(folder, arguments);
    assert!(well, "{arguments:?}: {text}");
    text
}

fn json_of(folder: &str, arguments: &[&str]) -> Value {
    serde_json::from_str(&told(folder, &[arguments, &["--json"]].concat())).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn operators_work_beside_a_running_server() {
    let server = TestServer::start_with(&[("RECONCILE_INTERVAL_MS", "200")]).await;
    let course = server.course("Command", 1).await;
    let fault = json!({"system": "mail", "operation": "send", "kind": "reject"});
    server.call(As::Nobody, "POST", "/sandbox/faults", Some(&fault)).await;
    let students = json!({"students": [{"student_id": "S1", "email": "s1@s.example"}]});
    let path = format!("/seats/courses/{}/assign", course.id);
    server.good("obi-virtual-lab", "POST", &path, students).await;
    let folder = server.folder();

    let dead = json_of(&folder, &["outbox", "list", "--status", "dead"]);
    assert_eq!(dead["data"][0]["to"], "s1@s.example", "{dead}");
    let mail = dead["data"][0]["id"].as_str().unwrap();
    let table = told(&folder, &["outbox"]);
    assert!(table.starts_with("ID ") && table.contains(mail), "{table}");
    told(&folder, &["outbox", "retry", mail]);
    let mut looked = 0;
    while json_of(&folder, &["outbox", "list", "--status", "sent"])["data"][0]["id"] != mail {
        looked += 1;
        assert!(looked < 200, "the running server has not sent it");
        server.running().app().ports().clock.sleep(Duration::from_millis(50)).await;
    }
    let (well, why) = said(&folder, &["outbox", "retry", mail]);
    assert!(!well && why.contains("This mail is sent"), "{why}");

    let sagas =
        json_of(&folder, &["sagas", "list", "--kind", "assign_seat", "--status", "completed"]);
    let saga = sagas["data"][0]["id"].as_str().unwrap();
    let notebook = told(&folder, &["sagas", "show", saga]);
    assert!(notebook.contains("settle_assign") && notebook.contains("grant_attempt"), "{notebook}");
    assert!(told(&folder, &["sagas"]).contains("create_lab"));
    assert_eq!(told(&folder, &["sagas", "list", "--status", "needs_attention"]), "No sagas.\n");
    for (arguments, wanted) in [
        (vec!["sagas", "retry", saga], "nothing to try again"),
        (vec!["sagas", "settle", saga, "--reason", "x"], "does not wait for anybody's decision"),
        (vec!["sagas", "show", "00000000-0000-0000-0000-000000000007"], "not found"),
        (vec!["sagas", "list", "--status", "lost"], "needs_attention"),
        (vec!["drift", "report"], "/operator/drift"),
    ] {
        let (well, why) = said(&folder, &arguments);
        assert!(!well && why.contains(wanted), "{arguments:?}: {why}");
    }

    // The sandbox is nobody's now.
    let folder = server.stop().await;
    let folder = folder.path().to_string_lossy().into_owned();
    assert_eq!(told(&folder, &["drift"]), "Database, groups and credits fit.\n");
    assert_eq!(json_of(&folder, &["drift", "repair"])["repaired"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retried_saga_is_taken_up_by_the_running_server() {
    let put_off = PutOff::new().await;
    let (folder, [one, other]) = (put_off.folder(), &put_off.sagas);
    let said = told(&folder, &["sagas", "retry", one]);
    assert_eq!(said, "It is due now: a running server takes it up at its next look.\n");
    put_off.is_done(one).await;
    assert_eq!(json_of(&folder, &["sagas", "show", other])["status"], "running");
    assert_eq!(json_of(&folder, &["sagas", "retry", other]), json!({"id": other}));
    put_off.is_done(other).await;
    put_off.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_settles_what_nobody_can_tell() {
    let Undecided { server, saga, .. } = Undecided::new().await;
    let folder = server.folder();
    let list = told(&folder, &["sagas", "list", "--status", "needs_attention"]);
    assert!(list.contains(&saga) && list.contains("running (!)"), "{list}");
    let text = told(&folder, &["sagas", "settle", &saga, "--reason", "The books show it"]);
    for line in [
        format!("saga            {saga}"),
        "status          undone".to_owned(),
        "needs attention no".to_owned(),
        "reason          The books show it".to_owned(),
    ] {
        assert!(text.lines().any(|seen| seen == line), "{line}\n{text}");
    }
    // What the running server tells of it.
    let shown = server.get(&format!("/operator/sagas/{saga}")).await;
    assert_eq!((&shown["status"], &shown["needs_attention"]), (&json!("undone"), &json!(false)));
    assert_eq!(shown["reason"], "The books show it");
    assert_eq!(json_of(&folder, &["sagas", "show", &saga]), shown);
    let (well, why) = said(&folder, &["sagas", "settle", &saga, "--reason", "Again"]);
    assert!(!well && why.contains("does not wait for anybody's decision"), "{why}");
    server.stop().await;
}

/// The cells of a table, which are at least two blanks apart.
fn cells(table: &str) -> Vec<Vec<&str>> {
    table.lines().map(|line| line.split("  ").map(str::trim)).map(filled).collect()
}

fn filled<'a>(cells: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    cells.filter(|cell| !cell.is_empty()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn drift_is_told_and_repaired() {
    let server = TestServer::start().await;
    let lab: LabId = server.course("Drift", 1).await.lab.parse::<uuid::Uuid>().unwrap().into();
    let ports = server.running().app().ports();
    let (seat, nobody, given_up): (SeatId, SagaId, ProjectId) = (id(), id(), id());
    let lease = long_lease();
    ports.accounting.open_project(given_up, lab, "given up", &lease).await.unwrap();
    ports.accounting.grant(given_up, Credits::whole(12), &lease).await.unwrap();
    let mut tx = ports.store.begin().await.unwrap();
    tx.give_up(GivenUp::Project(given_up), id(), server.running().app().now()).await.unwrap();
    assert!(tx.reserve(nobody, &Reservation::Seat(seat), None).await.unwrap());
    tx.commit().await.unwrap();
    let folder = server.stop().await;
    let folder = folder.path().to_string_lossy().into_owned();

    let report = json_of(&folder, &["drift", "report"]);
    assert_eq!(report["unread"], 0);
    let found = report["findings"].as_array().unwrap();
    let kinds: Vec<_> = found.iter().map(|one| one["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["credits_left", "reservation_without_saga"]);
    let table = told(&folder, &["drift"]);
    let heads = ["KIND", "REPAIRABLE", "SINCE", "SUBJECT", "DETAIL"];
    let row = |one: &Value, repairable: &str| {
        let text = |field: &str| one[field].as_str().unwrap().to_owned();
        let since = text("first_seen_at").replace('T', " ")[..19].to_owned();
        [text("kind"), repairable.to_owned(), since, text("subject"), text("detail")]
    };
    let rows = [heads.map(str::to_owned), row(&found[0], "yes"), row(&found[1], "no")];
    assert_eq!(cells(&table), rows);

    let repaired = told(&folder, &["drift", "repair"]);
    let repaired = cells(&repaired);
    assert_eq!(repaired[0], ["KIND", "SUBJECT", "WHAT BECAME OF IT"]);
    let subject = |at: usize| found[at]["subject"].as_str().unwrap();
    assert_eq!(repaired[1], ["credits_left", subject(0), "repaired"]);
    assert_eq!(repaired[2][..2], ["reservation_without_saga", subject(1)]);
    assert!(repaired[2][2].starts_with("left: ") && repaired[2][2].ends_with("too young"));
    let again = json_of(&folder, &["drift", "repair"]);
    assert_eq!((&again["repaired"], &again["left"][1]), (&json!([]), &Value::Null));
    assert_eq!(again["left"][0]["subject"], subject(1));
    assert_eq!(json_of(&folder, &["drift", "report"])["findings"].as_array().unwrap().len(), 1);
}
