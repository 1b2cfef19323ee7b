//! The example of a first start, when that start is killed in the middle: the next one makes the
//! rest.

#![expect(clippy::unwrap_used, reason = "a test that does not find what it needs has failed")]

use course_seats::demo::client::text;
use course_seats::demo::{Client, Wrong, must, pause, same, until};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Ends the process also if the test fails.
struct Started(Child);

impl Drop for Started {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A saga that the killed start leaves is taken over as soon as these settings allow.
fn serve(folder: &Path, latency_ms: &str) -> Started {
    let mut command = Command::new(env!("CARGO_BIN_EXE_course-seats"));
    command.arg("serve").env_clear().env("DATA_DIR", folder).env("BIND_ADDR", "127.0.0.1:0");
    command.env("OUTSIDE_TIMEOUT_MS", "500").env("SAGA_LEASE_MS", "1000");
    command.env("RECONCILE_INTERVAL_MS", "200").env("SANDBOX_LATENCY_MS", latency_ms);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    Started(command.spawn().unwrap())
}

fn url(started: &mut Started) -> String {
    let lines = BufReader::new(started.0.stdout.take().unwrap()).lines().map(Result::unwrap);
    let found = lines
        .map_while(Some)
        .find_map(|line| Some(line.trim().strip_prefix("Service")?.trim().to_owned()));
    found.unwrap()
}

/// How many changes the sandbox's systems have seen.
fn changes(folder: &Path) -> usize {
    ["identity", "accounting", "mailbox"]
        .iter()
        .filter_map(|name| std::fs::read(folder.join(format!("sandbox/{name}.jsonl"))).ok())
        .map(|bytes| bytes.iter().filter(|byte| **byte == b'\n').count())
        .sum()
}

async fn is_whole(client: &Client) -> Result<(), Wrong> {
    let courses: Value = client.get("service-admin", "/courses?vlab_name=example").await?;
    same("courses", length(&courses, "data"), Some(1))?;
    let course = text(&courses, "/data/0/id")?;
    same("the status", text(&courses, "/data/0/status")?, "active".to_owned())?;
    let seats: Value = client.get("faculty", &format!("/seats/courses/{course}")).await?;
    same("seats", length(&seats, "data"), Some(5))?;
    let groups: Value = client.get("faculty", "/sandbox/groups.json").await?;
    // The service's, and two for the lab and for its template.
    let groups = length(&groups, "groups");
    must(groups == Some(5), "nothing that is half made", groups)
}

fn length(body: &Value, field: &str) -> Option<usize> {
    body.get(field)?.as_array().map(Vec::len)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_that_is_killed_is_completed_by_the_next_one() {
    // The first change is the realm itself; the last are those of the funded template.
    for killed_after in [2, 4, 6, 8, 10, 12, 14] {
        let folder = tempfile::tempdir().unwrap();
        let first = serve(folder.path(), "20");
        while changes(folder.path()) < killed_after {
            pause(Duration::from_millis(2)).await;
        }
        drop(first);
        let mut second = serve(folder.path(), "0");
        let client = Client::new(url(&mut second)).unwrap();
        let look = || async { Ok(is_whole(&client).await) };
        let whole = until(Duration::from_secs(30), look, Clone::clone).await;
        assert!(whole.is_ok(), "killed after {killed_after} changes: {whole:?}");
    }
}
