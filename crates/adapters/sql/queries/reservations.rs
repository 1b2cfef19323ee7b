use super::KEYS_A_QUERY;
use crate::columns::{DbTime, DbUuid, key};
use crate::db::{Tx, insert_reservations};
use crate::errors::failed;
use crate::schema::reservation;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use course_seats_application::ports::store::{Reservation, Reservations, StoreError};
use course_seats_domain::ids::SagaId;
use diesel::prelude::{Insertable, OptionalExtension};
use diesel::query_dsl::methods::FilterDsl;
use diesel::upsert::excluded;
use diesel::{BoolExpressionMethods, ExpressionMethods, QueryDsl};
use diesel_async::RunQueryDsl;
use std::collections::{BTreeMap, HashSet};

#[derive(Insertable)]
#[diesel(table_name = reservation)]
#[diesel(treat_none_as_default_value = false)]
struct ReservationRow {
    kind: &'static str,
    scope: String,
    key: String,
    saga_id: DbUuid,
    until: Option<DbTime>,
}

impl ReservationRow {
    fn new(saga: SagaId, what: &Reservation, until: Option<DateTime<Utc>>) -> Self {
        Self {
            kind: what.kind(),
            scope: what.scope(),
            key: what.key(),
            saga_id: key(saga),
            until: until.map(DbTime),
        }
    }
}

/// The row of one reservation.
macro_rules! row_of {
    ($what:expr) => {
        QueryDsl::find(reservation::table, ($what.kind(), $what.scope(), $what.key()))
    };
}

#[async_trait]
impl Reservations for Tx {
    async fn reserve(
        &mut self,
        saga: SagaId,
        what: &Reservation,
        until: Option<DateTime<Utc>>,
    ) -> Result<bool, StoreError> {
        let now = self.now().await?;
        let ours = reservation::saga_id.eq(key(saga));
        let over = reservation::until.le(DbTime(now));
        let written = diesel::insert_into(reservation::table)
            .values(ReservationRow::new(saga, what, until))
            .on_conflict((reservation::kind, reservation::scope, reservation::key))
            .do_update()
            .set((
                reservation::saga_id.eq(excluded(reservation::saga_id)),
                reservation::until.eq(excluded(reservation::until)),
            ))
            .filter(ours.or(over))
            .execute(self.conn()?)
            .await
            .map_err(failed)?;
        Ok(written == 1)
    }

    async fn reserve_all(&mut self, these: &[(SagaId, Reservation)]) -> Result<(), StoreError> {
        // In one order: two that want the same ones wait for each other, never crosswise.
        let mut these: Vec<_> = these.iter().collect();
        these.sort_by_key(|(_, what)| what);
        if these.windows(2).any(|pair| matches!(pair, [(_, one), (_, other)] if one == other)) {
            return Err(StoreError::Conflict("reservation".into()));
        }
        let rows: Vec<ReservationRow> =
            these.into_iter().map(|(saga, what)| ReservationRow::new(*saga, what, None)).collect();
        insert_reservations!(self, rows)
    }

    async fn taken(&mut self, these: &[Reservation]) -> Result<Vec<Reservation>, StoreError> {
        let now = self.now().await?;
        let mut groups: BTreeMap<(&'static str, String), Vec<String>> = BTreeMap::new();
        for what in these {
            groups.entry((what.kind(), what.scope())).or_default().push(what.key());
        }
        let mut taken = HashSet::new();
        for ((kind, scope), keys) in groups {
            for some in keys.chunks(KEYS_A_QUERY) {
                let query = QueryDsl::filter(
                    reservation::table,
                    reservation::kind
                        .eq(kind)
                        .and(reservation::scope.eq(&scope))
                        .and(reservation::key.eq_any(some)),
                );
                let rows: Vec<(String, Option<DbTime>)> =
                    QueryDsl::select(query, (reservation::key, reservation::until))
                        .load(self.conn()?)
                        .await
                        .map_err(failed)?;
                let holding = rows.into_iter().filter(|(_, until)| holds(until.as_ref(), now));
                taken.extend(holding.map(|(key, _)| (kind, scope.clone(), key)));
            }
        }
        let is_taken =
            |what: &&Reservation| taken.contains(&(what.kind(), what.scope(), what.key()));
        Ok(these.iter().filter(is_taken).cloned().collect())
    }

    async fn taken_until(
        &mut self,
        what: &Reservation,
    ) -> Result<Option<Option<DateTime<Utc>>>, StoreError> {
        let now = self.now().await?;
        let until: Option<Option<DbTime>> = QueryDsl::select(row_of!(what), reservation::until)
            .first(self.conn()?)
            .await
            .optional()
            .map_err(failed)?;
        Ok(until.filter(|until| holds(until.as_ref(), now)).map(|until| until.map(|at| at.0)))
    }

    async fn unreserve(&mut self, saga: SagaId, what: &Reservation) -> Result<(), StoreError> {
        let held = QueryDsl::filter(row_of!(what), reservation::saga_id.eq(key(saga)));
        diesel::delete(held).execute(self.conn()?).await.map_err(failed)?;
        Ok(())
    }
}

/// Whether a reservation's time is not over.
fn holds(until: Option<&DbTime>, now: DateTime<Utc>) -> bool {
    until.is_none_or(|until| now < until.0)
}
