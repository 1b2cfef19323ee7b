//! The parts of a world, each a process or server of its own that can be stopped and started again.

use crate::binary::{Serving, wrong};
use accounting_stand_in::{StandIn as Accounting, StandInConfig as AccountingConfig};
use course_seats::config::{Config, RawSettings};
use course_seats::demo::{Client, Outside, Wrong};
use course_seats_testkit::postgres::Server;
use course_seats_testkit::smtp::SmtpServer;
use keycloak_stand_in::{StandIn as Keycloak, StandInConfig as KeycloakConfig};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::Mutex;
use tempfile::TempDir;

/// Time limits that let a test see in seconds what else takes minutes.
pub const IMPATIENT: &[(&str, &str)] = &[
    ("OUTSIDE_TIMEOUT_MS", "1000"),
    ("SAGA_LEASE_MS", "3000"),
    ("MAIL_TIMEOUT_MS", "1500"),
    ("GRANT_PATIENCE_MS", "1000"),
    ("LATE_ARRIVAL_GRACE_MS", "3000"),
    ("RECONCILE_INTERVAL_MS", "300"),
    ("RETRY_MAX_MS", "1000"),
    ("OUTBOX_RETRY_BASE_MS", "200"),
    ("ANSWER_DEADLINE_MS", "10000"),
    ("AUTH_CACHE_MS", "1000"),
    ("DATABASE_ACQUIRE_TIMEOUT_MS", "2000"),
];

/// The id of `obi-virtual-lab` in docker/keycloak.
const COURSE_LAB_OWNER: &str = "16588c8b-ec88-4a49-a413-a0bb3a7b8541";

/// A world for one test.
pub struct Parts {
    pub postgres: Server,
    pub keycloak: Identity,
    accounting: Mutex<Option<Accounting>>,
    accounting_address: SocketAddr,
    pub smtp: Mutex<SmtpServer>,
    mails: PathBuf,
    folder: TempDir,
}

/// A real Keycloak, or its stand-in.
pub enum Identity {
    Real,
    StandIn { running: Mutex<Option<Keycloak>>, address: SocketAddr },
}

