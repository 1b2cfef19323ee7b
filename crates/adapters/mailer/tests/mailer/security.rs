//! Who is spoken to, and who gets our password.

use crate::world::{mail_to, mailer, settings};
use course_seats_application::ports::{Mailer, PortError};
use course_seats_mailer::{MailCredentials, MailSecurity, MailerSettings, SmtpMailer};
use course_seats_testkit::runtime::SystemClock;
use course_seats_testkit::smtp::SmtpServer;
use std::sync::Arc;

fn credentials(password: &str) -> Option<MailCredentials> {
    Some(MailCredentials { username: "seats".into(), password: password.to_owned().into() })
}

fn unavailable(answer: &Result<(), PortError>) {
    assert!(matches!(answer, Err(PortError::Unavailable(_))), "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_of_somebody_else_is_not_taken() {
    for (name, security) in [("starttls", MailSecurity::StartTls), ("tls", MailSecurity::Tls)] {
        let server = SmtpServer::start(&["--security", name]);
        let settings = MailerSettings { security, ..settings(&server) };
        unavailable(&mailer(&settings).send(&mail_to("ada@epfl.example")).await);
        unavailable(&mailer(&settings).ready().await);
        assert!(server.mails().is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_starttls_gets_no_mail() {
    let server = SmtpServer::start(&[]);
    let settings = MailerSettings { security: MailSecurity::StartTls, ..settings(&server) };
    unavailable(&mailer(&settings).send(&mail_to("ada@epfl.example")).await);
    let settings = MailerSettings { security: MailSecurity::Tls, ..settings };
    unavailable(&mailer(&settings).send(&mail_to("ada@epfl.example")).await);
    assert!(server.mails().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_are_sent_over_tls() {
    let server = SmtpServer::start(&["--security", "starttls", "--login", "seats:a-secret"]);
    let settings = MailerSettings {
        security: MailSecurity::StartTls,
        ca_file: Some(server.ca_file()),
        credentials: credentials("a-secret"),
        ..settings(&server)
    };
    assert_eq!(mailer(&settings).ready().await, Ok(()));
    assert_eq!(mailer(&settings).send(&mail_to("ada@epfl.example")).await, Ok(()));
    assert_eq!(server.mails().first().unwrap().get("user").unwrap(), "seats");

    // Not a word about the mail: it stays in the outbox until the password is right.
    let wrong = MailerSettings { credentials: credentials("wrong"), ..settings.clone() };
    unavailable(&mailer(&wrong).send(&mail_to("ada@epfl.example")).await);
    unavailable(&mailer(&wrong).ready().await);
    let none = MailerSettings { credentials: None, ..settings };
    unavailable(&mailer(&none).send(&mail_to("ada@epfl.example")).await);
    assert_eq!(server.mails().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_go_over_a_plain_connection_only_if_that_is_allowed() {
    let server = SmtpServer::start(&["--login", "seats:a-secret"]);
    let settings = MailerSettings { credentials: credentials("a-secret"), ..settings(&server) };
    unavailable(&mailer(&settings).send(&mail_to("ada@epfl.example")).await);
    let allowed = MailerSettings { credentials_over_plain: true, ..settings };
    assert_eq!(mailer(&allowed).send(&mail_to("ada@epfl.example")).await, Ok(()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_file_of_certificates_is_told() {
    let server = SmtpServer::start(&[]);
    let folder = tempfile::tempdir().unwrap();
    let nonsense = folder.path().join("nonsense.pem");
    std::fs::write(&nonsense, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
        .unwrap();
    for path in [folder.path().join("missing.pem"), nonsense] {
        let security = MailSecurity::Tls;
        let settings = MailerSettings { security, ca_file: Some(path), ..settings(&server) };
        assert!(SmtpMailer::new(&settings, Arc::new(SystemClock::default())).is_err());
    }
}
