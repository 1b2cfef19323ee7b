//! What a newcomer does first: the demo, and the tour of the README, as it stands there.

#![expect(clippy::unwrap_used, reason = "so a test fails")]

#[path = "support/binary.rs"]
mod binary;
#[path = "support/place.rs"]
mod place;

use place::Place;
use std::process::Command;

const README: &str = include_str!("../../../README.md");

#[test]
fn the_demo_adds_up() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("demo.log");
    let demo = Command::new(env!("CARGO_BIN_EXE_course-seats"))
        .args(["demo", "--log"])
        .arg(&log)
        .env("TMPDIR", folder.path())
        .output()
        .unwrap();
    let told = String::from_utf8(demo.stdout).unwrap();
    assert!(demo.status.success(), "{told}\n{}", String::from_utf8_lossy(&demo.stderr));
    assert!(told.contains("all adds up: "), "{told}");
    assert!(!told.contains('\x1b'), "no colour where there is no terminal: {told}");
    let log = std::fs::read_to_string(log).unwrap();
    assert!(log.contains("all adds up: "), "{log}");
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(left.len(), 1, "only the log is left: {left:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_tour_of_the_readme_works_as_pasted() {
    if Command::new("curl").arg("--version").output().is_err() {
        // Told at the end of `scripts/test`, too.
        eprintln!("curl is not installed: the tour was not tested");
        return;
    }
    let place = Place::new(&[("SEED_EXAMPLE", "true")]).unwrap();
    let serving = place.serve(0).await.unwrap();
    let base = serving.client.base().to_owned();
    let tour = tour().replace("http://127.0.0.1:8000", &base);
    assert_eq!(tour.lines().count(), 10, "ten lines:\n{tour}");
    let ran = tokio::task::spawn_blocking(move || {
        Command::new("bash").args(["-eu", "-c", &tour]).output().unwrap()
    });
    let ran = ran.await.unwrap();
    let told = String::from_utf8(ran.stdout).unwrap();
    assert!(ran.status.success(), "{told}\n{}", String::from_utf8_lossy(&ran.stderr));
    let lines: Vec<&str> = told.lines().collect();
    let [seats, assigned, link, claimed, activated, enrolments] = lines.as_slice() else {
        panic!("six answers:\n{told}");
    };
    assert_eq!(seats.matches(r#""state":"free""#).count(), 5, "{seats}");
    assert!(assigned.contains(r#""status":"done""#), "{assigned}");
    assert!(link.starts_with(&format!("{base}/course-enrolment?enrolment_id=")), "{link}");
    assert!(claimed.contains("Enrolment claimed successfully"), "{claimed}");
    assert!(activated.contains(r#""activated":true"#), "{activated}");
    assert!(enrolments.contains(r#""state":"activated""#), "{enrolments}");
    serving.stop().await.unwrap();
}

/// The lines of the tour: the code behind the comment that names this file.
fn tour() -> String {
    let (_, behind) = README.split_once("first_steps.rs -->\n```bash\n").unwrap();
    let (tour, _) = behind.split_once("\n```").unwrap();
    tour.to_owned()
}
