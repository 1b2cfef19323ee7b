use super::saga_rows::{from_json, plain, to_json};
use super::{KEYS_A_QUERY, counted, paged, with_total};
use crate::columns::{DbCount, DbJson, DbMailStatus, DbTime, DbUuid, key};
use crate::db::{Backend, Tx, skip_locked};
use crate::errors::failed;
use crate::schema::outbox_mail;
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use course_seats_application::ports::store::{
    Listed, MailContent, MailStatus, MailSummary, Outbox, OutboxMail, Page, StoreError,
};
use course_seats_domain::ids::MailId;
use course_seats_domain::values::EmailAddress;
use diesel::prelude::{Insertable, OptionalExtension, Queryable, Selectable};
use diesel::{BoolExpressionMethods, ExpressionMethods, QueryDsl, SelectableHelper};
use diesel_async::RunQueryDsl;
use std::collections::HashSet;
use uuid::Uuid;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = outbox_mail, check_for_backend(Backend))]
#[diesel(treat_none_as_default_value = false)]
struct MailRow {
    id: DbUuid,
    kind: String,
    subject: DbUuid,
    recipient: String,
    content: DbJson,
    status: DbMailStatus,
    attempts: DbCount,
    error: Option<String>,
    next_attempt_at: DbTime,
    lease_until: Option<DbTime>,
    created_at: DbTime,
    updated_at: DbTime,
}

impl MailRow {
    fn mail(self) -> Result<OutboxMail, StoreError> {
        Ok(OutboxMail {
            id: self.id.into(),
            to: EmailAddress::adopted(self.recipient),
            content: from_json(self.content, "a mail's content")?,
            status: self.status.0,
            attempts: self.attempts.0,
        })
    }

    /// One that cannot be read, perhaps a newer version's, must not hold up all the others. What is
    /// in it may be personal: only its id is told.
    fn mail_if_readable(self) -> Option<OutboxMail> {
        let id = self.id.0;
        let mail = self.mail().ok();
        if mail.is_none() {
            tracing::error!(mail = %id, "a mail cannot be read: it is left");
        }
        mail
    }
}

impl MailRow {
    fn summary(self) -> Result<MailSummary, StoreError> {
        let (next_attempt_at, error) = (self.next_attempt_at.0, self.error.clone());
        Ok(MailSummary { mail: self.mail()?, next_attempt_at, error })
    }
}

/// Not sent, and not cancelled.
const UNSENT: [DbMailStatus; 2] =
    [DbMailStatus(MailStatus::Queued), DbMailStatus(MailStatus::Dead)];

/// Queued, and nobody has it.
macro_rules! free {
    ($now:expr) => {
        outbox_mail::status
            .eq(DbMailStatus(MailStatus::Queued))
            .and(outbox_mail::lease_until.is_null().or(outbox_mail::lease_until.le($now)))
    };
}

#[async_trait]
impl Outbox for Tx {
    async fn enqueue(
        &mut self,
        id: MailId,
        to: &EmailAddress,
        content: &MailContent,
        lease: Option<TimeDelta>,
    ) -> Result<(), StoreError> {
        let now = self.now().await?;
        let leased = lease.map(|lease| DbTime(now + lease));
        let now = DbTime(now);
        let row = MailRow {
            id: key(id),
            kind: content.kind().to_owned(),
            subject: DbUuid(content.subject()),
            recipient: to.as_str().to_owned(),
            content: to_json(content)?,
            status: DbMailStatus(MailStatus::Queued),
            attempts: DbCount(0),
            error: None,
            next_attempt_at: now.clone(),
            lease_until: leased,
            created_at: now.clone(),
            updated_at: now,
        };
        diesel::insert_into(outbox_mail::table)
            .values(row)
            .execute(self.conn()?)
            .await
            .map_err(failed)?;
        Ok(())
    }

    async fn claim_due_mails(
        &mut self,
        limit: usize,
        lease: TimeDelta,
    ) -> Result<Vec<OutboxMail>, StoreError> {
        let now = self.now().await?;
        let due = outbox_mail::table
            .filter(free!(DbTime(now)))
            .filter(outbox_mail::next_attempt_at.le(DbTime(now)))
            .order((outbox_mail::next_attempt_at, outbox_mail::created_at, outbox_mail::id))
            .limit(i64::try_from(limit).unwrap_or(i64::MAX))
            .select(outbox_mail::id);
        let due: Vec<DbUuid> = skip_locked!(due).load(self.conn()?).await.map_err(failed)?;
        // Somebody may have been faster.
        let mut rows: Vec<MailRow> = diesel::update(outbox_mail::table)
            .filter(outbox_mail::id.eq_any(due))
            .filter(free!(DbTime(now)))
            .set((
                outbox_mail::lease_until.eq(Some(DbTime(now + lease))),
                outbox_mail::updated_at.eq(DbTime(now)),
            ))
            .returning(MailRow::as_returning())
            .get_results(self.conn()?)
            .await
            .map_err(failed)?;
        rows.sort_by_key(|row| (row.next_attempt_at.0, row.created_at.0, row.id.0));
        Ok(rows.into_iter().filter_map(MailRow::mail_if_readable).collect())
    }

