//! The `course-seats` binary, as an operator runs it.

#![expect(clippy::unwrap_used, reason = "a test that does not find what it needs has failed")]

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

/// The binary, with no setting from the environment of whoever runs the tests.
fn binary(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_course-seats"));
    command.env_clear().env("DATA_DIR", folder).args(arguments);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    binary(folder, arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn config_prints_the_effective_settings_and_hides_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = binary(folder.path(), &["config", "--credits-per-seat", "300"]);
    let output = command.env("INVITE_JWT_SECRET", "a-secret-of-mine-0").output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let shown = text(&output.stdout);
    assert!(shown.contains("CREDITS_PER_SEAT=300\n"), "a flag counts: {shown}");
    assert!(shown.contains("INVITE_JWT_SECRET=(hidden)\n"), "{shown}");
    assert!(!shown.contains("a-secret-of-mine-0"));
}

#[test]
fn wrong_settings_stop_the_start_with_one_message() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = binary(folder.path(), &["serve"]);
    command.env("DATABASE_URL", "mysql://user:sesame@host/db").env("CREDITS_PER_SEAT", "x");
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let message = text(&output.stderr);
    assert!(message.contains("3 wrong settings"), "{message}");
    assert!(
        message.contains("DATABASE_URL")
            && message.contains("CREDITS_PER_SEAT")
            && message.contains("INVITE_JWT_SECRET"),
        "{message}"
    );
    assert!(!message.contains("sesame"), "{message}");
}

#[test]
fn migrate_applies_what_is_pending_and_is_content_with_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let status = || text(&run(folder.path(), &["migrate", "status"]).stdout);
    assert!(status().starts_with("pending "), "{}", status());
    for _ in 0..2 {
        let output = run(folder.path(), &["migrate"]);
        assert!(output.status.success(), "{}", text(&output.stderr));
    }
    assert!(status().starts_with("applied "), "{}", status());
    assert!(!status().contains("pending"), "{}", status());
}

#[test]
fn an_address_in_use_is_told_clearly() {
    let folder = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = taken.local_addr().unwrap().to_string();
    let output = run(folder.path(), &["serve", "--bind-addr", &addr]);
    assert_eq!(output.status.code(), Some(1));
    let message = text(&output.stderr);
    assert!(message.contains(&addr) && message.contains("BIND_ADDR"), "{message}");
}

#[test]
fn serve_says_where_everything_is_and_a_signal_ends_it_with_0() {
    for signal in ["TERM", "INT"] {
        let folder = tempfile::tempdir().unwrap();
        let mut server = binary(folder.path(), &["serve", "--bind-addr", "127.0.0.1:0"]);
        let mut server = Started(server.spawn().unwrap());
        let mut lines = BufReader::new(server.0.stdout.take().unwrap()).lines();
        let welcome: Vec<String> = lines
            .by_ref()
            .map(Result::unwrap)
            .take_while(|line| !line.contains("Ctrl-C"))
            .collect();
        let welcome = welcome.join("\n");
        for told in ["/docs/", "/sandbox/mailbox", "grant_type=password", "service-admin"] {
            assert!(welcome.contains(told), "{told}: {welcome}");
        }
        let curl = format!("{}\nprintf '\\n%s' \"$TOKEN\"", command_of(&welcome));
        let output = Command::new("sh").args(["-c", &curl]).output().unwrap();
        let answer = text(&output.stdout);
        assert!(answer.contains("Found 1 course(s)"), "the lines work as pasted: {answer}");
        let kill = format!("kill -{signal} {}", server.0.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
        let status = server.0.wait().unwrap();
        let mut log = String::new();
        server.0.stderr.take().unwrap().read_to_string(&mut log).unwrap();
        assert_eq!(status.code(), Some(0), "{signal}: {log}");
        assert!(!log.contains("@sandbox.example"), "no e-mail in the log: {log}");
        assert!(!log.contains("eyJ"), "no token in the log: {log}");
    }
}

/// The lines of a start message that are meant to be pasted.
fn command_of(welcome: &str) -> String {
    let lines: Vec<&str> = welcome
        .lines()
        .skip_while(|line| !line.contains("TOKEN=$("))
        .take_while(|line| !line.trim().is_empty())
        .collect();
    lines.join("\n")
}

/// Ends the server also if the test fails.
struct Started(Child);

impl Drop for Started {
    fn drop(&mut self) {
        if self.0.try_wait().is_ok_and(|ended| ended.is_none()) {
            let ended = self.0.kill().and_then(|()| self.0.wait());
            if let Err(error) = ended {
                eprintln!("the server did not end: {error}");
            }
        }
    }
}
