//! `course-seats sagas|outbox|drift` beside a running server.

use crate::support::{As, TestServer};
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
