use crate::columns::DbTime;
use crate::db::Tx;
use crate::errors::failed;
use crate::schema::daily_run;
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use course_seats_application::ports::store::{DailyRuns, StoreError};
use diesel::query_dsl::methods::FilterDsl;
use diesel::upsert::excluded;
use diesel::{BoolExpressionMethods, ExpressionMethods};
use diesel_async::RunQueryDsl;

#[async_trait]
impl DailyRuns for Tx {
    async fn take_run(
        &mut self,
        job: &str,
        due: DateTime<Utc>,
        lease: TimeDelta,
    ) -> Result<bool, StoreError> {
        let now = self.now().await?;
        let not_done = daily_run::done_until.is_null().or(daily_run::done_until.lt(DbTime(due)));
        let nobody_has_it =
            daily_run::lease_until.is_null().or(daily_run::lease_until.le(DbTime(now)));
        let taken = diesel::insert_into(daily_run::table)
            .values((
                daily_run::job.eq(job),
                daily_run::lease_until.eq(Some(DbTime(now + lease))),
                daily_run::lease_due.eq(Some(DbTime(due))),
            ))
            .on_conflict(daily_run::job)
            .do_update()
            .set((
                daily_run::lease_until.eq(excluded(daily_run::lease_until)),
                daily_run::lease_due.eq(excluded(daily_run::lease_due)),
            ))
            .filter(not_done.and(nobody_has_it))
            .execute(self.conn()?)
            .await
            .map_err(failed)?;
        Ok(taken == 1)
    }

    async fn run_done(&mut self, job: &str, due: DateTime<Utc>) -> Result<(), StoreError> {
        let later = daily_run::done_until.is_null().or(daily_run::done_until.lt(DbTime(due)));
        diesel::insert_into(daily_run::table)
            .values((daily_run::job.eq(job), daily_run::done_until.eq(Some(DbTime(due)))))
            .on_conflict(daily_run::job)
            .do_update()
            .set((
                daily_run::done_until.eq(excluded(daily_run::done_until)),
                daily_run::lease_until.eq(None::<DbTime>),
            ))
            .filter(later)
            .execute(self.conn()?)
            .await
            .map_err(failed)?;
        Ok(())
    }
}
