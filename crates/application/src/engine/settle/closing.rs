use super::SettleError;
use crate::engine::run::Run;
use crate::ports::store::Reservation;
use crate::ports::{StoreError, Tx};
use course_seats_domain::course::Closing;
use course_seats_domain::ids::{LabId, ProjectId};
use course_seats_domain::plans::{CloseCourse, CourseStep, Note};
use serde_json::json;
use uuid::Uuid;

impl Run {
    pub(super) async fn settle_closing(
        &self,
        tx: &mut dyn Tx,
        closing: &CloseCourse,
    ) -> Result<(), SettleError> {
        let now = self.app.now();
        if closing.reason != Closing::Deleting {
            // Whom the other service has let in since all were dropped: to it, a course that has
            // ended and got a new end is active. Recovery starts these drops.
            self.open_drops(tx, closing.course).await?;
        }
        if let Some(mut course) = tx.lock_course(closing.course).await? {
            course.budget_depleted = true;
            course.updated_at = now;
            if closing.reason == Closing::Deleting {
                let projects: Vec<ProjectId> = tx
                    .student_projects(course.id)
                    .await?
                    .iter()
                    .map(|project| project.id)
                    .collect();
                let enrolled = tx.list_enrolments(course.id, &Default::default(), None).await?;
                let told: Vec<Uuid> =
                    enrolled.items.iter().map(|row| row.enrolment.id.uuid()).collect();
                tx.cancel_mails(&told).await?;
                tx.delete_seats(course.id).await?;
                tx.delete_enrolments(course.id).await?;
                tx.delete_projects(&projects, None, now).await?;
                tx.delete_course(course.id).await?;
            } else {
                tx.update_course(&course).await?;
            }
        }
        if self.lab_may_still_be_depleted() {
            self.block_lab(tx, closing.lab).await?;
        } else if self.lab_was_depleted() {
            // It was answered; it may be committed a little later.
            let until = now + self.app.settings.grant_is_fresh_for();
            tx.reserve(self.id, &Reservation::ClosingLab(closing.lab), Some(until)).await?;
        }
        let detail = json!({ "reason": closing.reason, "lab": closing.lab });
        tx.audit(&self.app.audit("course-seats", "close_course", closing.course, detail)).await?;
        Ok(())
    }

    /// A lab that is blocked stays so until the last look, also when the looks start anew.
    pub(in crate::engine) async fn keep_lab_blocked(
        &self,
        tx: &mut dyn Tx,
        lab: LabId,
    ) -> Result<(), StoreError> {
        match tx.taken_until(&Reservation::ClosingLab(lab)).await? {
            Some(Some(until)) if self.is_long(until) => self.block_lab(tx, lab).await,
            _ => Ok(()),
        }
    }

    /// A deplete that lands late must not empty the next course: the lab takes none until the
    /// last look.
    async fn block_lab(&self, tx: &mut dyn Tx, lab: LabId) -> Result<(), StoreError> {
        let until = self.app.now() + self.app.settings.looks_take(self.saga.looks);
        tx.reserve(self.id, &Reservation::ClosingLab(lab), Some(until)).await?;
        Ok(())
    }

    fn lab_was_depleted(&self) -> bool {
        let notes = self.saga.notes_of(|step| matches!(step, CourseStep::DepleteLab { .. }));
        notes.iter().any(|note| matches!(note, Note::LabDepleted))
    }

    /// Unless the lab's deplete was answered at its only attempt, or not needed.
    fn lab_may_still_be_depleted(&self) -> bool {
        let notes = self.saga.notes_of(|step| matches!(step, CourseStep::DepleteLab { .. }));
        !notes.iter().any(|note| matches!(note, Note::LabDepleted | Note::NotNeeded))
    }
}
