use crate::app::{App, finish};
use crate::engine::{Decisions, decided, start, turn_to_undo};
use crate::ports::store::{ActivateItem, BegunActivation, Found, Request, Work};
use crate::ports::{StoreError, Tx};
use crate::use_cases::new_saga;
use crate::use_cases::one_object::NotMade;
use crate::use_cases::requests::{Asked, RepeatError, Turn, once, over_or_due, record};
use crate::use_cases::seats::ItemStatus;
use course_seats_domain::enrolment::check_activate;
use course_seats_domain::ids::{EnrolmentId, ProjectId, RequestId, SagaId, UserId};
use course_seats_domain::plans::{Activate, SagaKind, Subject};
use course_seats_domain::saga::Status;
use std::sync::Arc;

/// What became of one claimed enrolment.
#[derive(Debug, Clone)]
pub struct ActivateResult {
    /// The enrolment.
    pub enrolment: EnrolmentId,
    /// Its project, once the student is let in.
    pub project: Option<ProjectId>,
    /// Done or failed.
    pub status: ItemStatus,
    /// Why not.
    pub error: Option<String>,
}

/// Why nothing was activated at all.
#[derive(Debug, thiserror::Error)]
pub enum ActivateError {
    /// The caller's `sub` is no UUID: nothing can be claimed by it.
    #[error("This account cannot hold an enrolment")]
    NotAPerson,
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

/// The text that the portal knows for a failure outside.
const TRY_LATER: &str = "Failed to grant access — please try again later";

/// Lets the caller into all courses whose enrolments he has claimed. What is not decided when the
/// answer is due is turned to undo.
///
/// # Errors
/// [`ActivateError`].
pub async fn activate_enrolments(
    app: &Arc<App>,
    asked: impl Into<Asked>,
) -> Result<Vec<ActivateResult>, ActivateError> {
    let asked = asked.into();
    let deadline = app.ports.clock.monotonic() + app.settings.answer_deadline;
    let request = match once(app, &asked, begin(app, &asked)).await? {
        // Called at every login: most often there is nothing to do, and no write.
        Turn::First(None) => return Ok(Vec::new()),
        Turn::First(Some(request)) => {
            let sagas = request.work.sagas();
            let driven = start(app, sagas.clone());
            decided(app, &sagas, driven, deadline).await?;
            request
        }
        Turn::Again(request) => {
            over_or_due::<ActivateError>(app, &request).await?;
            *request
        }
    };
    let Work::ActivateEnrolments { enrolments } = &request.work else {
        return Err(request.work.misplaced("an activation").into());
    };
    let decisions: Decisions =
        app.glance().await?.statuses(&request.work.sagas()).await?.into_iter().collect();
    let mut results = Vec::with_capacity(enrolments.len());
    for item in enrolments {
        results.push(match &item.found {
            Found::Refused(why) => not_activated(item.enrolment, why.clone()),
            Found::Begun(BegunActivation { saga, activate }) => {
                let status = match decisions.get(saga) {
                    Some(Status::Running) | None => {
                        turn_to_undo(app, *saga, "the answer was due").await?
                    }
                    Some(status) => *status,
                };
                answer(app, *saga, activate, status).await?
            }
        });
    }
    Ok(results)
}

/// Writes the sagas and the request. `None`: there is nothing to do.
async fn begin(app: &App, asked: &Asked) -> Result<Option<Request>, ActivateError> {
    let user = asked.user.ok_or(ActivateError::NotAPerson)?;
    if app.is_shutting_down() {
        return Err(NotMade::ShuttingDown.into());
    }
    if app.glance().await?.claimed_by(user).await?.is_empty() {
        return Ok(None);
    }
    let mut tx = app.begin().await?;
    let result = begin_activations(app, &mut *tx, asked, user).await;
    Ok(Some(finish(tx, result).await?))
}

async fn begin_activations(
    app: &App,
    tx: &mut dyn Tx,
    asked: &Asked,
    user: UserId,
) -> Result<Request, StoreError> {
    let request: RequestId = app.new_id();
    let mut enrolments = Vec::new();
    for enrolment in tx.claimed_by(user).await? {
        let id = enrolment.id;
        let mut refuse = |why: String| {
            enrolments.push(ActivateItem { enrolment: id, found: Found::Refused(why) });
        };
        let (Some(course), Some(project)) =
            (tx.course(enrolment.course).await?, tx.project(enrolment.project).await?)
        else {
            refuse(TRY_LATER.into());
            continue;
        };
        if let Err(refusal) = check_activate(&enrolment, &course, app.now()) {
            refuse(refusal.to_string());
            continue;
        }
        let Some(lab) = tx.lab(course.lab).await? else {
            refuse(TRY_LATER.into());
            continue;
        };
        let activate = Activate {
            course: course.id,
            lab: course.lab,
            enrolment: id,
            project: project.id,
            user,
        };
        let saga: SagaId = app.new_id();
        let (kind, subject) = (SagaKind::Activate, Subject::Enrolment(id));
        let plan = activate.clone().plan(project.member_group, lab.member_group);
        tx.open(new_saga(saga, kind, subject, Some(course.id), Some(request), plan)).await?;
        let found = Found::Begun(BegunActivation { saga, activate });
        enrolments.push(ActivateItem { enrolment: id, found });
    }
    record(app, tx, asked, request, None, Work::ActivateEnrolments { enrolments }).await
}

async fn answer(
    app: &App,
    saga: SagaId,
    activate: &Activate,
    status: Status,
) -> Result<ActivateResult, StoreError> {
    if status == Status::Completed {
        return Ok(ActivateResult {
            enrolment: activate.enrolment,
            project: Some(activate.project),
            status: ItemStatus::Done,
            error: None,
        });
    }
    // The course may have been voided or the student dropped meanwhile: then that is why.
    let mut tx = app.read().await?;
    let course = tx.course(activate.course).await?;
    let enrolment = tx.enrolment(activate.enrolment).await?;
    let why = match (course, enrolment) {
        (Some(course), Some(enrolment)) => {
            check_activate(&enrolment, &course, app.now()).err().map(|why| why.to_string())
        }
        _ => None,
    };
    tracing::info!(%saga, status = status.as_str(), "an activation was not done");
    Ok(not_activated(activate.enrolment, why.unwrap_or_else(|| TRY_LATER.into())))
}

fn not_activated(enrolment: EnrolmentId, why: String) -> ActivateResult {
    ActivateResult { enrolment, project: None, status: ItemStatus::Failed, error: Some(why) }
}
