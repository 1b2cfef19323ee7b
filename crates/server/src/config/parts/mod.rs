//! Where each part of the world is: embedded, or the real one that the settings name. Each is
//! chosen on its own.

mod accounting;
mod database;
mod keycloak;
mod mail;

use super::reader::Reader;
use super::{Config, Environment};
use course_seats_accounting::AccountingSettings;
use course_seats_keycloak::KeycloakSettings;
use course_seats_mailer::MailerSettings;
use course_seats_postgres::PostgresSettings;
use std::time::Duration;

/// Where each part of the world is. `None` is the embedded one.
#[derive(Debug, Clone, Default)]
pub struct Parts {
    /// PostgreSQL.
    pub database: Option<PostgresSettings>,
    /// Keycloak.
    pub identity: Option<KeycloakSettings>,
    /// The accounting service.
    pub accounting: Option<AccountingSettings>,
    /// The SMTP server.
    pub mail: Option<MailerSettings>,
}

/// The limits that several parts share.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// How long one call outside may last.
    pub(super) call: Duration,
    /// How long a mail may take.
    pub(super) mail: Duration,
    /// Calls at once to one system.
    pub(super) concurrency: usize,
}

impl Limits {
    /// How long it may take to connect: well below the whole, so that a call that never reached
    /// anybody is told from one that may have.
    fn connect(self) -> Duration {
        (self.call / 2).min(Duration::from_secs(2))
    }
}

impl Parts {
    /// Whether everything is embedded.
    #[must_use]
    pub fn all_embedded(&self) -> bool {
        self.database.is_none()
            && self.identity.is_none()
            && self.accounting.is_none()
            && self.mail.is_none()
    }

    /// Whether something is kept in the data folder.
    #[must_use]
    pub fn uses_folder(&self) -> bool {
        self.database.is_none() || self.uses_sandbox()
    }

    /// Whether one of the systems outside is the sandbox's.
    #[must_use]
    pub fn uses_sandbox(&self) -> bool {
        self.identity.is_none() || self.accounting.is_none() || self.mail.is_none()
    }

    /// Reads all of them before any is unwrapped, so that all faults are told.
    pub(super) fn read(
        reader: &mut Reader<'_>,
        environment: Option<Environment>,
        limits: Option<Limits>,
    ) -> Option<Self> {
        let production = environment == Some(Environment::Production);
        // What is said of a part alone does not depend on the limits, which are told by themselves
        // if they are wrong.
        let read = limits.unwrap_or(Limits {
            call: Duration::from_secs(5),
            mail: Duration::from_secs(10),
            concurrency: 1,
        });
        let database = database::read(reader);
        let identity = keycloak::read(reader, read);
        let accounting = accounting::read(reader, read);
        let mail = mail::read(reader, read, !production);
        if production {
            refuse_the_embedded(reader);
        }
        Some(Self {
            database: database?,
            identity: identity?,
            accounting: accounting?,
            mail: mail?,
        })
    }
}

/// What production demands: nothing in the data folder, nothing from the sandbox.
fn refuse_the_embedded(reader: &mut Reader<'_>) {
    let parts = [
        (database::is_wanted(reader), "the embedded database", "DATABASE_URL"),
        (keycloak::is_wanted(reader), "the sandbox's users", "KC_SERVER_URI"),
        (reader.is_set("ACCOUNTING_BASE_URL"), "the sandbox's accounting", "ACCOUNTING_BASE_URL"),
        (mail::is_wanted(reader), "the sandbox's mailbox", "MAIL_SERVER"),
    ];
    for (wanted, what, name) in parts {
        if !wanted {
            reader.wrong(format!(
                "{name} is not set, but DEPLOYMENT_ENV is `production`, which refuses {what}: set \
                 {name}, or write development, testing or staging"
            ));
        }
    }
    if reader.is_set("SANDBOX_LATENCY_MS") {
        reader.wrong("SANDBOX_LATENCY_MS is set, but production has no sandbox: unset it");
    }
}

/// What has a default only beside embedded parts.
pub(super) fn demand_what_has_no_default(reader: &mut Reader<'_>) {
    let users = (keycloak::is_wanted(reader), "the users are Keycloak's");
    let database = (database::is_wanted(reader), "several processes may share the database");
    let owner = "the id (a UUID) of the user whose labs are course labs";
    for ((wanted, why), name, what) in [
        (users, "MULTIPLE_VLABS_ALLOWED_USER_ID", owner),
        (users, "INVITE_LINK_BASE", "where the portal is: http://… or https://…"),
        (database, "INVITE_JWT_SECRET", "at least 16 characters, the same for all of them"),
    ] {
        if wanted && !reader.is_set(name) {
            reader.wrong(format!("{name} is not set, but {why}: write {what}"));
        }
    }
}

impl Config {
    /// What each part of the world is, in a word or two: for people.
    #[must_use]
    pub fn parts_told(&self) -> [(&'static str, &'static str); 4] {
        let told = |real: bool, name, embedded| if real { name } else { embedded };
        let parts = &self.parts;
        [
            ("Database", told(parts.database.is_some(), "PostgreSQL", "embedded (SQLite)")),
            ("Users", told(parts.identity.is_some(), "Keycloak", "sandbox")),
            ("Accounting", told(parts.accounting.is_some(), "the accounting service", "sandbox")),
            ("Mail", told(parts.mail.is_some(), "SMTP", "sandbox")),
        ]
    }
}

fn millis(reader: &mut Reader<'_>, name: &'static str, least: u64) -> Option<Duration> {
    reader.number(name, least, super::rules::DAY_MS).map(Duration::from_millis)
}