    async fn mail_sent(&mut self, id: MailId) -> Result<(), StoreError> {
        let now = self.moment();
        diesel::update(outbox_mail::table.find(key(id)))
            .set((
                outbox_mail::status.eq(DbMailStatus(MailStatus::Sent)),
                outbox_mail::lease_until.eq(None::<DbTime>),
                outbox_mail::error.eq(None::<String>),
                outbox_mail::updated_at.eq(now),
            ))
            .execute(self.conn()?)
            .await
            .map_err(failed)?;
        Ok(())
    }

    async fn mail_failed(
        &mut self,
        id: MailId,
        error: &str,
        next: Option<DateTime<Utc>>,
    ) -> Result<(), StoreError> {
        let now = self.now().await?;
        let status = if next.is_some() { MailStatus::Queued } else { MailStatus::Dead };
        // One that was cancelled meanwhile, or sent by somebody else, stays as it is.
        diesel::update(outbox_mail::table.find(key(id)))
            .filter(outbox_mail::status.eq(DbMailStatus(MailStatus::Queued)))
            .set((
                outbox_mail::status.eq(DbMailStatus(status)),
                outbox_mail::attempts.eq(outbox_mail::attempts + 1),
                outbox_mail::error.eq(Some(plain(error))),
                outbox_mail::next_attempt_at.eq(DbTime(next.unwrap_or(now))),
                outbox_mail::lease_until.eq(None::<DbTime>),
                outbox_mail::updated_at.eq(DbTime(now)),
            ))
            .execute(self.conn()?)
            .await
            .map_err(failed)?;
        Ok(())
    }

    async fn requeue_mail(&mut self, id: MailId) -> Result<bool, StoreError> {
        let now = self.now().await?;
        let changed = diesel::update(outbox_mail::table.find(key(id)))
            .filter(outbox_mail::status.eq_any(UNSENT))
            .set((
                outbox_mail::status.eq(DbMailStatus(MailStatus::Queued)),
                outbox_mail::attempts.eq(DbCount(0)),
                outbox_mail::next_attempt_at.eq(DbTime(now)),
                outbox_mail::updated_at.eq(DbTime(now)),
            ))
            .execute(self.conn()?)
            .await
            .map_err(failed)?;
        Ok(changed == 1)
    }

    async fn cancel_mails(&mut self, subjects: &[Uuid]) -> Result<(), StoreError> {
        let now = self.now().await?;
        for some in subjects.chunks(KEYS_A_QUERY) {
            diesel::update(outbox_mail::table)
                .filter(outbox_mail::subject.eq_any(some.iter().copied().map(DbUuid)))
                .filter(outbox_mail::status.eq_any(UNSENT))
                .set((
                    outbox_mail::status.eq(DbMailStatus(MailStatus::Cancelled)),
                    outbox_mail::lease_until.eq(None::<DbTime>),
                    outbox_mail::updated_at.eq(DbTime(now)),
                ))
                .execute(self.conn()?)
                .await
                .map_err(failed)?;
        }
        Ok(())
    }

    async fn mails_about(
        &mut self,
        subjects: &[Uuid],
    ) -> Result<Vec<(Uuid, MailId, MailStatus)>, StoreError> {
        let mut newest = Vec::new();
        let mut seen = HashSet::new();
        for some in subjects.chunks(KEYS_A_QUERY) {
            let rows: Vec<(DbUuid, DbUuid, DbMailStatus)> = outbox_mail::table
                .filter(outbox_mail::subject.eq_any(some.iter().copied().map(DbUuid)))
                .order((outbox_mail::created_at.desc(), outbox_mail::id.desc()))
                .select((outbox_mail::subject, outbox_mail::id, outbox_mail::status))
                .load(self.conn()?)
                .await
                .map_err(failed)?;
            for (subject, id, status) in rows {
                if seen.insert(subject.0) {
                    newest.push((subject.0, id.into(), status.0));
                }
            }
        }
        Ok(newest)
    }

    async fn newest_mail_at(&mut self, subject: Uuid) -> Result<Option<DateTime<Utc>>, StoreError> {
        let newest: Option<DbTime> = outbox_mail::table
            .filter(outbox_mail::subject.eq(DbUuid(subject)))
            .order(outbox_mail::created_at.desc())
            .select(outbox_mail::created_at)
            .first(self.conn()?)
            .await
            .optional()
            .map_err(failed)?;
        Ok(newest.map(|at| at.0))
    }

    async fn mail(&mut self, id: MailId) -> Result<Option<MailSummary>, StoreError> {
        let row: Option<MailRow> = outbox_mail::table
            .find(key(id))
            .select(MailRow::as_select())
            .first(self.conn()?)
            .await
            .optional()
            .map_err(failed)?;
        row.map(MailRow::summary).transpose()
    }

    async fn list_mails(
        &mut self,
        status: Option<MailStatus>,
        page: Page,
    ) -> Result<Listed<MailSummary>, StoreError> {
        let matching = || {
            let all = outbox_mail::table.into_boxed::<Backend>();
            match status {
                Some(status) => all.filter(outbox_mail::status.eq(DbMailStatus(status))),
                None => all,
            }
        };
        let query = paged!(matching(), Some(page))
            .order((outbox_mail::created_at.desc(), outbox_mail::id))
            .select(MailRow::as_select());
        let (rows, total): (Vec<MailRow>, u64) =
            with_total!(self, Some(page), query, counted!(self, matching()));
        let items = rows.into_iter().map(MailRow::summary).collect::<Result<Vec<_>, _>>()?;
        Ok(Listed { items, total })
    }
}
