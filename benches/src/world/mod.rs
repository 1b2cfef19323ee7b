//! PostgreSQL, the stand-ins and the mail server, in this process or started by it; and the service
//! in a process of its own.

mod course;
mod fill;
mod process;
mod service;
mod smtp;
mod statements;

pub use course::{Enrolled, Made, students};
pub use fill::{Into, fill};
pub use process::Process;
pub use service::Service;
pub use statements::Statements;

use crate::binary;
use accounting_stand_in::{StandIn as Accounting, StandInConfig as AccountingConfig};
use course_seats::demo::{Seen, Wrong};
use course_seats_testkit::postgres::{Database, Server};
use keycloak_stand_in::{StandIn as Keycloak, StandInConfig as KeycloakConfig};
use reqwest::Method;
use smtp::SmtpSink;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;
use tempfile::TempDir;

/// How long a call outside takes.
pub const LATENCY: Duration = Duration::from_millis(20);

/// The id of `obi-virtual-lab` in the realm.
const COURSE_LAB_OWNER: &str = "16588c8b-ec88-4a49-a413-a0bb3a7b8541";

/// The migrated database that each service gets a copy of.
const PREPARED: &str = "prepared";

/// Everything but the service.
pub struct World {
    pub binary: PathBuf,
    postgres: Server,
    pub keycloak: Keycloak,
    pub accounting: Accounting,
    smtp: SmtpSink,
    pub folder: TempDir,
}

impl World {
    /// Starts all of it. `binary`: the service's, if not that of our own profile.
    pub async fn start(binary: Option<PathBuf>) -> Seen<Self> {
        let binary = match binary {
            Some(binary) => binary,
            None => tokio::task::spawn_blocking(binary::find).await.map_err(wrong("a task"))??,
        };
        let postgres = tokio::task::spawn_blocking(database_server);
        let keycloak =
            KeycloakConfig { token_life: Duration::from_secs(36_000), ..KeycloakConfig::default() };
        let keycloak = Keycloak::start(keycloak).await.map_err(wrong("a Keycloak"))?;
        let accounting = Accounting::start(AccountingConfig::default()).await;
        let world = Self {
            binary,
            postgres: postgres.await.map_err(wrong("PostgreSQL"))?,
            keycloak,
            accounting: accounting.map_err(wrong("an accounting service"))?,
            smtp: SmtpSink::start().await?,
            folder: tempfile::tempdir().map_err(wrong("a folder"))?,
        };
        world.prepare()?;
        world.latency(LATENCY);
        Ok(world)
    }

    /// From now on every call outside takes so long.
    pub fn latency(&self, latency: Duration) {
        self.keycloak.set_latency(latency);
        self.accounting.set_latency(latency);
        self.smtp.set_latency(latency);
    }

    fn prepare(&self) -> Seen<()> {
        self.postgres.psql("postgres", &format!("CREATE DATABASE {PREPARED}"));
        self.postgres.psql(PREPARED, "CREATE EXTENSION pg_stat_statements");
        let migrated = Command::new(&self.binary)
            .arg("migrate")
            .current_dir(self.folder.path())
            .env_clear()
            .envs(self.settings(&self.postgres.url(PREPARED)))
            .output()
            .map_err(wrong("the binary"))?;
        match migrated.status.success() {
            true => Ok(()),
            false => Err(Wrong::new(
                "migrations that apply",
                String::from_utf8_lossy(&migrated.stderr).into_owned(),
            )),
        }
    }

    /// A database of one's own, migrated and empty.
    pub fn database(&self) -> Database<'_> {
        self.postgres.create(Some(PREPARED))
    }

    /// Starts the service on a new database; these settings go before the defaults.
    pub async fn serve(&self, more: &[(&'static str, String)]) -> Seen<Service<'_>> {
        Service::start(self, self.database(), more).await
    }

    /// What tells the service where everything is. The pace of mails, which a mail service sets, is
    /// out of the way; everything else is as by default.
    fn settings(&self, database: &str) -> Vec<(&'static str, String)> {
        [
            ("DEPLOYMENT_ENV", "testing".to_owned()),
            ("DATABASE_URL", database.to_owned()),
            ("KC_SERVER_URI", self.keycloak.base_url()),
            ("KC_REALM_NAME", "obp-realm".to_owned()),
            ("KC_CLIENT_ID", "course-seats".to_owned()),
            ("KC_CLIENT_SECRET", "course-seats-dev-secret".to_owned()),
            ("ACCOUNTING_BASE_URL", self.accounting.base_url()),
            ("MAIL_SERVER", "127.0.0.1".to_owned()),
            ("MAIL_PORT", self.smtp.port().to_string()),
            ("MAIL_FROM", "Course Seats <seats@obi.example>".to_owned()),
            ("MAIL_PER_SECOND", "1000".to_owned()),
            ("INVITE_LINK_BASE", "http://portal.example".to_owned()),
            ("INVITE_JWT_SECRET", "a-secret-of-the-benches".to_owned()),
            ("MULTIPLE_VLABS_ALLOWED_USER_ID", COURSE_LAB_OWNER.to_owned()),
        ]
        .into()
    }

    /// How many calls of each kind were made so far, by `system.kind`.
    pub async fn calls(&self) -> Seen<Calls> {
        let http = reqwest::Client::builder().no_proxy().build().map_err(wrong("a client"))?;
        let mut calls = BTreeMap::new();
        let systems =
            [("keycloak", self.keycloak.base_url()), ("accounting", self.accounting.base_url())];
        for (system, url) in systems {
            let url = format!("{url}/_control/calls");
            let told = course_seats::demo::client::fetch(&http, Method::GET, &url, None).await?;
            let kinds = told.ok()?.get("calls").and_then(|kinds| kinds.as_object().cloned());
            for (kind, count) in kinds.unwrap_or_default() {
                calls.insert(format!("{system}.{kind}"), count.as_u64().unwrap_or_default());
            }
        }
        calls.insert("smtp.mail".into(), self.smtp.mails());
        Ok(Calls(calls))
    }
}

/// Calls, by `system.kind`.
#[derive(Debug, Clone, Default)]
pub struct Calls(BTreeMap<String, u64>);

impl Calls {
    /// Those that were made since.
    pub fn since(&self, before: &Self) -> Self {
        let made = self.0.iter().map(|(kind, count)| {
            (kind.clone(), count - before.0.get(kind).copied().unwrap_or_default())
        });
        Self(made.filter(|(_, count)| *count > 0).collect())
    }

    /// All of one system, or of one kind, by the beginning of its name.
    pub fn of(&self, prefix: &str) -> u64 {
        let those = self.0.iter().filter(|(kind, _)| kind.starts_with(prefix));
        those.map(|(_, count)| count).sum()
    }

    /// Each kind with its count.
    pub fn told(&self) -> String {
        let told: Vec<_> = self.0.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
        told.join(", ")
    }
}

/// As PostgreSQL is by default: a commit waits for the disk. With the module that counts statements.
fn database_server() -> Server {
    let server = Server::start_durable();
    server.psql("postgres", "ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'");
    server.stop();
    server.start_again();
    server
}

pub(crate) fn wrong<E: std::fmt::Display>(what: &str) -> impl FnOnce(E) -> Wrong + '_ {
    move |error| Wrong::new(what, error.to_string())
}
