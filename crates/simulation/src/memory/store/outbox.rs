use super::tables::{MailRow, put};
use super::tx::{MemoryTx, page_of};
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use course_seats_application::ports::store::{
    Listed, MailContent, MailStatus, MailSummary, Outbox, OutboxMail, Page, StoreError,
};
use course_seats_domain::ids::MailId;
use course_seats_domain::values::EmailAddress;
use std::cmp::Reverse;
use uuid::Uuid;

impl MemoryTx {
    /// Takes a mail that is queued and nobody has.
    fn take_mail(&mut self, id: MailId, lease: TimeDelta) -> Option<OutboxMail> {
        let now = self.now();
        let row = self.tables.mails.get(&id).filter(|row| is_free(row, now))?;
        let row = MailRow { lease_until: Some(now + lease), ..MailRow::clone(row) };
        let mail = mail(id, &row);
        put(&mut self.tables.mails, id, row);
        Some(mail)
    }

    fn change_mail(&mut self, id: MailId, change: impl FnOnce(&mut MailRow)) {
        if let Some(row) = self.tables.mails.get(&id) {
            let mut row = MailRow::clone(row);
            change(&mut row);
            put(&mut self.tables.mails, id, row);
        }
    }
}

fn mail(id: MailId, row: &MailRow) -> OutboxMail {
    OutboxMail {
        id,
        to: row.to.clone(),
        content: row.content.clone(),
        status: row.status,
        attempts: row.attempts,
    }
}

fn summary(id: MailId, row: &MailRow) -> MailSummary {
    let (next_attempt_at, error) = (row.next_attempt_at, row.error.clone());
    MailSummary { mail: mail(id, row), next_attempt_at, error }
}

fn is_unsent(row: &MailRow) -> bool {
    matches!(row.status, MailStatus::Queued | MailStatus::Dead)
}

fn is_free(row: &MailRow, now: DateTime<Utc>) -> bool {
    row.status == MailStatus::Queued && row.lease_until.is_none_or(|until| until <= now)
}

#[async_trait]
impl Outbox for MemoryTx {
    async fn enqueue(
        &mut self,
        id: MailId,
        to: &EmailAddress,
        content: &MailContent,
        lease: Option<TimeDelta>,
    ) -> Result<(), StoreError> {
        self.statement().await?;
        let now = self.now();
        let row = MailRow {
            to: to.clone(),
            content: content.clone(),
            status: MailStatus::Queued,
            attempts: 0,
            error: None,
            next_attempt_at: now,
            lease_until: lease.map(|lease| now + lease),
            created_at: now,
        };
        put(&mut self.tables.mails, id, row);
        Ok(())
    }

    async fn claim_due_mails(
        &mut self,
        limit: usize,
        lease: TimeDelta,
    ) -> Result<Vec<OutboxMail>, StoreError> {
        self.statement().await?;
        let now = self.now();
        let rows = self.tables.mails.iter();
        let mut due: Vec<_> = rows
            .filter(|(_, row)| is_free(row, now) && row.next_attempt_at <= now)
            .map(|(id, row)| (row.next_attempt_at, row.created_at, *id))
            .collect();
        due.sort();
        due.truncate(limit);
        Ok(due.into_iter().filter_map(|(.., id)| self.take_mail(id, lease)).collect())
    }

    async fn mail_sent(&mut self, id: MailId) -> Result<(), StoreError> {
        self.statement().await?;
        self.change_mail(id, |row| {
            row.status = MailStatus::Sent;
            row.error = None;
            row.lease_until = None;
        });
        Ok(())
    }

    async fn mail_failed(
        &mut self,
        id: MailId,
        error: &str,
        next: Option<DateTime<Utc>>,
    ) -> Result<(), StoreError> {
        self.statement().await?;
        let now = self.now();
        self.change_mail(id, |row| {
            // One that was cancelled meanwhile, or sent by somebody else, stays as it is.
            if row.status == MailStatus::Queued {
                row.status = if next.is_some() { MailStatus::Queued } else { MailStatus::Dead };
                row.attempts += 1;
                row.error = Some(error.to_owned());
                row.next_attempt_at = next.unwrap_or(now);
                row.lease_until = None;
            }
        });
        Ok(())
    }

    async fn requeue_mail(&mut self, id: MailId) -> Result<bool, StoreError> {
        self.statement().await?;
        let now = self.now();
        let there = self.tables.mails.get(&id).is_some_and(|row| is_unsent(row));
        if there {
            self.change_mail(id, |row| {
                row.status = MailStatus::Queued;
                row.attempts = 0;
                row.next_attempt_at = now;
            });
        }
        Ok(there)
    }

    async fn cancel_mails(&mut self, subjects: &[Uuid]) -> Result<(), StoreError> {
        self.statement().await?;
        let about = |row: &MailRow| subjects.contains(&row.content.subject());
        let unsent = self.tables.mails.iter().filter(|(_, row)| about(row) && is_unsent(row));
        let ids: Vec<MailId> = unsent.map(|(id, _)| *id).collect();
        for id in ids {
            self.change_mail(id, |row| {
                row.status = MailStatus::Cancelled;
                row.lease_until = None;
            });
        }
        Ok(())
    }

    async fn mails_about(
        &mut self,
        subjects: &[Uuid],
    ) -> Result<Vec<(Uuid, MailId, MailStatus)>, StoreError> {
        self.statement().await?;
        let newest = |subject: &Uuid| {
            let about =
                self.tables.mails.iter().filter(|(_, row)| row.content.subject() == *subject);
            let newest = about.max_by_key(|(id, row)| (row.created_at, **id))?;
            Some((*subject, *newest.0, newest.1.status))
        };
        Ok(subjects.iter().filter_map(newest).collect())
    }

    async fn newest_mail_at(&mut self, subject: Uuid) -> Result<Option<DateTime<Utc>>, StoreError> {
        self.statement().await?;
        let about = self.tables.mails.values().filter(|row| row.content.subject() == subject);
        Ok(about.map(|row| row.created_at).max())
    }

    async fn mail(&mut self, id: MailId) -> Result<Option<MailSummary>, StoreError> {
        self.statement().await?;
        Ok(self.tables.mails.get(&id).map(|row| summary(id, row)))
    }

    async fn list_mails(
        &mut self,
        status: Option<MailStatus>,
        page: Page,
    ) -> Result<Listed<MailSummary>, StoreError> {
        self.statement().await?;
        let rows = self.tables.mails.iter();
        let mut found: Vec<_> = rows
            .filter(|(_, row)| status.is_none_or(|status| row.status == status))
            .map(|(id, row)| (Reverse(row.created_at), *id, summary(*id, row)))
            .collect();
        found.sort_by_key(|(created_at, id, _)| (*created_at, *id));
        Ok(page_of(found.into_iter().map(|(.., summary)| summary).collect(), Some(page)))
    }
}
