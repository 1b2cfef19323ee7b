use crate::world::{World, world};
use async_trait::async_trait;
use course_seats_application::ports::Mail;
use course_seats_domain::values::EmailAddress;
use course_seats_sandbox::{SandboxMailbox, people};
use course_seats_testkit::contract::{accounting, identity, mailer};
use std::time::Duration;

fn known(world: &World) -> identity::Known {
    identity::Known {
        user: people::student(1),
        username: "student-1".into(),
        email: "student-1@sandbox.example".into(),
        token: world.token("student-1"),
        other: people::FACULTY,
    }
}

#[tokio::test]
async fn identity_holds() {
    let world = world();
    identity::holds(&*world.sandbox.identity, &known(&world)).await;
}

#[tokio::test]
async fn identity_holds_with_latency() {
    let world = world();
    world.sandbox.faults.set_latency(Duration::from_millis(2));
    identity::holds(&*world.sandbox.identity, &known(&world)).await;
}

#[tokio::test]
async fn a_revoked_session_is_refused() {
    let world = world();
    let token = world.token("student-1");
    world.sandbox.identity.logout(&token).unwrap();
    identity::revoked(&*world.sandbox.identity, &token).await;
}

#[tokio::test]
async fn accounting_holds() {
    accounting::holds(&*world().sandbox.accounting).await;
}

#[tokio::test]
async fn accounting_holds_when_it_commits_late() {
    let world = world();
    world.sandbox.accounting.set_commit_delay(Duration::from_millis(20));
    accounting::holds(&*world.sandbox.accounting).await;
}

#[tokio::test]
async fn mailer_holds() {
    let world = world();
    mailer::holds(&*world.sandbox.mailbox, &Arrived(&world.sandbox.mailbox)).await;
}

struct Arrived<'a>(&'a SandboxMailbox);

#[async_trait]
impl mailer::Inbox for Arrived<'_> {
    async fn mails_to(&self, address: &EmailAddress) -> Vec<Mail> {
        let json = self.0.mailbox_json();
        let mails = json.get("mails").unwrap().as_array().unwrap();
        let text = |mail: &serde_json::Value, name: &str| {
            mail.get(name).unwrap().as_str().unwrap().to_owned()
        };
        let mails = mails.iter().rev().filter(|mail| text(mail, "to") == address.as_str());
        mails
            .map(|mail| Mail {
                id: serde_json::from_value(mail.get("id").unwrap().clone()).unwrap(),
                to: EmailAddress::adopted(text(mail, "to")),
                subject: text(mail, "subject"),
                text: text(mail, "text"),
                html: text(mail, "html"),
            })
            .collect()
    }
}
