use super::{GOES_ON, ItemStatus};
use crate::app::{App, finish};
use crate::engine::{Decisions, decided, drop_verdict, start};
use crate::ports::store::{DropItem, Found, Request, Reservation, Work};
use crate::ports::{StoreError, Tx};
use crate::use_cases::new_saga;
use crate::use_cases::one_object::NotMade;
use crate::use_cases::requests::{Asked, RepeatError, Turn, begin_job, once, over_or_due, record};
use course_seats_domain::ids::{CourseId, EnrolmentId, RequestId, SagaId, SeatId};
use course_seats_domain::plans::{CourseSaga, CourseStep, DropSeat, SagaKind, Subject};
use course_seats_domain::saga::Status;
use course_seats_domain::seat::{Seat, SeatFate};
use course_seats_domain::values::Credits;
use serde_json::json;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// What became of one seat of a request.
#[derive(Debug, Clone)]
pub struct DropResult {
    /// The seat, as asked.
    pub seat: SeatId,
    /// What became of it.
    pub status: ItemStatus,
    /// Why not, or not yet.
    pub error: Option<String>,
    /// Whether the seat came back, once done.
    pub recovered: Option<bool>,
    /// What the student had spent, once done.
    pub spent: Option<Credits>,
}

/// Why nothing was dropped at all. The texts are the API's messages.
#[derive(Debug, thiserror::Error)]
pub enum DropError {
    /// There is no such course.
    #[error("Course {0} not found")]
    CourseNotFound(CourseId),
    /// Nothing was started.
    #[error(transparent)]
    NotStarted(#[from] NotMade),
    /// A repeat that is not answered.
    #[error(transparent)]
    Repeat(#[from] RepeatError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Drops the students of these seats. `seats` has no duplicates. Each is dropped or not alone.
///
/// # Errors
/// [`DropError`]; then nothing was started.
pub async fn drop_seats(
    app: &Arc<App>,
    asked: impl Into<Asked>,
    course: CourseId,
    seats: Vec<SeatId>,
) -> Result<Vec<DropResult>, DropError> {
    let asked = asked.into();
    let deadline = app.ports.clock.monotonic() + app.settings.answer_deadline;
    let request = match once(app, &asked, begin(app, &asked, course, &seats)).await? {
        Turn::First(request) => {
            let sagas = request.work.sagas();
            let driven = start(app, sagas.clone());
            decided(app, &sagas, driven, deadline).await?;
            request
        }
        Turn::Again(request) => {
            over_or_due::<DropError>(app, &request).await?;
            *request
        }
    };
    match &request.work {
        Work::Drop { seats } => Ok(drop_results(app, seats).await?),
        other => Err(other.misplaced("a drop").into()),
    }
}

/// The same, without waiting for what becomes of them: the job tells.
///
/// # Errors
/// [`DropError`]; then nothing was started.
pub async fn begin_drop(
    app: &Arc<App>,
    asked: impl Into<Asked>,
    course: CourseId,
    seats: Vec<SeatId>,
) -> Result<RequestId, DropError> {
    let asked = asked.into();
    Ok(begin_job(app, once(app, &asked, begin(app, &asked, course, &seats)).await?))
}

/// Writes the sagas and the request down.
async fn begin(
    app: &App,
    asked: &Asked,
    course: CourseId,
    seats: &[SeatId],
) -> Result<Request, DropError> {
    if app.is_shutting_down() {
        return Err(NotMade::ShuttingDown.into());
    }
    let mut tx = app.begin().await?;
    let result = begin_drops(app, &mut *tx, asked, course, seats).await;
    finish(tx, result).await
}

async fn begin_drops(
    app: &App,
    tx: &mut dyn Tx,
    asked: &Asked,
    id: CourseId,
    seats: &[SeatId],
) -> Result<Request, DropError> {
    let course = tx.lock_course(id).await?.ok_or(DropError::CourseNotFound(id))?;
    let request: RequestId = app.new_id();
    let found = tx.seats_by_id(seats).await?.into_iter().filter(|seat| seat.course == course.id);
    let found: HashMap<SeatId, Seat> = found.map(|seat| (seat.id, seat)).collect();
    let held = seats.iter().filter_map(|id| found.get(id)).filter_map(|seat| seat.enrolment);
    let enrolments: Vec<EnrolmentId> = held.collect();
    let enrolments: HashMap<_, _> = tx
        .enrolments_by_id(&enrolments)
        .await?
        .into_iter()
        .map(|enrolment| (enrolment.id, enrolment))
        .collect();
    let mut drops = Vec::new();
    let mut looked_up = Vec::with_capacity(seats.len());
    for id in seats {
        let seat = found.get(id);
        let enrolment =
            seat.and_then(|seat| seat.enrolment).and_then(|enrolment| enrolments.get(&enrolment));
        looked_up.push(match (seat, enrolment) {
            (None, _) => Err("Seat not found in this course"),
            (Some(_), None) => Err("Seat has no enrolment"),
            (Some(_), Some(enrolment)) if enrolment.dropped => Err("Enrolment is already dropped"),
            (Some(_), Some(enrolment)) => {
                drops.push(DropSeat {
                    course: course.id,
                    lab: course.lab,
                    seat: Some(*id),
                    enrolment: enrolment.id,
                    project: enrolment.project,
                });
                Ok(enrolment.id)
            }
        });
    }
    let opened = open_drops(app, tx, drops, Some(request)).await?;
    let begun = |enrolment| opened.get(&enrolment).ok_or("Enrolment is being dropped already");
    let items = seats.iter().zip(looked_up).map(|(seat, looked_up)| DropItem {
        seat: *seat,
        found: match looked_up.and_then(begun) {
            Ok(saga) => Found::Begun(*saga),
            Err(why) => Found::Refused(why.into()),
        },
    });
    let items = items.collect();
    let detail = json!({ "request": request, "seats": seats });
    tx.audit(&app.audit(&asked.subject, "drop_seats", id, detail)).await?;
    Ok(record(app, tx, asked, request, Some(id), Work::Drop { seats: items }).await?)
}

/// Writes the sagas that drop these enrolments of one course, whose row is locked. One of which a drop
/// is open already is not in the answer.
pub(crate) async fn open_drops(
    app: &App,
    tx: &mut dyn Tx,
    drops: Vec<DropSeat>,
    request: Option<RequestId>,
) -> Result<HashMap<EnrolmentId, SagaId>, StoreError> {
    let wanted: Vec<Reservation> =
        drops.iter().map(|drop| Reservation::Drop(drop.enrolment)).collect();
    let taken: HashSet<Reservation> = tx.taken(&wanted).await?.into_iter().collect();
    let free = drops.into_iter().filter(|drop| !taken.contains(&Reservation::Drop(drop.enrolment)));
    let opened: Vec<(SagaId, DropSeat)> = free.map(|drop| (app.new_id(), drop)).collect();
    let reserved: Vec<(SagaId, Reservation)> =
        opened.iter().map(|(saga, drop)| (*saga, Reservation::Drop(drop.enrolment))).collect();
    tx.reserve_all(&reserved).await?;
    let sagas = opened.iter().map(|(saga, drop)| {
        let subject = Subject::Enrolment(drop.enrolment);
        new_saga(*saga, SagaKind::DropSeat, subject, Some(drop.course), request, drop.plan())
    });
    tx.open_all(sagas.collect()).await?;
    Ok(opened.into_iter().map(|(saga, drop)| (drop.enrolment, saga)).collect())
}

/// What has become of each seat by now.
pub(crate) async fn drop_results(
    app: &App,
    seats: &[DropItem],
) -> Result<Vec<DropResult>, StoreError> {
    let sagas: Vec<SagaId> = seats.iter().filter_map(|item| item.found.begun().copied()).collect();
    let mut tx = app.read().await?;
    let decisions: Decisions = tx.statuses(&sagas).await?.into_iter().collect();
    let begun = seats.iter().filter(|item| item.found.begun().is_some());
    let begun: Vec<SeatId> = begun.map(|item| item.seat).collect();
    let now: HashMap<SeatId, Seat> =
        tx.seats_by_id(&begun).await?.into_iter().map(|seat| (seat.id, seat)).collect();
    let running = |saga: &SagaId| decisions.get(saga) == Some(&Status::Running);
    let decided: Vec<SagaId> = sagas.iter().copied().filter(|saga| !running(saga)).collect();
    let notebooks: HashMap<SagaId, CourseSaga> =
        tx.notebooks(&decided).await?.into_iter().collect();
    let result = |item: &DropItem| match &item.found {
        Found::Refused(why) => not_dropped(item.seat, ItemStatus::Failed, why),
        Found::Begun(saga) if running(saga) => not_dropped(item.seat, ItemStatus::Pending, GOES_ON),
        Found::Begun(saga) => answer(item.seat, notebooks.get(saga), now.get(&item.seat)),
    };
    Ok(seats.iter().map(result).collect())
}

/// `now`: the seat as it is, if it still is there.
fn answer(seat: SeatId, saga: Option<&CourseSaga>, now: Option<&Seat>) -> DropResult {
    let Some(saga) = saga else {
        return not_dropped(seat, ItemStatus::Failed, "The drop is not in the ledger");
    };
    match saga.status {
        Status::Completed => {
            let verdict = drop_verdict(saga);
            // The seat tells, whoever has decided about it; somebody else may sit on it by now.
            let recovered = match (now, dropped(saga)) {
                (Some(now), Some(dropped)) => {
                    Some(now.enrolment.map_or(!now.consumed, |holder| holder != dropped))
                }
                _ => verdict.map(|(fate, _)| fate == SeatFate::Recovered),
            };
            let spent = verdict.map(|(_, spent)| spent);
            DropResult { seat, status: ItemStatus::Done, error: None, recovered, spent }
        }
        // Refused before the mark: the reason is one of the texts that the portal knows.
        Status::Undone | Status::Undoing => {
            let why = saga.reason.as_deref().unwrap_or("The student was not dropped");
            not_dropped(seat, ItemStatus::Failed, why)
        }
        Status::Running => not_dropped(seat, ItemStatus::Pending, GOES_ON),
    }
}

/// Whom the saga has dropped.
fn dropped(saga: &CourseSaga) -> Option<EnrolmentId> {
    match saga.plan.steps.last().map(|planned| &planned.step) {
        Some(CourseStep::SettleDrop(drop)) => Some(drop.enrolment),
        _ => None,
    }
}

fn not_dropped(seat: SeatId, status: ItemStatus, why: &str) -> DropResult {
    DropResult { seat, status, error: Some(why.to_owned()), recovered: None, spent: None }
}
