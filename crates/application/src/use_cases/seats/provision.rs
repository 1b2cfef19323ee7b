use crate::app::{App, finish};
use crate::ports::store::Work;
use crate::ports::{StoreError, Tx};
use crate::use_cases::requests::{Asked, RepeatError, Turn, once, record};
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
    /// A repeat that is not answered.
    #[error(transparent)]
    Repeat(#[from] RepeatError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Provisions a batch of seats for an active course. A repeat gives those seats as they are now.
///
/// # Errors
/// [`ProvisionError`].
pub async fn provision_seats(
    app: &App,
    asked: impl Into<Asked>,
    course: CourseId,
    count: SeatCount,
) -> Result<Vec<Seat>, ProvisionError> {
    let asked = asked.into();
    let first = async {
        let mut tx = app.begin().await?;
        let result = provision(app, &mut *tx, &asked, course, count).await;
        finish(tx, result).await
    };
    match once(app, &asked, first).await? {
        Turn::First(seats) => Ok(seats),
        Turn::Again(request) => Ok(as_they_are(app, &request.work).await?),
    }
}

/// The seats that a request provisioned or moved, as they are now.
pub(super) async fn as_they_are(app: &App, work: &Work) -> Result<Vec<Seat>, StoreError> {
    let (Work::Provision { seats } | Work::Transfer { seats }) = work else {
        return Err(work.misplaced("a provision or transfer"));
    };
    let mut seats = app.read().await?.seats_by_id(seats).await?;
    seats.sort_by_key(Seat::order);
    Ok(seats)
}

async fn provision(
    app: &App,
    tx: &mut dyn Tx,
    asked: &Asked,
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
    tx.audit(&app.audit(&asked.subject, "provision_seats", id, detail)).await?;
    let work = Work::Provision { seats: seats.iter().map(|seat| seat.id).collect() };
    record(app, tx, asked, app.new_id(), Some(id), work).await?;
    Ok(seats)
}
