//! What every mailer must do.

use super::patience::eventually;
use crate::runtime::RandomEntropy;
use async_trait::async_trait;
use course_seats_application::ports::{Entropy, Mail, Mailer, PortError};
use course_seats_domain::ids::MailId;
use course_seats_domain::values::EmailAddress;

/// Where the mails arrive: how the suite looks at the other end.
#[async_trait]
pub trait Inbox: Send + Sync {
    /// All mails that arrived for this address, oldest first.
    async fn mails_to(&self, address: &EmailAddress) -> Vec<Mail>;
}

/// Checks everything.
///
/// # Panics
/// If the mailer breaks a duty of the port.
pub async fn holds(mailer: &dyn Mailer, inbox: &dyn Inbox) {
    a_mail_arrives_as_it_was_written(mailer, inbox).await;
    a_mail_that_is_sent_again_is_taken_again(mailer, inbox).await;
    an_address_that_is_none_is_never_taken(mailer).await;
}

/// Nothing is lost or changed on the way.
pub async fn a_mail_arrives_as_it_was_written(mailer: &dyn Mailer, inbox: &dyn Inbox) {
    let mail = new_mail();
    assert_eq!(mailer.send(&mail).await, Ok(()));
    let arrived = async || inbox.mails_to(&mail.to).await;
    eventually("the mail", vec![mail.clone()], arrived).await;
}

/// A mail may be sent again under its id: it may arrive twice, but it is not refused.
pub async fn a_mail_that_is_sent_again_is_taken_again(mailer: &dyn Mailer, inbox: &dyn Inbox) {
    let mail = new_mail();
    assert_eq!(mailer.send(&mail).await, Ok(()));
    assert_eq!(mailer.send(&mail).await, Ok(()));
    let arrived = async || inbox.mails_to(&mail.to).await.contains(&mail);
    eventually("the mail", true, arrived).await;
}

/// An address that no server takes is a definite no.
pub async fn an_address_that_is_none_is_never_taken(mailer: &dyn Mailer) {
    let mail = Mail { to: EmailAddress::adopted("nobody"), ..new_mail() };
    let answer = mailer.send(&mail).await;
    assert!(matches!(answer, Err(PortError::Rejected(_))), "{answer:?}");
}

fn new_mail() -> Mail {
    let id = RandomEntropy.uuid();
    Mail {
        id: MailId::new(id),
        to: EmailAddress::adopted(format!("{id}@sandbox.example")),
        subject: "Your seat in “Neuroscience – Zürich” is ready".into(),
        text: "Hello Zoë,\n\nclaim it: https://portal.example/x?enrolment_id=1&a=b\n".into(),
        html: "<p>Hello Zoë, <a href=\"https://portal.example/x?a=1&amp;b=2\">claim it</a></p>\n"
            .into(),
    }
}
