//! The bound server in a process of its own, as the service is.

use crate::world::{Process, Service, wrong};
use course_seats::demo::{Seen, Wrong};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use uuid::Uuid;

/// A running bound server. It is killed when it is dropped.
pub struct BoundProcess {
    pub url: String,
    pub process: Process,
    child: Child,
}

impl BoundProcess {
    /// Starts one beside this service: on its database, with as many connections and threads.
    pub async fn start(service: &Service<'_>, course: Uuid) -> Seen<Self> {
        let own = std::env::current_exe().map_err(wrong("our path"))?;
        let config = &service.config;
        let pool_size = config.parts.database.as_ref().map_or(1, |settings| settings.pool_size);
        let mut child = Command::new(own)
            .args(["bound-server", "--database", &service.database.url()])
            .args(["--realm", &format!("{}/realms/obp-realm", service.world.keycloak.base_url())])
            .args(["--course", &course.to_string()])
            .args(["--pool-size", &pool_size.to_string()])
            .args(["--workers", &config.web_workers.to_string()])
            .stdout(Stdio::piped())
            .spawn()
            .map_err(wrong("the bound server"))?;
        let told = tokio::task::spawn_blocking(move || (first_line(&mut child), child)).await;
        let (line, mut child) = told.map_err(wrong("a task"))?;
        let Some(url) = line.filter(|line| line.starts_with("http://")) else {
            let _ = child.kill();
            let _ = child.wait();
            return Err(Wrong::new("the bound server's address", "none"));
        };
        Ok(Self { url, process: Process::new(child.id()), child })
    }
}

impl Drop for BoundProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn first_line(child: &mut Child) -> Option<String> {
    BufReader::new(child.stdout.take()?).lines().next()?.ok()
}
