use super::Time;
use crate::http::page::Pagination;
use course_seats_application::ports::store::{MailStatus, MailSummary};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// A mail in the outbox.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MailOut {
    /// Its id: the same for every attempt.
    pub id: Uuid,
    /// `claim` or `invite`.
    pub kind: &'static str,
    /// `queued`, `sent`, `dead` or `cancelled`.
    pub status: &'static str,
    /// The enrolment or invite that it is about.
    pub subject: Uuid,
    /// To whom.
    pub to: String,
    /// How many attempts failed.
    pub attempts: u32,
    /// When it is tried next, if it is queued.
    pub next_attempt_at: Option<Time>,
    /// What its last failed attempt said.
    pub error: Option<String>,
}

impl From<MailSummary> for MailOut {
    fn from(MailSummary { mail, next_attempt_at, error }: MailSummary) -> Self {
        let next_attempt_at = (mail.status == MailStatus::Queued).then_some(Time(next_attempt_at));
        Self {
            id: mail.id.uuid(),
            kind: mail.content.kind(),
            status: mail.status.as_str(),
            subject: mail.content.subject(),
            to: mail.to.as_str().to_owned(),
            attempts: mail.attempts,
            next_attempt_at,
            error,
        }
    }
}

/// Mails, newest first.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MailList {
    /// The mails.
    pub data: Vec<MailOut>,
    /// Which part of the list it is.
    pub pagination: Pagination,
}

/// Something that is done soon.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct QueuedOut {
    /// The saga or mail.
    pub id: Uuid,
}
