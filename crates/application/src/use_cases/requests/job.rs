use super::Turn;
use crate::app::App;
use crate::engine::start;
use crate::ports::StoreError;
use crate::ports::store::{Request, Work};
use crate::use_cases::seats::{AssignResult, DropResult, ItemStatus, assign_results, drop_results};
use course_seats_domain::ids::{CourseId, RequestId};
use std::sync::Arc;

/// An assign or a drop, and how far it is.
#[derive(Debug, Clone)]
pub struct Job {
    /// Its id.
    pub id: RequestId,
    /// What has become of each student or seat by now.
    pub results: JobResults,
}

/// What has become of each item, in the order of the request.
#[derive(Debug, Clone)]
pub enum JobResults {
    /// The students of an assign.
    Assign(Vec<AssignResult>),
    /// The seats of a drop.
    Drop(Vec<DropResult>),
}

impl Job {
    /// How many items are like this.
    #[must_use]
    pub fn count(&self, status: ItemStatus) -> usize {
        match &self.results {
            JobResults::Assign(all) => all.iter().filter(|one| one.status == status).count(),
            JobResults::Drop(all) => all.iter().filter(|one| one.status == status).count(),
        }
    }
}

/// Why a job is not shown. The texts are the API's messages.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// There is none in this course, or it is too old.
    #[error("Job {0} not found")]
    NotFound(RequestId),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Sets an assign or a drop going, unless a call before has: its sagas run in tasks of their own.
/// Returns what it is asked for by.
pub(crate) fn begin_job(app: &Arc<App>, turn: Turn<Request>) -> RequestId {
    match turn {
        Turn::First(request) => {
            drop(start(app, request.work.sagas()));
            request.id
        }
        Turn::Again(request) => request.id,
    }
}

/// Looks at a job of a course.
///
/// # Errors
/// [`JobError`].
pub async fn get_job(app: &App, course: CourseId, id: RequestId) -> Result<Job, JobError> {
    let found = app.read().await?.request(id).await?;
    let request = found
        .filter(|request| request.course == Some(course) && app.now() < request.keep_until)
        .ok_or(JobError::NotFound(id))?;
    let results = match &request.work {
        Work::Assign { grant, students } => {
            JobResults::Assign(assign_results(app, *grant, students).await?)
        }
        Work::Drop { seats } => JobResults::Drop(drop_results(app, seats).await?),
        _ => return Err(JobError::NotFound(id)),
    };
    Ok(Job { id, results })
}
