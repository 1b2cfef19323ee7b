use super::PortError;
use async_trait::async_trait;
use course_seats_domain::ids::MailId;
use course_seats_domain::values::EmailAddress;

/// A mail, ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Its stable id: the same for every attempt.
    pub id: MailId,
    /// To whom.
    pub to: EmailAddress,
    /// The subject line.
    pub subject: String,
    /// The text part.
    pub text: String,
    /// The HTML part.
    pub html: String,
}

/// The mail server.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Hands a mail over. Must return `Rejected` if this mail will never be taken, `Unavailable`
    /// if it surely was not, `Unknown` if it may have been.
    async fn send(&self, mail: &Mail) -> Result<(), PortError>;
}
