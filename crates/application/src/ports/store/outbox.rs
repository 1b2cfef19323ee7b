use super::{Listed, Page, StoreError};
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use course_seats_domain::ids::{EnrolmentId, InviteId, MailId};
use course_seats_domain::values::EmailAddress;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What a mail says, as data: the texts are made when it is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "mail", rename_all = "snake_case")]
pub enum MailContent {
    /// A claim link.
    Claim {
        /// The enrolment to claim.
        enrolment: EnrolmentId,
        /// The name of the course's lab.
        lab_name: String,
    },
    /// An invitation into a lab.
    Invite {
        /// The invite.
        invite: InviteId,
        /// The name of the lab.
        lab_name: String,
        /// Who invites.
        inviter: String,
        /// Until when it can be accepted.
        expires_at: DateTime<Utc>,
    },
}

impl MailContent {
    /// The word for its kind.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Claim { .. } => "claim",
            Self::Invite { .. } => "invite",
        }
    }

    /// The enrolment or invite that it is about.
    #[must_use]
    pub fn subject(&self) -> Uuid {
        match self {
            Self::Claim { enrolment, .. } => enrolment.uuid(),
            Self::Invite { invite, .. } => invite.uuid(),
        }
    }
}

/// Where a mail is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MailStatus {
    /// Not sent yet.
    Queued,
    /// Handed to the mail server.
    Sent,
    /// Will not be sent: the mail server does not take it.
    Dead,
    /// Will not be sent: what it was about is gone, or a newer one has taken its place.
    Cancelled,
}

impl MailStatus {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Queued, Self::Sent, Self::Dead, Self::Cancelled];

    /// The word under which it is stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Dead => "dead",
            Self::Cancelled => "cancelled",
        }
    }
}

/// A mail in the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxMail {
    /// Its id, the same for every attempt.
    pub id: MailId,
    /// To whom.
    pub to: EmailAddress,
    /// What it says.
    pub content: MailContent,
    /// Where it is.
    pub status: MailStatus,
    /// How many attempts failed.
    pub attempts: u32,
}

/// A mail as a listing shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailSummary {
    /// The mail.
    pub mail: OutboxMail,
    /// When it is tried next, if it is queued.
    pub next_attempt_at: DateTime<Utc>,
    /// What its last failed attempt said.
    pub error: Option<String>,
}

/// The outbox: mail written with what it is about, and sent later.
#[async_trait]
pub trait Outbox: Send {
    /// Writes a queued mail, due now. With a `lease` it is taken: whoever wrote it sends it.
    async fn enqueue(
        &mut self,
        id: MailId,
        to: &EmailAddress,
        content: &MailContent,
        lease: Option<TimeDelta>,
    ) -> Result<(), StoreError>;

    /// Takes queued mails that are due and nobody has, oldest first, for `lease`. One that cannot be
    /// read is taken and passed over: it is in nobody's way until the lease ends.
    async fn claim_due_mails(
        &mut self,
        limit: usize,
        lease: TimeDelta,
    ) -> Result<Vec<OutboxMail>, StoreError>;

    /// It was handed over.
    async fn mail_sent(&mut self, id: MailId) -> Result<(), StoreError>;

    /// It was not; it is due again at `next`, or dead if `None`.
    async fn mail_failed(
        &mut self,
        id: MailId,
        error: &str,
        next: Option<DateTime<Utc>>,
    ) -> Result<(), StoreError>;

    /// Makes a queued or dead mail due now, its attempts counted anew. One that is being sent stays
    /// with whoever has it. Returns whether there is such a mail.
    async fn requeue_mail(&mut self, id: MailId) -> Result<bool, StoreError>;

    /// Cancels the queued and dead mails about these enrolments or invites.
    async fn cancel_mails(&mut self, subjects: &[Uuid]) -> Result<(), StoreError>;

    /// The newest mail about each of these enrolments or invites.
    async fn mails_about(
        &mut self,
        subjects: &[Uuid],
    ) -> Result<Vec<(Uuid, MailId, MailStatus)>, StoreError>;

    /// When the newest mail about this enrolment or invite was written.
    async fn newest_mail_at(&mut self, subject: Uuid) -> Result<Option<DateTime<Utc>>, StoreError>;

    /// By id.
    async fn mail(&mut self, id: MailId) -> Result<Option<MailSummary>, StoreError>;

    /// Those that are there, newest first, then by id.
    async fn list_mails(
        &mut self,
        status: Option<MailStatus>,
        page: Page,
    ) -> Result<Listed<MailSummary>, StoreError>;
}
