use crate::settings::{MailerSettings, MailerSetupError};
use course_seats_application::ports::{Mail, PortError};
use course_seats_domain::values::EmailAddress;
use lettre::address::Envelope;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use lettre::{Address, Message};
use std::time::SystemTime;

/// Writes mails as the wire has them.
#[derive(Debug)]
pub(crate) struct Composer {
    from: Mailbox,
    ses_configuration_set: Option<String>,
}

/// A mail as the wire has it.
pub(crate) struct Composed {
    pub(crate) envelope: Envelope,
    pub(crate) bytes: Vec<u8>,
}

fn sender(text: &str) -> Option<Mailbox> {
    text.trim().parse().ok()
}

impl MailerSettings {
    /// Whether mail can be sent from this: an address, or one with a name in front.
    #[must_use]
    pub fn is_sender(text: &str) -> bool {
        sender(text).is_some()
    }

    /// Whether this can be an SES configuration set: letters, digits, `-` and `_`.
    #[must_use]
    pub fn is_configuration_set(text: &str) -> bool {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        !text.is_empty() && text.bytes().all(fits)
    }
}

impl Composer {
    pub(crate) fn new(settings: &MailerSettings) -> Result<Self, MailerSetupError> {
        let from = sender(&settings.from).ok_or(MailerSetupError::From)?;
        let ses_configuration_set = settings.ses_configuration_set.clone();
        match ses_configuration_set.as_deref() {
            Some(set) if !MailerSettings::is_configuration_set(set) => {
                Err(MailerSetupError::SesConfigurationSet)
            }
            _ => Ok(Self { from, ses_configuration_set }),
        }
    }

    /// The same mail has the same bytes every time, but for its date. A mail that cannot be
    /// written will never be taken by anybody.
    pub(crate) fn compose(&self, mail: &Mail, now: SystemTime) -> Result<Composed, PortError> {
        let to = recipient(&mail.to)?;
        // Said here, as it cannot be read back from the headers for every odd address.
        let envelope = Envelope::new(Some(self.from.email.clone()), vec![to.clone()])
            .map_err(|_| cannot_be_written())?;
        let id = format!("<{}@{}>", mail.id, self.from.email.domain());
        let mut message = Message::builder()
            .from(self.from.clone())
            .to(to.into())
            .subject(single_line(&mail.subject))
            .message_id(Some(id))
            .date(now)
            // No out-of-office answer to a machine.
            .raw_header(header("Auto-Submitted", "auto-generated"));
        if let Some(set) = &self.ses_configuration_set {
            message = message.raw_header(header("X-SES-CONFIGURATION-SET", set));
        }
        // A boundary of the mail's own id cannot stand in its text by accident.
        let parts = MultiPart::alternative()
            .boundary(format!("course-seats-{}", mail.id.uuid().simple()))
            .singlepart(part(ContentType::TEXT_PLAIN, &mail.text))
            .singlepart(part(ContentType::TEXT_HTML, &mail.html));
        let message =
            message.envelope(envelope.clone()).multipart(parts).map_err(|_| cannot_be_written())?;
        Ok(Composed { envelope, bytes: message.formatted() })
    }
}

/// The address as mail servers take it.
fn recipient(to: &EmailAddress) -> Result<Address, PortError> {
    let no_address = || PortError::Rejected("not an address that mail can be sent to".into());
    let (user, domain) = to.as_str().rsplit_once('@').ok_or_else(no_address)?;
    // A domain has an ASCII form that every server knows; a user has none.
    let domain = match domain.is_ascii() {
        true => domain.to_owned(),
        false => url::Host::parse(domain).map_err(|_| no_address())?.to_string(),
    };
    if to.as_str().chars().any(char::is_control) {
        return Err(no_address());
    }
    Address::new(user, domain).map_err(|_| no_address())
}

fn cannot_be_written() -> PortError {
    PortError::Rejected("the mail cannot be written".into())
}

