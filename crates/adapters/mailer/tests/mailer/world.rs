use course_seats_application::ports::{Entropy, Mail};
use course_seats_domain::ids::MailId;
use course_seats_domain::values::EmailAddress;
use course_seats_mailer::{MailSecurity, MailerSettings, SmtpMailer};
use course_seats_testkit::runtime::{RandomEntropy, SystemClock};
use course_seats_testkit::smtp::SmtpServer;
use std::sync::Arc;
use std::time::Duration;

pub fn settings(server: &SmtpServer) -> MailerSettings {
    MailerSettings {
        server: "127.0.0.1".into(),
        port: server.port(),
        security: MailSecurity::Plain,
        credentials: None,
        credentials_over_plain: false,
        from: "Course Seats <seats@obi.example>".into(),
        ses_configuration_set: None,
        timeout: Duration::from_secs(10),
        connections: 4,
        ca_file: None,
    }
}

pub fn mailer(settings: &MailerSettings) -> SmtpMailer {
    SmtpMailer::new(settings, Arc::new(SystemClock::default())).unwrap()
}

pub fn mail_to(address: &str) -> Mail {
    Mail {
        id: MailId::new(RandomEntropy.uuid()),
        to: EmailAddress::adopted(address),
        subject: "Your seat is ready".into(),
        text: "Hello,\n\nclaim it.\n".into(),
        html: "<p>Hello</p>\n".into(),
    }
}
