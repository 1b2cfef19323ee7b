use crate::app::App;
use crate::engine::{decided, start_some};
use crate::ports::StoreError;
use crate::use_cases::courses::close_course;
use course_seats_domain::course::Closing;
use course_seats_domain::ids::{CourseId, EnrolmentId, SagaId};
use course_seats_domain::saga::Status;
use std::sync::Arc;

/// How many courses are closed at once. Each drops as many students at once as a request does: when a
/// term is over, whoever signs in meanwhile must not wait behind all its courses.
const COURSES_AT_ONCE: usize = 2;

/// What one expiry run did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ExpirySummary {
    /// Courses that were to be closed.
    pub expired_courses_found: u64,
    /// Enrolments that were dropped.
    pub enrolments_dropped: u64,
    /// Enrolments that are not dropped yet; that goes on by itself.
    pub enrolments_failed: u64,
    /// Labs that were depleted.
    pub vlabs_depleted: u64,
}

/// Closes every course that is past its end or voided and not closed yet: drops all that remain,
/// then depletes the lab, once. What fails is tried again by itself.
///
/// # Errors
/// [`StoreError`] if the database does not answer.
pub async fn expire_courses(app: &Arc<App>, actor: &str) -> Result<ExpirySummary, StoreError> {
    let deadline = app.ports.clock.monotonic() + app.settings.answer_deadline;
    let found = app.read().await?.expired_courses(app.now()).await?;
    let mut summary = ExpirySummary {
        expired_courses_found: u64::try_from(found.len()).unwrap_or(u64::MAX),
        ..ExpirySummary::default()
    };
    let mut live: Vec<EnrolmentId> = Vec::new();
    let mut sagas: Vec<SagaId> = Vec::new();
    let mut not_begun = Ok(());
    for course in found {
        match begin(app, course.id).await {
            Ok((enrolments, saga)) => {
                live.extend(enrolments);
                sagas.extend(saga);
            }
            // The others are closed all the same; the run is not done.
            Err(error) => {
                tracing::warn!(course = %course.id, %error, "the course could not be closed");
                not_begun = not_begun.and(Err(error));
            }
        }
    }
    let driven = start_some(app, sagas.clone(), COURSES_AT_ONCE);
    let decisions = decided(app, &sagas, driven, deadline).await?;
    let done = |status: &&Status| **status == Status::Completed;
    summary.vlabs_depleted =
        u64::try_from(decisions.values().filter(done).count()).unwrap_or(u64::MAX);
    for enrolment in app.read().await?.enrolments_by_id(&live).await? {
        if enrolment.dropped {
            summary.enrolments_dropped += 1;
        } else {
            summary.enrolments_failed += 1;
        }
    }
    tracing::info!(
        actor,
        expired_courses_found = summary.expired_courses_found,
        enrolments_dropped = summary.enrolments_dropped,
        enrolments_failed = summary.enrolments_failed,
        vlabs_depleted = summary.vlabs_depleted,
        "courses were expired"
    );
    not_begun.map(|()| summary)
}

/// Marks a course as ended. Every enrolment of it that is not dropped, being dropped or not; and the
/// saga that closes it, if there is something to close.
async fn begin(
    app: &App,
    course: CourseId,
) -> Result<(Vec<EnrolmentId>, Option<SagaId>), StoreError> {
    let all = app.read().await?.list_enrolments(course, &Default::default(), None).await?;
    let enrolments = all.items.into_iter().map(|view| view.enrolment);
    let live = enrolments.filter(|enrolment| !enrolment.dropped).map(|enrolment| enrolment.id);
    Ok((live.collect(), close_course(app, course, Closing::Ended).await?))
}