impl Parts {
    /// All of them, running; the database is empty.
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let postgres = tokio::task::spawn_blocking(Server::start);
        let smtp = tokio::task::spawn_blocking(|| SmtpServer::start(&[]));
        let accounting = AccountingConfig {
            state: Some(folder.path().join("accounting.jsonl")),
            ..AccountingConfig::default()
        };
        let accounting = Accounting::start(accounting).await.unwrap();
        let keycloak = Identity::start(&folder).await;
        let postgres = postgres.await.unwrap();
        postgres.psql("postgres", "CREATE DATABASE seats");
        let smtp = smtp.await.unwrap();
        Self {
            postgres,
            keycloak,
            accounting_address: accounting.address(),
            accounting: Mutex::new(Some(accounting)),
            mails: smtp.mails_file(),
            smtp: Mutex::new(smtp),
            folder,
        }
    }

    /// What tells the binary where they are.
    pub fn settings(&self) -> Vec<(&'static str, String)> {
        let smtp_port = self.smtp.lock().unwrap().port().to_string();
        let mut settings: Vec<(&'static str, String)> = [
            ("DEPLOYMENT_ENV", "testing".to_owned()),
            ("DATABASE_URL", self.postgres.url("seats")),
            ("ACCOUNTING_BASE_URL", format!("http://{}", self.accounting_address)),
            ("MAIL_SERVER", "127.0.0.1".to_owned()),
            ("MAIL_PORT", smtp_port),
            ("MAIL_FROM", "Course Seats <seats@obi.example>".to_owned()),
            ("INVITE_LINK_BASE", "http://portal.example".to_owned()),
            ("INVITE_JWT_SECRET", "a-secret-of-the-tests".to_owned()),
            ("MULTIPLE_VLABS_ALLOWED_USER_ID", COURSE_LAB_OWNER.to_owned()),
        ]
        .into();
        settings.extend(self.keycloak.settings());
        settings
    }

    /// The same with these, which go before.
    pub fn settings_with(&self, more: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
        let mut settings = self.settings();
        settings.retain(|(name, _)| more.iter().all(|(other, _)| other != name));
        settings.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
        settings
    }

    /// Runs the binary to its end, with these settings and nothing else of our environment.
    pub fn run(&self, arguments: &[&str], settings: &[(&'static str, String)]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_course-seats"));
        command.env_clear().envs(settings.iter().cloned()).args(arguments);
        command.current_dir(self.folder.path()).output().unwrap()
    }

    /// Applies the migrations.
    pub fn migrate(&self) {
        let done = self.run(&["migrate"], &self.settings());
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }

    /// The file in which the SMTP server keeps its mails.
    pub fn mails(&self) -> String {
        self.mails.to_string_lossy().into_owned()
    }

    /// Starts the binary; its log goes to this file.
    pub async fn serve(&self, log: &str, more: &[(&'static str, &str)]) -> Result<Serving, Wrong> {
        let settings = self.settings_with(more);
        let raw = settings
            .iter()
            .fold(RawSettings::default(), |raw, (name, value)| raw.with(name, value.clone()));
        let config =
            Config::parse(&raw).map_err(|told| Wrong::new("settings", told.to_string()))?;
        let log = self.log_path(log);
        let mails = self.mails.clone();
        Serving::start(settings, &log, |url| {
            Client::on(url, Outside::of(url, &config, Some(mails))?)
        })
        .await
    }

    fn log_path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What the binary with this log said.
    pub fn log(&self, name: &str) -> String {
        std::fs::read_to_string(self.log_path(name)).unwrap_or_default()
    }

    /// Asks the accounting stand-in, which must be running.
    pub fn accounting<R>(&self, ask: impl FnOnce(&Accounting) -> R) -> R {
        ask(self.accounting.lock().unwrap().as_ref().unwrap())
    }

    pub async fn stop_accounting(&self) {
        let accounting = self.accounting.lock().unwrap().take();
        accounting.unwrap().stop().await;
    }

    pub async fn start_accounting(&self) {
        let config = AccountingConfig {
            bind: self.accounting_address,
            state: Some(self.folder.path().join("accounting.jsonl")),
        };
        let started = Accounting::start(config).await.unwrap();
        *self.accounting.lock().unwrap() = Some(started);
    }
}

impl Identity {
    async fn start(folder: &TempDir) -> Self {
        if std::env::var("KEYCLOAK_URL").is_ok_and(|url| !url.is_empty()) {
            return Self::Real;
        }
        let config = KeycloakConfig {
            state: Some(folder.path().join("keycloak.jsonl")),
            ..KeycloakConfig::default()
        };
        let started = Keycloak::start(config).await.unwrap();
        Self::StandIn { address: started.address(), running: Mutex::new(Some(started)) }
    }

    fn settings(&self) -> Vec<(&'static str, String)> {
        let var = |name| std::env::var(name).unwrap();
        let [url, realm, client, secret] = match self {
            Self::Real => [
                var("KEYCLOAK_URL"),
                var("KEYCLOAK_REALM"),
                var("KEYCLOAK_CLIENT_ID"),
                var("KEYCLOAK_CLIENT_SECRET"),
            ],
            Self::StandIn { address, .. } => [
                format!("http://{address}"),
                "obp-realm".into(),
                "course-seats".into(),
                "course-seats-dev-secret".into(),
            ],
        };
        let names = ["KC_SERVER_URI", "KC_REALM_NAME", "KC_CLIENT_ID", "KC_CLIENT_SECRET"];
        names.into_iter().zip([url, realm, client, secret]).collect()
    }

    /// Asks the stand-in, which must be running.
    pub fn stand_in<R>(&self, ask: impl FnOnce(&Keycloak) -> R) -> R {
        match self {
            Self::StandIn { running, .. } => ask(running.lock().unwrap().as_ref().unwrap()),
            Self::Real => panic!("a real Keycloak does not misbehave when it is asked to"),
        }
    }

    pub async fn stop(&self) {
        match self {
            Self::Real => script("stop").await,
            Self::StandIn { running, .. } => {
                let running = running.lock().unwrap().take();
                running.unwrap().stop().await;
            }
        }
    }

    pub async fn start_again(&self, parts: &Parts) {
        match self {
            Self::Real => script("start").await,
            Self::StandIn { running, address } => {
                let config = KeycloakConfig {
                    bind: *address,
                    state: Some(parts.folder.path().join("keycloak.jsonl")),
                    ..KeycloakConfig::default()
                };
                let started = Keycloak::start(config).await.unwrap();
                *running.lock().unwrap() = Some(started);
            }
        }
    }
}

/// The server that `scripts/keycloak run` gave us, which finds it by our environment.
async fn script(order: &'static str) {
    let done = tokio::task::spawn_blocking(move || {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/keycloak");
        Command::new(script).arg(order).output()
    });
    let done = done.await.unwrap().map_err(wrong("scripts/keycloak")).unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

/// Waits until a log says this.
pub async fn until_log(parts: &Parts, log: &str, wanted: &str) {
    let good = |log: &String| course_seats::demo::must(log.contains(wanted), wanted, log);
    let limit = std::time::Duration::from_secs(30);
    course_seats::demo::until(limit, async || Ok(parts.log(log)), good).await.unwrap();
}
