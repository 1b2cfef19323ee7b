use super::Limits;
use crate::config::reader::Reader;
use crate::config::values::{boolean, certificates, parse, word};
use course_seats_mailer::{MailCredentials, MailSecurity, MailerSettings};
use secrecy::SecretString;

const NAMES: [&str; 4] = ["MAIL_SERVER", "MAIL_FROM", "MAIL_USERNAME", "MAIL_PASSWORD"];

/// Whether somebody named a server.
pub(super) fn is_wanted(reader: &Reader<'_>) -> bool {
    NAMES.iter().any(|name| reader.is_set(name))
}

/// The SMTP server, or `Some(None)` for the sandbox's mailbox.
pub(super) fn read(
    reader: &mut Reader<'_>,
    limits: Limits,
    credentials_over_plain: bool,
) -> Option<Option<MailerSettings>> {
    let ses_configuration_set = reader.optional(
        "AWS_SES_CONFIGURATION_SET",
        "a name of letters, digits, - and _",
        |text| MailerSettings::is_configuration_set(text).then(|| text.to_owned()),
    );
    let security = security(reader);
    let ca_file = reader.optional("MAIL_CA_FILE", "a file with certificates (PEM)", certificates);
    let port = reader.optional("MAIL_PORT", "a port", parse::<u16>);
    if !is_wanted(reader) {
        return ses_configuration_set.map(|_| None);
    }
    let server = reader.required("MAIL_SERVER", &NAMES, "the SMTP server's name", word);
    let from = reader.required(
        "MAIL_FROM",
        &NAMES,
        "the sender: seats@obi.example, or Course Seats <seats@obi.example>",
        |text| MailerSettings::is_sender(text).then(|| text.to_owned()),
    );
    let credentials = credentials(reader);
    let security = security?;
    Some(Some(MailerSettings {
        server: server?,
        port: port?.unwrap_or(match security {
            MailSecurity::Tls => 465,
            MailSecurity::StartTls => 587,
            MailSecurity::Plain => 25,
        }),
        security,
        credentials: credentials?,
        credentials_over_plain,
        from: from?,
        ses_configuration_set: ses_configuration_set?,
        timeout: limits.mail,
        connections: limits.concurrency,
        ca_file: ca_file?,
    }))
}

fn security(reader: &mut Reader<'_>) -> Option<MailSecurity> {
    let start_tls = reader.parse("MAIL_STARTTLS", "true or false", boolean);
    let tls = reader.parse("MAIL_SSL_TLS", "true or false", boolean);
    match (start_tls?, tls?) {
        (false, false) => Some(MailSecurity::Plain),
        (true, false) => Some(MailSecurity::StartTls),
        (false, true) => Some(MailSecurity::Tls),
        (true, true) => {
            reader.wrong("MAIL_STARTTLS and MAIL_SSL_TLS are both true: write false for one");
            None
        }
    }
}

/// Both, or neither.
fn credentials(reader: &mut Reader<'_>) -> Option<Option<MailCredentials>> {
    let names = ["MAIL_USERNAME", "MAIL_PASSWORD"];
    match names.map(|name| reader.text(name)) {
        [None, None] => Some(None),
        [Some(username), Some(password)] => Some(Some(MailCredentials {
            username: username.to_owned(),
            password: SecretString::from(password),
        })),
        [Some(_), None] => {
            reader.wrong("MAIL_USERNAME is set, but MAIL_PASSWORD is not: set both, or neither");
            None
        }
        [None, Some(_)] => {
            reader.wrong("MAIL_PASSWORD is set, but MAIL_USERNAME is not: set both, or neither");
            None
        }
    }
}
