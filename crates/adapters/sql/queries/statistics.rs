use super::saga_rows::corrupt;
use super::sagas::OPEN;
use super::total;
use crate::columns::{DbMailStatus, DbStatus, DbTime};
use crate::db::Tx;
use crate::errors::failed;
use crate::functions::event_word;
use crate::schema::{drift_finding, given_up_account, outbox_mail, saga, saga_event};
use async_trait::async_trait;
use course_seats_application::ports::store::{Counted, MailStatus, Statistics, StoreError};
use course_seats_domain::saga::Status;
use diesel::dsl::{count_star, exists, min};
use diesel::{ExpressionMethods, QueryDsl};
use diesel_async::RunQueryDsl;

/// The words of the events that say so.
const UNDO_FAILED: [&str; 2] = ["undo_tried", "undo_unknown"];

#[async_trait]
impl Counted for Tx {
    async fn statistics(&mut self) -> Result<Statistics, StoreError> {
        let sagas: Vec<(String, DbStatus, i64)> = saga::table
            .group_by((saga::kind, saga::status))
            .select((saga::kind, saga::status, count_star()))
            .load(self.conn()?)
            .await
            .map_err(failed)?;
        let mails: Vec<(DbMailStatus, i64)> = outbox_mail::table
            .group_by(outbox_mail::status)
            .select((outbox_mail::status, count_star()))
            .load(self.conn()?)
            .await
            .map_err(failed)?;
        let needing_attention: i64 = saga::table
            .filter(saga::needs_attention.eq(true))
            .select(count_star())
            .first(self.conn()?)
            .await
            .map_err(failed)?;
        let failing_undos: i64 = saga::table
            .filter(saga::status.eq(DbStatus(Status::Undoing)))
            .filter(exists(
                saga_event::table
                    .filter(saga_event::saga_id.eq(saga::id))
                    .filter(event_word().eq_any(UNDO_FAILED)),
            ))
            .select(count_star())
            .first(self.conn()?)
            .await
            .map_err(failed)?;
        let given_up: i64 = given_up_account::table
            .select(count_star())
            .first(self.conn()?)
            .await
            .map_err(failed)?;
        let oldest_open: Option<DbTime> = saga::table
            .filter(saga::status.eq_any(OPEN))
            .select(min(saga::created_at))
            .first(self.conn()?)
            .await
            .map_err(failed)?;
        let oldest_queued: Option<DbTime> = outbox_mail::table
            .filter(outbox_mail::status.eq(DbMailStatus(MailStatus::Queued)))
            .select(min(outbox_mail::created_at))
            .first(self.conn()?)
            .await
            .map_err(failed)?;
        let drift: Vec<(String, i64)> = drift_finding::table
            .group_by(drift_finding::kind)
            .select((drift_finding::kind, count_star()))
            .load(self.conn()?)
            .await
            .map_err(failed)?;
        let of_a_kind = |(kind, status, count): (String, DbStatus, i64)| {
            let kind = kind.parse().map_err(|()| corrupt("a saga's kind"))?;
            Ok((kind, status.0, total(count)?))
        };
        Ok(Statistics {
            sagas: sagas.into_iter().map(of_a_kind).collect::<Result<_, StoreError>>()?,
            needing_attention: total(needing_attention)?,
            failing_undos: total(failing_undos)?,
            oldest_open_saga: oldest_open.map(|at| at.0),
            given_up_accounts: total(given_up)?,
            mails: mails
                .into_iter()
                .map(|(status, count)| Ok((status.0, total(count)?)))
                .collect::<Result<_, StoreError>>()?,
            oldest_queued_mail: oldest_queued.map(|at| at.0),
            drift: drift
                .into_iter()
                .map(|(kind, count)| Ok((kind, total(count)?)))
                .collect::<Result<_, StoreError>>()?,
        })
    }
}
