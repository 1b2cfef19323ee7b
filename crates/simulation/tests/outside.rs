//! The contracts of the systems outside, on those in memory.
#![expect(clippy::unwrap_used, reason = "a failed check panics")]

use async_trait::async_trait;
use course_seats_application::ports::{Clock, Mail, UserProfile};
use course_seats_domain::ids::UserId;
use course_seats_domain::values::EmailAddress;
use course_seats_simulation::memory::{
    Books, Call, CalmLine, Directory, Fate, Line, Mailbox, MemoryAccounting, MemoryIdentity,
    MemoryMailbox, Outside,
};
use course_seats_testkit::contract::{accounting, identity, mailer};
use course_seats_testkit::runtime::SystemClock;
use std::sync::{Arc, Mutex};
use std::time::Duration;

fn person(number: u128) -> UserProfile {
    let username = format!("student-{number}");
    UserProfile {
        id: UserId::new(uuid::Uuid::from_u128(number)),
        email: Some(EmailAddress::adopted(format!("{username}@sandbox.example"))),
        username,
        first_name: "Ada".into(),
        last_name: "Lovelace".into(),
    }
}

#[tokio::test]
async fn identity_holds() {
    let mut directory = Directory::default();
    let (one, other) = (person(1), person(2));
    directory.people.insert(one.id, one.clone());
    directory.people.insert(other.id, other.clone());
    let token = directory.sign_in(one.id);
    let known = identity::Known {
        user: one.id,
        username: one.username,
        email: one.email.unwrap().as_str().to_owned(),
        token: token.clone(),
        other: other.id,
    };
    let directory = Arc::new(Mutex::new(directory));
    let line = Arc::new(CalmLine(SystemClock::default()));
    let provider = MemoryIdentity::new(Arc::clone(&directory), line);
    identity::holds(&provider, &known).await;
    directory.lock().unwrap().sign_out(&token);
    identity::revoked(&provider, &token).await;
}

#[tokio::test]
async fn accounting_holds() {
    let line = Arc::new(CalmLine(SystemClock::default()));
    accounting::holds(&MemoryAccounting::new(Arc::default(), line)).await;
}

#[tokio::test]
async fn accounting_holds_when_it_commits_late() {
    let line = Arc::new(CommitsLate(SystemClock::default()));
    let books = Arc::new(Mutex::new(Books::default()));
    accounting::holds(&MemoryAccounting::new(Arc::clone(&books), line)).await;
    assert!(books.lock().unwrap().sum().is_zero());
}

/// Everything is committed a moment after it was answered.
struct CommitsLate(SystemClock);

impl Line for CommitsLate {
    fn fate(&self, _: &Call<'_>) -> Fate {
        Fate { commits_after: Duration::from_millis(20), ..Fate::GOOD }
    }

    #[expect(clippy::disallowed_methods, reason = "the suite runs in real time")]
    fn later(&self, after: Duration, act: Box<dyn FnOnce() + Send>) {
        tokio::runtime::Handle::current().spawn(async move {
            tokio::time::sleep(after).await;
            act();
        });
    }

    fn clock(&self) -> &dyn Clock {
        &self.0
    }

    fn limit(&self, _: Outside) -> Duration {
        Duration::from_secs(5)
    }
}

#[tokio::test]
async fn mailer_holds() {
    let mailbox = Arc::new(Mutex::new(Mailbox::default()));
    let line = Arc::new(CalmLine(SystemClock::default()));
    let mailer = MemoryMailbox::new(Arc::clone(&mailbox), line);
    mailer::holds(&mailer, &Arrived(mailbox)).await;
}

struct Arrived(Arc<Mutex<Mailbox>>);

#[async_trait]
impl mailer::Inbox for Arrived {
    async fn mails_to(&self, address: &EmailAddress) -> Vec<Mail> {
        let mailbox = self.0.lock().unwrap();
        let mails = mailbox.deliveries.iter().map(|delivery| delivery.mail.clone());
        mails.filter(|mail| mail.to == *address).collect()
    }
}
