//! Jobs: assigns and drops that are not waited for.

use super::problems::{Missing, Problems};
use crate::http::call::Call;
use crate::http::error::Answer;
use crate::http::headers::preference_applied;
use crate::http::views::{JobAccepted, JobOut, ok};
use actix_web::http::header::LOCATION;
use actix_web::{HttpResponse, get};
use course_seats_application::use_cases::requests::get_job;
use course_seats_domain::ids::{CourseId, RequestId};

/// 202, with where the progress is told.
pub fn accepted(call: &Call, course: CourseId, job: RequestId) -> Answer {
    let base_path = &call.state().base_path;
    let status_url = format!("{base_path}/seats/courses/{course}/jobs/{job}");
    Ok(HttpResponse::Accepted()
        .insert_header((LOCATION, status_url.as_str()))
        .insert_header(preference_applied())
        .json(JobAccepted { id: job.uuid(), status_url }))
}

/// Show how far an assign or a drop is
///
/// What has become of each student or seat by now. Every assign and drop is a job, also one that
/// was waited for; it is kept for 30 days.
#[utoipa::path(
    tag = "seats",
    operation_id = "get_job",
    params(
        ("course_id" = Uuid, Path, description = "The course"),
        ("job_id" = Uuid, Path, description = "The job"),
    ),
    responses((status = 200, description = "How far it is", body = JobOut), Problems, Missing),
)]
#[get("/seats/courses/{course_id}/jobs/{job_id}")]
pub async fn show(call: Call) -> Answer {
    let (_, course, id): (_, _, RequestId) = call.course_admin_of("job_id").await?;
    let job = call.run(move |app| async move { get_job(&app, course, id).await }).await??;
    ok(JobOut::from(job))
}
