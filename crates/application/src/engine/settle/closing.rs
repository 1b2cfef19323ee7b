use super::SettleError;
use crate::engine::run::Run;
use crate::ports::Tx;
use crate::ports::store::Reservation;
use course_seats_domain::course::Closing;
use course_seats_domain::ids::ProjectId;
use course_seats_domain::plans::{CloseCourse, CourseStep, Note};
use serde_json::json;

impl Run {
    pub(super) async fn settle_closing(
        &self,
        tx: &mut dyn Tx,
        closing: &CloseCourse,
    ) -> Result<(), SettleError> {
        let now = self.app.now();
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
                for enrolment in tx
                    .list_enrolments(course.id, &Default::default(), None)
                    .await?
                    .items
                {
                    tx.cancel_mails(enrolment.enrolment.id.uuid()).await?;
                }
                tx.delete_seats(course.id).await?;
                tx.delete_enrolments(course.id).await?;
                tx.delete_projects(&projects, None, now).await?;
                tx.delete_course(course.id).await?;
            } else {
                tx.update_course(&course).await?;
            }
        }
        if self.lab_may_still_be_depleted() {
            // A deplete that lands late must not empty the next course: until the last look.
            let last_look: chrono::TimeDelta = (0..3)
                .filter_map(|looks| self.app.settings.look_after(looks))
                .fold(chrono::TimeDelta::zero(), |sum, after| sum + after);
            let until = Some(now + chrono::TimeDelta::minutes(1) + last_look);
            tx.reserve(self.id, &Reservation::ClosingLab(closing.lab), until)
                .await?;
        }
        let detail = json!({ "reason": closing.reason, "lab": closing.lab });
        tx.audit(
            &self
                .app
                .audit("course-seats", "close_course", closing.course, detail),
        )
        .await?;
        Ok(())
    }

    /// Unless the lab's deplete was answered at its only attempt, or not needed.
    fn lab_may_still_be_depleted(&self) -> bool {
        let notes = self
            .saga
            .notes_of(|step| matches!(step, CourseStep::DepleteLab { .. }));
        !notes
            .iter()
            .any(|note| matches!(note, Note::LabDepleted | Note::NotNeeded))
    }
}
