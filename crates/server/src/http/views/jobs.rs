use super::{AssignResultOut, DropResultOut};
use course_seats_application::use_cases::requests::{Job, JobResults};
use course_seats_application::use_cases::seats::ItemStatus;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// A job that was begun.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct JobAccepted {
    /// Its id.
    pub id: Uuid,
    /// Where its progress is told; the same as `Location`.
    pub status_url: String,
}

/// A job and its progress.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct JobOut {
    /// Its id.
    pub id: Uuid,
    /// `assign` or `drop`.
    pub kind: &'static str,
    /// `running` as long as anything is pending, then `done`.
    pub status: &'static str,
    /// How many students or seats there are.
    pub total: usize,
    /// How many are done.
    pub done: usize,
    /// How many have failed.
    pub failed: usize,
    /// How many are not decided yet.
    pub pending: usize,
    /// One for each student or seat, in the order of the request, as in the answer of the call.
    pub results: JobResultsOut,
}

/// The results of an assign or of a drop.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(untagged)]
pub enum JobResultsOut {
    /// Of an assign.
    Assign(Vec<AssignResultOut>),
    /// Of a drop.
    Drop(Vec<DropResultOut>),
}

impl From<Job> for JobOut {
    fn from(job: Job) -> Self {
        let [done, failed, pending] =
            [ItemStatus::Done, ItemStatus::Failed, ItemStatus::Pending].map(|one| job.count(one));
        let (kind, results) = match job.results {
            JobResults::Assign(all) => {
                ("assign", JobResultsOut::Assign(all.into_iter().map(Into::into).collect()))
            }
            JobResults::Drop(all) => {
                ("drop", JobResultsOut::Drop(all.into_iter().map(Into::into).collect()))
            }
        };
        Self {
            id: job.id.uuid(),
            kind,
            status: if pending == 0 { "done" } else { "running" },
            total: done + failed + pending,
            done,
            failed,
            pending,
            results,
        }
    }
}
