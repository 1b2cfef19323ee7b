use crate::app::{App, finish};
use crate::engine::{decided, start, turn_to_undo};
use crate::ports::{Caller, StoreError, Tx};
use crate::use_cases::one_object::NotMade;
use crate::use_cases::seats::ItemStatus;
use course_seats_domain::enrolment::check_activate;
use course_seats_domain::ids::{EnrolmentId, ProjectId, RequestId, SagaId, UserId};
use course_seats_domain::plans::{Activate, SagaKind, Subject};
use course_seats_domain::saga::{NewSaga, Status};
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
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The text that the portal knows for a failure outside.
const TRY_LATER: &str = "Failed to grant access — please try again later";

enum Item {
    Begun(SagaId, Activate),
    Refused(EnrolmentId, String),
}

/// Lets the caller into all courses whose enrolments he has claimed. What is not decided when the
/// answer is due is turned to undo.
///
/// # Errors
/// [`ActivateError`].
pub async fn activate_enrolments(
    app: &Arc<App>,
    caller: &Caller,
) -> Result<Vec<ActivateResult>, ActivateError> {
    let user = caller.user.ok_or(ActivateError::NotAPerson)?;
    if app.is_shutting_down() {
        return Err(NotMade::ShuttingDown.into());
    }
    // Called at every login: most often there is nothing to do, and no write.
    if app.read().await?.claimed_by(user).await?.is_empty() {
        return Ok(Vec::new());
    }
    let deadline = app.ports.clock.monotonic() + app.settings.answer_deadline;
    let mut tx = app.begin().await?;
    let result = begin_activations(app, &mut *tx, user).await;
    let items = finish(tx, result).await?;
    let sagas: Vec<SagaId> = items
        .iter()
        .filter_map(|item| match item {
            Item::Begun(saga, _) => Some(*saga),
            Item::Refused(..) => None,
        })
        .collect();
    let driven = start(app, sagas.clone());
    let decisions = decided(app, &sagas, driven, deadline).await?;
    let mut results = Vec::with_capacity(items.len());
    for item in items {
        results.push(match item {
            Item::Refused(enrolment, why) => not_activated(enrolment, why),
            Item::Begun(saga, activate) => {
                let status = match decisions.get(&saga) {
                    Some(Status::Running) | None => {
                        turn_to_undo(app, saga, "the answer was due").await?
                    }
                    Some(status) => *status,
                };
                answer(app, saga, &activate, status).await?
            }
        });
    }
    Ok(results)
}

async fn begin_activations(
    app: &App,
    tx: &mut dyn Tx,
    user: UserId,
) -> Result<Vec<Item>, StoreError> {
    let request: RequestId = app.new_id();
    let mut items = Vec::new();
    for enrolment in tx.claimed_by(user).await? {
        let id = enrolment.id;
        let (Some(course), Some(project)) =
            (tx.course(enrolment.course).await?, tx.project(enrolment.project).await?)
        else {
            items.push(Item::Refused(id, TRY_LATER.into()));
            continue;
        };
        if let Err(refusal) = check_activate(&enrolment, &course, app.now()) {
            items.push(Item::Refused(id, refusal.to_string()));
            continue;
        }
        let Some(lab) = tx.lab(course.lab).await? else {
            items.push(Item::Refused(id, TRY_LATER.into()));
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
        tx.open(NewSaga {
            id: saga.uuid(),
            kind: SagaKind::Activate.as_str().into(),
            subject: Subject::Enrolment(id).to_string(),
            scope: Some(course.id.uuid()),
            request: Some(request.uuid()),
            plan: activate.clone().plan(project.member_group, lab.member_group),
        })
        .await?;
        items.push(Item::Begun(saga, activate));
    }
    Ok(items)
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
