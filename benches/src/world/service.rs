//! The service, as a process.

use super::{Process, World, wrong};
use course_seats::config::{Config, RawSettings};
use course_seats::demo::{Client, Outside, Seen, Stopwatch, Wrong, pause};
use course_seats_testkit::postgres::Database;
use reqwest::Method;
use std::fs::OpenOptions;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

/// How long a start may take.
const START_LIMIT: Duration = Duration::from_secs(30);

/// A running service. It is killed when it is dropped.
pub struct Service<'w> {
    pub client: Arc<Client>,
    pub process: Process,
    pub database: Database<'w>,
    /// What it was set to.
    pub config: Config,
    /// From its start until it said to be ready.
    pub started_in: Duration,
    pub world: &'w World,
    child: Child,
}

impl<'w> Service<'w> {
    pub(super) async fn start(
        world: &'w World,
        database: Database<'w>,
        more: &[(&'static str, String)],
    ) -> Seen<Self> {
        let mut settings = world.settings(&database.url());
        settings.retain(|(name, _)| more.iter().all(|(other, _)| other != name));
        settings.extend(more.iter().cloned());
        let raw = settings
            .iter()
            .fold(RawSettings::default(), |raw, (name, value)| raw.with(name, value.clone()));
        let config = Config::parse(&raw).map_err(wrong("settings"))?;
        let log = world.folder.path().join("service.log");
        let log = OpenOptions::new().create(true).append(true).open(log);
        let watch = Stopwatch::start();
        let mut child = Command::new(&world.binary)
            .arg("serve")
            .current_dir(world.folder.path())
            .env_clear()
            .env("BIND_ADDR", "127.0.0.1:0")
            .envs(settings)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log.map_err(wrong("a log"))?)
            .spawn()
            .map_err(wrong("the binary"))?;
        let told = tokio::task::spawn_blocking(move || (told_url(&mut child), child)).await;
        let (url, mut child) = told.map_err(wrong("a task"))?;
        let Some(url) = url else {
            let _ = child.kill();
            let _ = child.wait();
            let log = world.folder.path().join("service.log");
            return Err(Wrong::new("a start", std::fs::read_to_string(log).unwrap_or_default()));
        };
        let outside = Outside::of(&url, &config, Some(world.folder.path().join("none")))?;
        let client = Arc::new(Client::on(url, outside)?);
        ready(&client, watch).await?;
        let process = Process::new(child.id());
        let started_in = watch.elapsed();
        Ok(Self { client, process, database, config, started_in, world, child })
    }

    /// Where it answers.
    pub fn url(&self) -> &str {
        self.client.base()
    }

    /// Waits until no saga is open and no mail waits.
    pub async fn until_quiet(&self) -> Seen<()> {
        let watch = Stopwatch::start();
        loop {
            let open = "SELECT (SELECT count(*) FROM saga WHERE status IN ('running', 'undoing')) \
                        + (SELECT count(*) FROM outbox_mail WHERE status = 'queued')";
            let open = self.database.psql(open);
            if open == "0" {
                return Ok(());
            }
            if watch.elapsed() > Duration::from_secs(120) {
                return Err(Wrong::new("that it gets quiet", format!("{open} at work")));
            }
            pause(Duration::from_millis(100)).await;
        }
    }
}

impl Drop for Service<'_> {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
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

async fn ready(client: &Client, watch: Stopwatch) -> Seen<()> {
    loop {
        let reply = client.call(None, Method::GET, "/health/ready", None).await;
        match reply {
            Ok(reply) if reply.status == 200 => return Ok(()),
            other if watch.elapsed() > START_LIMIT => {
                return Err(Wrong::new("that it gets ready", format!("{other:?}")));
            }
            _ => pause(Duration::from_millis(2)).await,
        }
    }
}
