use crate::world::{mailer, settings};
use course_seats_mailer::{MailSecurity, MailerSettings};
use course_seats_testkit::contract;
use course_seats_testkit::smtp::SmtpServer;

#[tokio::test(flavor = "multi_thread")]
async fn holds_plain() {
    let server = SmtpServer::start(&[]);
    contract::mailer::holds(&mailer(&settings(&server)), &server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn holds_with_starttls_and_with_tls() {
    for (name, security) in [("starttls", MailSecurity::StartTls), ("tls", MailSecurity::Tls)] {
        let server = SmtpServer::start(&["--security", name]);
        let ca_file = Some(server.ca_file());
        let settings = MailerSettings { security, ca_file, ..settings(&server) };
        contract::mailer::holds(&mailer(&settings), &server).await;
        let mails = server.mails();
        assert!(mails.iter().all(|mail| mail.get("encrypted").unwrap() == true), "{name}");
    }
}
