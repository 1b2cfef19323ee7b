mod links;
mod page;

use crate::SandboxError;
use crate::fault::Operation;
use crate::gate::{Gate, World};
use crate::kept::{Kept, State, lock};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use course_seats_application::ports::{Mail, Mailer, PortError};
use course_seats_domain::ids::MailId;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::{Arc, Mutex};

/// The mail server of the sandbox, and the mailbox of everybody.
pub struct SandboxMailbox {
    mailbox: Arc<Mutex<Kept<Mailbox>>>,
    gate: Gate,
    world: World,
}

#[derive(Default)]
struct Mailbox {
    deliveries: Vec<Delivery>,
}

/// A mail that arrived. One that was sent twice arrived twice. Not `Debug`: it holds an address.
#[derive(Clone, Serialize, Deserialize)]
struct Delivery {
    id: MailId,
    at: DateTime<Utc>,
    to: String,
    subject: String,
    text: String,
    html: String,
}

impl State for Mailbox {
    type Change = Delivery;

    fn apply(&mut self, delivery: Delivery) {
        self.deliveries.push(delivery);
    }
}

impl SandboxMailbox {
    /// Opens the mailbox in this file.
    pub(crate) fn open(path: &Path, world: World) -> Result<Self, SandboxError> {
        let mailbox = Arc::new(Mutex::new(Kept::open(path)?));
        Ok(Self { mailbox, gate: Gate::new(world.clone()), world })
    }

    /// All mails, newest first, with the links that their texts hold.
    #[must_use]
    pub fn mailbox_json(&self) -> Value {
        let mailbox = lock(&self.mailbox);
        let mails = mailbox.state().deliveries.iter().rev().map(|mail| {
            json!({
                "id": mail.id,
                "at": mail.at,
                "to": mail.to,
                "subject": mail.subject,
                "text": mail.text,
                "html": mail.html,
                "links": links::links(&mail.text).collect::<Vec<_>>(),
            })
        });
        json!({ "mails": mails.collect::<Vec<_>>() })
    }

    /// The mailbox as a page for people: newest first, no scripts, nothing from elsewhere.
    #[must_use]
    pub fn mailbox_page(&self) -> String {
        page::page(&lock(&self.mailbox).state().deliveries)
    }
}

#[async_trait]
impl Mailer for SandboxMailbox {
    async fn send(&self, mail: &Mail) -> Result<(), PortError> {
        let mail = mail.clone();
        let mailbox = Arc::clone(&self.mailbox);
        let clock = Arc::clone(&self.world.clock);
        self.gate
            .write(Operation::Send, None, move || {
                if !mail.to.as_str().contains('@') {
                    return Err(PortError::Rejected("no such address".into()));
                }
                lock(&mailbox).record(Delivery {
                    id: mail.id,
                    at: clock.now(),
                    to: mail.to.as_str().to_owned(),
                    subject: mail.subject,
                    text: mail.text,
                    html: mail.html,
                })
            })
            .await
    }
}
