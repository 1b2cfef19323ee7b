use super::{MailStatus, StoreError};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use course_seats_domain::plans::SagaKind;
use course_seats_domain::saga::Status;

/// What the database holds, in numbers: for whoever watches the service.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Statistics {
    /// How many sagas there are of a kind in a status; none is left out.
    pub sagas: Vec<(SagaKind, Status, u64)>,
    /// Sagas that a person may want to know about.
    pub needing_attention: u64,
    /// Sagas whose undo has failed at least once, and is tried again.
    pub failing_undos: u64,
    /// When the oldest open saga was written down.
    pub oldest_open_saga: Option<DateTime<Utc>>,
    /// Accounts that were given up.
    pub given_up_accounts: u64,
    /// How many mails are where; none is left out.
    pub mails: Vec<(MailStatus, u64)>,
    /// When the oldest mail that is not sent yet was written down.
    pub oldest_queued_mail: Option<DateTime<Utc>>,
    /// How much of which kind the last look for drift has found; kinds of which there is none
    /// are left out.
    pub drift: Vec<(String, u64)>,
}

/// Numbers about what the database holds.
#[async_trait]
pub trait Counted {
    /// All of them, of one moment.
    async fn statistics(&mut self) -> Result<Statistics, StoreError>;
}
