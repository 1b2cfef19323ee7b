use crate::app::{App, finish};
use crate::ports::{StoreError, Tx};
use crate::use_cases::new_saga;
use course_seats_domain::course::{Closing, Course};
use course_seats_domain::ids::{CourseId, SagaId};
use course_seats_domain::plans::{CloseCourse, CourseSaga, CourseStep, SagaKind, Subject};

/// Marks a course, whose row is locked, as closing and writes the saga that closes it. `None`:
/// a closing is under way or done that does all of it.
pub(crate) async fn mark_closing(
    app: &App,
    tx: &mut dyn Tx,
    course: &mut Course,
    reason: Closing,
) -> Result<Option<SagaId>, StoreError> {
    let under_way = under_way(tx, course.id, reason).await?;
    match (course.closing, reason) {
        // A repeat joins what is under way; only a delete does more than the others.
        (Some(Closing::Deleting), _) => return Ok(under_way),
        (Some(_), Closing::Voided | Closing::Ended) if under_way.is_some() => return Ok(under_way),
        _ => {}
    }
    course.closing = Some(reason);
    course.updated_at = app.now();
    tx.update_course(course).await?;
    if course.budget_depleted && reason != Closing::Deleting {
        return Ok(None);
    }
    let saga: SagaId = app.new_id();
    let plan = CloseCourse {
        course: course.id,
        lab: course.lab,
        template: course.template_project,
        reason,
    }
    .plan();
    let (kind, subject) = (SagaKind::CloseCourse, Subject::Closing(course.id));
    tx.open(new_saga(saga, kind, subject, Some(course.id), None, plan)).await?;
    Ok(Some(saga))
}

/// The open closing that does what is asked for. Of a course that was voided and then deleted two
/// may be open, one after the other: only the second one deletes.
async fn under_way(
    tx: &mut dyn Tx,
    course: CourseId,
    reason: Closing,
) -> Result<Option<SagaId>, StoreError> {
    let mut found = None;
    for (saga, kind) in tx.open_sagas(course).await? {
        if kind != SagaKind::CloseCourse {
            continue;
        }
        let enough = reason != Closing::Deleting || {
            let closing = tx.load(saga.uuid()).await?;
            closing.is_some_and(|closing| deletes(&closing))
        };
        if enough {
            found = Some(saga);
        }
    }
    Ok(found)
}

fn deletes(closing: &CourseSaga) -> bool {
    let settle = closing.plan.steps.last().map(|planned| &planned.step);
    matches!(settle, Some(CourseStep::SettleClosing(it)) if it.reason == Closing::Deleting)
}

/// Marks a course that is past its end, if it still is to be closed.
pub(crate) async fn close_course(
    app: &App,
    course: CourseId,
    reason: Closing,
) -> Result<Option<SagaId>, StoreError> {
    let mut tx = app.begin().await?;
    let result = async {
        match tx.lock_course(course).await? {
            Some(mut row) if !row.budget_depleted => {
                let reason = row.closing.unwrap_or(reason);
                mark_closing(app, &mut *tx, &mut row, reason).await
            }
            _ => Ok(None),
        }
    }
    .await;
    finish(tx, result).await
}