/// A subject is one line.
fn single_line(text: &str) -> String {
    text.split(char::is_control).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

fn part(kind: ContentType, body: &str) -> SinglePart {
    SinglePart::builder().header(kind).body(body.to_owned())
}

fn header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MailSecurity;
    use course_seats_domain::ids::MailId;
    use std::time::Duration;
    use uuid::Uuid;

    fn settings() -> MailerSettings {
        MailerSettings {
            server: "mail.example".into(),
            port: 25,
            security: MailSecurity::Plain,
            credentials: None,
            credentials_over_plain: false,
            from: "Course Seats <seats@obi.example>".into(),
            ses_configuration_set: None,
            timeout: Duration::from_secs(1),
            connections: 1,
            ca_file: None,
        }
    }

    fn mail(to: &str, subject: &str) -> Mail {
        Mail {
            id: MailId::new(Uuid::from_u128(7)),
            to: EmailAddress::adopted(to),
            subject: subject.into(),
            text: "Hello".into(),
            html: "<p>Hello</p>".into(),
        }
    }

    fn composed(mail: &Mail) -> Result<String, PortError> {
        let composer = Composer::new(&settings()).unwrap();
        let composed = composer.compose(mail, SystemTime::UNIX_EPOCH)?;
        Ok(String::from_utf8(composed.bytes).unwrap())
    }

    #[test]
    fn the_same_mail_has_the_same_bytes() {
        let mail = mail("ada@epfl.ch", "Hello");
        let text = composed(&mail).unwrap();
        assert_eq!(text, composed(&mail).unwrap());
        let id = "Message-ID: <00000000-0000-0000-0000-000000000007@obi.example>\r\n";
        assert!(text.contains(id), "{text}");
        assert!(!text.contains("X-SES"), "{text}");
    }

    #[test]
    fn a_subject_brings_no_header_with_it() {
        let text = composed(&mail("ada@epfl.ch", "Hello\r\nBcc: eve@epfl.ch\n\n\nbody")).unwrap();
        assert!(text.contains("Subject: Hello Bcc: eve@epfl.ch body\r\n"), "{text}");
    }

    #[test]
    fn what_is_no_address_is_rejected() {
        for to in [
            "",
            "nobody",
            "@",
            "a@",
            "@b.example",
            "a b@c.example",
            "a@b.example\r\nRCPT TO:<eve@epfl.ch>",
            "\"a\r\nb\"@c.example",
            "a@b.example, eve@epfl.ch",
            "Ada <ada@epfl.ch>",
        ] {
            let answer = composed(&mail(to, "Hello"));
            assert!(matches!(answer, Err(PortError::Rejected(_))), "{to}: {answer:?}");
        }
    }

    #[test]
    fn odd_addresses_are_taken() {
        for (to, shown) in [
            ("ada+seats@epfl.ch", "ada+seats@epfl.ch"),
            ("\"ada lovelace\"@epfl.ch", "\"ada lovelace\"@epfl.ch"),
            ("\"ada@home\"@epfl.ch", "\"ada@home\"@epfl.ch"),
            ("ada@universität.example", "ada@xn--universitt-y5a.example"),
        ] {
            let composer = Composer::new(&settings()).unwrap();
            let mail = mail(to, "Hello");
            let envelope = composer.compose(&mail, SystemTime::UNIX_EPOCH).unwrap().envelope;
            let to: Vec<_> = envelope.to().iter().map(ToString::to_string).collect();
            assert_eq!(to, [shown]);
            let text = composed(&mail).unwrap();
            assert!(text.contains(&format!("To: {shown}\r\n")), "{text}");
        }
    }

    #[test]
    fn wrong_settings_are_told() {
        let from = |from: &str| MailerSettings { from: from.into(), ..settings() };
        for wrong in ["", "nobody", "a@b.example\r\nBcc: c@d.example"] {
            let error = Composer::new(&from(wrong)).unwrap_err();
            assert!(matches!(error, MailerSetupError::From), "{wrong}: {error}");
        }
        assert!(Composer::new(&from("seats@obi.example")).is_ok());
        let set = Some("a b".to_owned());
        let settings = MailerSettings { ses_configuration_set: set, ..settings() };
        assert!(Composer::new(&settings).is_err());
    }
}
