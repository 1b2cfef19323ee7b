use super::SettleError;
use crate::engine::run::Run;
use crate::ports::Tx;
use course_seats_domain::plans::{CourseSaga, CourseStep, DropSeat, Note};
use course_seats_domain::seat::{SeatFate, fate_after_drop, spent};
use course_seats_domain::values::Credits;
use serde_json::json;

/// What the notebook of a drop says about its seat: its fate, and what was spent. `None` before
/// it is known, and if somebody else was faster: then only the seat itself tells.
pub(crate) fn drop_verdict(saga: &CourseSaga) -> Option<(SeatFate, Credits)> {
    let mark = saga.notes_of(|step| matches!(step, CourseStep::MarkDropping(_)));
    let settle = saga.notes_of(|step| matches!(step, CourseStep::SettleDrop(_)));
    if settle.contains(&Note::NotNeeded) {
        return None;
    }
    let (before_last_drop, recovered_before, grant) = mark.iter().find_map(|note| match note {
        Note::Dropping { before_last_drop, recovered_before, grant, .. } => {
            Some((*before_last_drop, *recovered_before, *grant))
        }
        _ => None,
    })?;
    let depleted = saga.notes_of(|step| matches!(step, CourseStep::DepleteProject { .. }));
    let balance = depleted.iter().find_map(|note| match note {
        Note::Balance { balance } => Some(*balance),
        _ => None,
    })?;
    // No account after patience: nothing was spent.
    let spent = balance.map_or(Credits::ZERO, |balance| spent(grant, balance));
    Some((fate_after_drop(recovered_before, before_last_drop, spent), spent))
}

impl Run {
    /// What is to be noted: that somebody else was faster.
    pub(super) async fn settle_drop(
        &self,
        tx: &mut dyn Tx,
        drop: &DropSeat,
    ) -> Result<Option<Note>, SettleError> {
        tx.hold_course(drop.course).await?;
        // Mail about it is never sent for what is dropped.
        tx.cancel_mails(&[drop.enrolment.uuid()]).await?;
        let Some(mut enrolment) = tx.enrolment(drop.enrolment).await? else {
            return Ok(Some(Note::NotNeeded));
        };
        enrolment.dropping = None;
        if enrolment.dropped {
            // The other service has dropped it meanwhile: then its seat is left alone.
            tx.update_enrolment(&enrolment).await?;
            return Ok(Some(Note::NotNeeded));
        }
        let (fate, spent) = drop_verdict(&self.saga)
            .ok_or_else(|| SettleError::refused("the notebook does not say what was spent"))?;
        enrolment.dropped = true;
        tx.update_enrolment(&enrolment).await?;
        if let Some(mut seat) = tx.seat_of(drop.enrolment).await? {
            seat.end_drop(fate);
            tx.update_seat(&seat).await?;
        }
        let detail = json!({ "course": drop.course, "fate": fate, "spent": spent.amount() });
        tx.audit(&self.app.audit("course-seats", "drop_seat", drop.enrolment, detail)).await?;
        Ok(None)
    }
}
