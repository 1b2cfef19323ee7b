use super::provision::as_they_are;
use crate::app::{App, finish};
use crate::ports::store::Work;
use crate::ports::{StoreError, Tx};
use crate::use_cases::requests::{Asked, RepeatError, Turn, once, record};
use course_seats_domain::ids::{CourseId, SeatId};
use course_seats_domain::seat::{
    Seat, TransferAmount, TransferRefusal, check_transfer, pick_for_transfer,
};
use serde_json::json;

/// Why no seats were transferred. The texts are the API's messages.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    /// A course does not exist.
    #[error("One or both courses were not found")]
    CourseNotFound,
    /// The rules refuse.
    #[error(transparent)]
    Refused(#[from] TransferRefusal),
    /// A repeat that is not answered.
    #[error(transparent)]
    Repeat(#[from] RepeatError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Moves available seats from one course to another of the same institution. A repeat gives those
/// seats as they are now.
///
/// # Errors
/// [`TransferError`]; then no seat has moved.
pub async fn transfer_seats(
    app: &App,
    asked: impl Into<Asked>,
    source: CourseId,
    target: CourseId,
    amount: TransferAmount,
) -> Result<Vec<Seat>, TransferError> {
    let asked = asked.into();
    let first = async {
        let mut tx = app.begin().await?;
        let result = transfer(app, &mut *tx, &asked, source, target, amount).await;
        match finish(tx, result).await {
            // The other service took one of the seats between our look and our write.
            Err(TransferError::Store(StoreError::Conflict(why))) => {
                Err(StoreError::Unavailable(why).into())
            }
            result => result,
        }
    };
    match once(app, &asked, first).await? {
        Turn::First(seats) => Ok(seats),
        Turn::Again(request) => Ok(as_they_are(app, &request.work).await?),
    }
}

async fn transfer(
    app: &App,
    tx: &mut dyn Tx,
    asked: &Asked,
    source: CourseId,
    target: CourseId,
    amount: TransferAmount,
) -> Result<Vec<Seat>, TransferError> {
    // Two courses are locked in the order of their ids (design §4.13).
    let (first, second) = (source.min(target), source.max(target));
    let locked = [tx.lock_course(first).await?, tx.lock_course(second).await?];
    let find = |id| locked.iter().flatten().find(|course| course.id == id);
    let (Some(from), Some(to)) = (find(source), find(target)) else {
        return Err(TransferError::CourseNotFound);
    };
    let now = app.now();
    check_transfer(from, to, now)?;
    let available = tx.available_seats(source, now, None).await?;
    let mut seats = pick_for_transfer(available, to, amount)?;
    let ids: Vec<SeatId> = seats.iter().map(|seat| seat.id).collect();
    tx.move_seats(&ids, target).await?;
    for seat in &mut seats {
        seat.course = target;
    }
    let detail = json!({ "from": source, "seats": ids });
    tx.audit(&app.audit(&asked.subject, "transfer_seats", target, detail)).await?;
    record(app, tx, asked, app.new_id(), Some(target), Work::Transfer { seats: ids }).await?;
    Ok(seats)
}
