use super::StoreError;
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};

/// The rows that let one replica do for all what is due at a time: the daily expiry, and the hourly
/// look for drift.
#[async_trait]
pub trait DailyRuns: Send {
    /// Takes the run of `job` that was due at `due`, for `lease`. Returns whether it is ours: not
    /// if it was done, or another replica has it.
    async fn take_run(
        &mut self,
        job: &str,
        due: DateTime<Utc>,
        lease: TimeDelta,
    ) -> Result<bool, StoreError>;

    /// Marks the run that was due at `due` as done.
    async fn run_done(&mut self, job: &str, due: DateTime<Utc>) -> Result<(), StoreError>;
}
