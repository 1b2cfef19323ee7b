use super::tables::{DailyRow, put};
use super::tx::MemoryTx;
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use course_seats_application::ports::store::{DailyRuns, StoreError};

#[async_trait]
impl DailyRuns for MemoryTx {
    async fn take_run(
        &mut self,
        job: &str,
        due: DateTime<Utc>,
        lease: TimeDelta,
    ) -> Result<bool, StoreError> {
        self.statement().await?;
        let now = self.now();
        let mut row =
            self.tables.daily_runs.get(job).map(|row| DailyRow::clone(row)).unwrap_or_default();
        let done = row.done_until.is_some_and(|until| due <= until);
        let held = row.lease_until.is_some_and(|until| now < until);
        if done || held {
            return Ok(false);
        }
        row.lease_until = Some(now + lease);
        put(&mut self.tables.daily_runs, job.to_owned(), row);
        Ok(true)
    }

    async fn run_done(&mut self, job: &str, due: DateTime<Utc>) -> Result<(), StoreError> {
        self.statement().await?;
        let row =
            self.tables.daily_runs.get(job).map(|row| DailyRow::clone(row)).unwrap_or_default();
        if row.done_until.is_none_or(|until| until < due) {
            let row = DailyRow { done_until: Some(due), lease_until: None };
            put(&mut self.tables.daily_runs, job.to_owned(), row);
        }
        Ok(())
    }
}
