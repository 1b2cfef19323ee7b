//! The real binary, in a process of its own: started, killed, started again on the same folder.

use course_seats::demo::{Client, Stopwatch, Wrong, must, pause, until};
use std::ffi::OsStr;
use std::fs::OpenOptions;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

/// How long a start may take.
const START_LIMIT: Duration = Duration::from_secs(30);

/// `course-seats serve`, as a process. Dropping it is a `kill -9`.
pub struct Serving {
    pub client: Arc<Client>,
    child: Child,
}

/// Waits until the server is ready.
pub async fn ready(client: &Client) -> Result<(), Wrong> {
    until(
        START_LIMIT,
        || client.call(None, reqwest::Method::GET, "/health/ready", None),
        |ready| must(ready.status == 200, "that it gets ready", &ready.body),
    )
    .await?;
    Ok(())
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
    /// Starts the binary on a free port, with these settings and nothing else of our environment,
    /// and waits until it says where it is.
    pub async fn start<V: AsRef<OsStr>>(
        settings: impl IntoIterator<Item = (&'static str, V)>,
        log: &Path,
        client: impl FnOnce(&str) -> Result<Client, Wrong>,
    ) -> Result<Self, Wrong> {
        let to = OpenOptions::new().create(true).append(true).open(log);
        let child = Command::new(env!("CARGO_BIN_EXE_course-seats"))
            .arg("serve")
            .env_clear()
            .env("BIND_ADDR", "127.0.0.1:0")
            .env("LOG_LEVEL", "info")
            .envs(settings)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(to.map_err(wrong("a log"))?)
            .spawn();
        let mut child = child.map_err(wrong("the binary"))?;
        // The process may need a while; others wait meanwhile.
        let told = tokio::task::spawn_blocking(move || (told_url(&mut child), child)).await;
        let (url, mut child) = told.map_err(|error| Wrong::new("a start", error.to_string()))?;
        let Some(url) = url else {
            let _ = child.kill();
            let _ = child.wait();
            return Err(Wrong::new("a server", std::fs::read_to_string(log).unwrap_or_default()));
        };
        Ok(Self { client: Arc::new(client(&url)?), child })
    }

    /// SIGTERM, which must end in exit code 0.
    pub async fn stop(mut self) -> Result<(), Wrong> {
        self.signal("-TERM")?;
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

impl Serving {
    /// Sends it a signal, such as `-TERM`.
    pub fn signal(&self, signal: &str) -> Result<(), Wrong> {
        let id = self.child.id().to_string();
        let told = Command::new("kill").args([signal, &id]).status().map_err(wrong("a signal"))?;
        must(told.success(), "that the signal is sent", told)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn wrong(what: &str) -> impl FnOnce(std::io::Error) -> Wrong + '_ {
    move |error| Wrong::new(what, error.to_string())
}
