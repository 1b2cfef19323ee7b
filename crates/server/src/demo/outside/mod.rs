//! Where a client sees what the service does outside: in the sandbox's books, or in those of real
//! systems. What has no such books (a mail server, the real accounting service) cannot be audited;
//! the stand-ins of this repository have them.

mod calendar;
mod keycloak;
mod mails;

pub use calendar::Calendar;
pub use keycloak::Realm;

use super::answers::{Accounts, Groups, Mailbox};
use super::client::fetch;
use super::wrong::Wrong;
use crate::config::Config;
use reqwest::Method;
use serde_json::{Value, json};
use std::path::PathBuf;
use uuid::Uuid;

/// Where a client sees what the service does outside.
#[derive(Debug, Clone)]
pub struct Outside {
    token_url: String,
    groups: GroupsAt,
    accounts_url: String,
    spend: SpendAt,
    mails: MailsAt,
    calendar: Calendar,
}

#[derive(Debug, Clone)]
enum GroupsAt {
    Sandbox(String),
    Keycloak(Realm),
}

/// The two stand-ins for accounting call a project by different names.
#[derive(Debug, Clone)]
struct SpendAt {
    url: String,
    project: &'static str,
}

#[derive(Debug, Clone)]
enum MailsAt {
    Sandbox(String),
    /// One mail a line, as `scripts/smtp_server.py` keeps them.
    File(PathBuf),
}

impl Outside {
    /// The sandbox of the server at this address.
    #[must_use]
    pub fn sandbox(base: &str) -> Self {
        let at = |path: &str| format!("{base}/sandbox/{path}");
        Self {
            token_url: at("realms/obp-realm/protocol/openid-connect/token"),
            groups: GroupsAt::Sandbox(at("groups.json")),
            accounts_url: at("accounts.json"),
            spend: SpendAt { url: at("spend"), project: "project_id" },
            mails: MailsAt::Sandbox(at("mailbox.json")),
            calendar: Calendar::turned(base),
        }
    }

    /// The real parts that the settings name, and the sandbox of the server at this address for the
    /// others. `mails` is where the mail server keeps what it took.
    ///
    /// # Errors
    /// If the mails of a real server are nowhere to be seen.
    pub fn of(base: &str, config: &Config, mails: Option<PathBuf>) -> Result<Self, Wrong> {
        let mut outside = Self::sandbox(base);
        let parts = &config.parts;
        if let Some(keycloak) = &parts.identity {
            let realm = Realm::new(keycloak);
            outside.token_url = realm.token_url();
            outside.groups = GroupsAt::Keycloak(realm);
            outside.calendar = Calendar::waited();
        }
        if let Some(accounting) = &parts.accounting {
            let base = accounting.base_url.as_str().trim_end_matches('/');
            outside.accounts_url = format!("{base}/_control/accounts");
            let url = format!("{base}/_control/spend");
            outside.spend = SpendAt { url, project: "proj_id" };
        }
        if parts.mail.is_some() {
            let missing = || Wrong::new("--mails, the file of the SMTP server's mails", "nothing");
            outside.mails = MailsAt::File(mails.ok_or_else(missing)?);
        }
        Ok(outside)
    }

    /// Where tokens are given.
    #[must_use]
    pub fn token_url(&self) -> &str {
        &self.token_url
    }

    /// How time goes by.
    #[must_use]
    pub fn calendar(&self) -> &Calendar {
        &self.calendar
    }

    /// The groups of the identity provider.
    ///
    /// # Errors
    /// If they cannot be read.
    pub async fn groups(&self, http: &reqwest::Client) -> Result<Groups, Wrong> {
        match &self.groups {
            GroupsAt::Sandbox(url) => fetch(http, Method::GET, url, None).await?.into(),
            GroupsAt::Keycloak(realm) => realm.groups(http).await,
        }
    }

    /// The books of accounting.
    ///
    /// # Errors
    /// If they cannot be read.
    pub async fn accounts(&self, http: &reqwest::Client) -> Result<Accounts, Wrong> {
        fetch(http, Method::GET, &self.accounts_url, None).await?.into()
    }

    /// A job of this project costs so many credits.
    ///
    /// # Errors
    /// If it does not.
    pub async fn spend(
        &self,
        http: &reqwest::Client,
        project: Uuid,
        amount: u32,
    ) -> Result<(), Wrong> {
        let body: Value =
            [(self.spend.project.to_owned(), json!(project)), ("amount".to_owned(), json!(amount))]
                .into_iter()
                .collect::<serde_json::Map<_, _>>()
                .into();
        let reply = fetch(http, Method::POST, &self.spend.url, Some(body)).await?;
        match reply.status {
            200 | 204 => Ok(()),
            _ => reply.ok().map(drop),
        }
    }

    /// The mailbox of everybody.
    ///
    /// # Errors
    /// If it cannot be read.
    pub async fn mailbox(&self, http: &reqwest::Client) -> Result<Mailbox, Wrong> {
        match &self.mails {
            MailsAt::Sandbox(url) => fetch(http, Method::GET, url, None).await?.into(),
            MailsAt::File(path) => mails::read(path),
        }
    }
}
