//! The real binary, in a process of its own: started, killed, started again on the same folder.

use course_seats::demo::{Client, Stopwatch, Wrong, must, pause, until};
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

/// How long a start may take.
const START_LIMIT: Duration = Duration::from_secs(30);

/// A data folder, and what the processes on it said.
pub struct Place {
    folder: TempDir,
    settings: &'static [(&'static str, &'static str)],
}

/// `course-seats serve`, as a process. Dropping it is a `kill -9`.
pub struct Serving {
    pub client: Client,
    child: Child,
}

impl Place {
    /// A new folder; the binary is started with these settings.
    pub fn new(settings: &'static [(&'static str, &'static str)]) -> Result<Self, Wrong> {
        let folder = tempfile::tempdir().map_err(wrong("a temporary folder"))?;
        Ok(Self { folder, settings })
    }

    /// What the processes wrote to stderr.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log_path()).unwrap_or_default()
    }

    fn log_path(&self) -> std::path::PathBuf {
        self.folder.path().join("serve.log")
    }

    /// Starts the binary on a free port and waits until it is ready.
    pub async fn serve(&self, latency_ms: u64) -> Result<Serving, Wrong> {
        let data = self.folder.path().join("data");
        let log = OpenOptions::new().create(true).append(true).open(self.log_path());
        let child = command(&data, log.map_err(wrong("a log"))?)
            .envs(self.settings.iter().copied())
            .env("SANDBOX_LATENCY_MS", latency_ms.to_string())
            .spawn();
        let mut child = child.map_err(wrong("the binary"))?;
        let url = told_url(&mut child);
        let Some(url) = url else {
            let _ = child.kill();
            let _ = child.wait();
            return Err(Wrong::new("a server", self.log()));
        };
        let serving = Serving { client: Client::new(url)?, child };
        until(
            START_LIMIT,
            || serving.client.call(None, reqwest::Method::GET, "/health/ready", None),
            |ready| must(ready.status == 200, "that it gets ready", &ready.body),
        )
        .await?;
        Ok(serving)
    }
}

/// `serve` on this folder, with nothing of our own environment but the path.
fn command(data: &Path, log: File) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_course-seats"));
    command
        .arg("serve")
        .env_clear()
        .env("BIND_ADDR", "127.0.0.1:0")
        .env("DATA_DIR", data)
        .env("SEED_EXAMPLE", "false")
        .env("LOG_LEVEL", "info")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(log);
    command
}

/// The address in the start message; none if the process ended without one.
fn told_url(child: &mut Child) -> Option<String> {
    let lines = BufReader::new(child.stdout.take()?).lines();
    let mut lines = lines.map_while(Result::ok);
    let url = lines.find_map(|line| Some(line.trim().strip_prefix("Service")?.trim().to_owned()));
    // Read to its end, so that the process never waits for somebody to listen.
    std::thread::spawn(move || lines.count());
    url
}

impl Serving {
    /// SIGTERM, which must end in exit code 0.
    pub async fn stop(mut self) -> Result<(), Wrong> {
        let id = self.child.id().to_string();
        let told = Command::new("kill").args(["-TERM", &id]).status().map_err(wrong("a signal"))?;
        must(told.success(), "that the signal is sent", told)?;
        let watch = Stopwatch::start();
        loop {
            match self.child.try_wait().map_err(wrong("the end of the process"))? {
                Some(status) => return must(status.success(), "exit code 0", status),
                None if watch.elapsed() > START_LIMIT => {
                    return Err(Wrong::new("that SIGTERM ends it", "a process that goes on"));
                }
                None => pause(Duration::from_millis(20)).await,
            }
        }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn wrong(what: &str) -> impl FnOnce(std::io::Error) -> Wrong + '_ {
    move |error| Wrong::new(what, error.to_string())
}
