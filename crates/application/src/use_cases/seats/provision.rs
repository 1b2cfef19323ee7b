use crate::app::{App, finish};
use crate::ports::{StoreError, Tx};
use course_seats_domain::course::CourseStatus;
use course_seats_domain::ids::{BatchId, CourseId};
use course_seats_domain::seat::Seat;
use course_seats_domain::values::SeatCount;
use serde_json::json;

/// Why no seats were provisioned. The texts are the API's messages.
#[derive(Debug, thiserror::Error)]
pub enum ProvisionError {
    /// There is no such course.
    #[error("Course {0} not found. Cannot provision seats without a valid course.")]
    CourseNotFound(CourseId),
    /// It is not active.
    #[error(
        "Course {course} is in '{status}' status. Seats can only be provisioned for active courses."
    )]
    CourseNotActive {
        /// The course.
        course: CourseId,
        /// What it is.
        status: CourseStatus,
    },
    /// It is being closed, or was.
    #[error("Course {0} is being closed. Seats can only be provisioned for active courses.")]
    CourseClosing(CourseId),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Provisions a batch of seats for an active course.
///
/// # Errors
/// [`ProvisionError`].
pub async fn provision_seats(
    app: &App,
    actor: &str,
    course: CourseId,
    count: SeatCount,
) -> Result<Vec<Seat>, ProvisionError> {
    let mut tx = app.begin().await?;
    let result = provision(app, &mut *tx, actor, course, count).await;
    finish(tx, result).await
}

async fn provision(
    app: &App,
    tx: &mut dyn Tx,
    actor: &str,
    id: CourseId,
    count: SeatCount,
) -> Result<Vec<Seat>, ProvisionError> {
    let course = tx.lock_course(id).await?.ok_or(ProvisionError::CourseNotFound(id))?;
    if course.status != CourseStatus::Active {
        return Err(ProvisionError::CourseNotActive { course: id, status: course.status });
    }
    if course.closing.is_some() {
        return Err(ProvisionError::CourseClosing(id));
    }
    let now = app.now();
    let batch: BatchId = app.new_id();
    let mut seats: Vec<Seat> = (0..count.get())
        .map(|_| Seat {
            id: app.new_id(),
            course: id,
            institution: course.institution,
            batch,
            credit_value: course.credits_per_seat,
            expiry: now + app.settings.seat_expiry,
            consumed: false,
            previously_dropped: false,
            enrolment: None,
            created_at: now,
        })
        .collect();
    seats.sort_by_key(Seat::order);
    tx.insert_seats(&seats).await?;
    let detail = json!({ "batch": batch, "seats": count.get() });
    tx.audit(&app.audit(actor, "provision_seats", id, detail)).await?;
    Ok(seats)
}
