use super::SettleError;
use crate::engine::run::Run;
use crate::ports::Tx;
use crate::ports::store::MailContent;
use crate::reconcilers::{Queued, queue_mail};
use course_seats_domain::enrolment::Enrolment;
use course_seats_domain::plans::AssignSeat;
use serde_json::json;

impl Run {
    pub(super) async fn settle_assign(
        &self,
        tx: &mut dyn Tx,
        assign: &AssignSeat,
    ) -> Result<Queued, SettleError> {
        let course = tx.hold_course(assign.course).await?;
        if !course.is_some_and(|course| course.is_open()) {
            return Err(SettleError::refused("the course is no longer active"));
        }
        let seat = tx.seat(assign.seat).await?.filter(|seat| {
            seat.course == assign.course && seat.enrolment.is_none() && !seat.consumed
        });
        let Some(mut seat) = seat else {
            return Err(SettleError::refused("the seat is no longer free"));
        };
        let same = tx
            .enrolled(assign.course, &[assign.student_id.to_string()], &[assign.email.folded()])
            .await?;
        if !same.is_empty() {
            return Err(SettleError::refused("somebody has this student id or e-mail by now"));
        }
        let lab = self.insert_project(tx, &assign.create_project(Vec::new())).await?;
        tx.insert_enrolment(&Enrolment {
            id: assign.enrolment,
            course: assign.course,
            project: assign.project,
            student_id: assign.student_id.clone(),
            email: assign.email.clone(),
            claimed_by: None,
            activated_at: None,
            dropped: false,
            dropping: None,
            grant: Some(assign.grant),
            created_at: self.app.now(),
        })
        .await?;
        seat.assign(assign.enrolment);
        tx.update_seat(&seat).await?;
        let content = MailContent::Claim {
            enrolment: assign.enrolment,
            lab_name: lab.profile.name.to_string(),
        };
        let mail = queue_mail(&self.app, tx, assign.email.clone(), content).await?;
        let detail =
            json!({ "course": assign.course, "seat": assign.seat, "project": assign.project });
        tx.audit(&self.app.audit("course-seats", "assign_seat", assign.enrolment, detail)).await?;
        Ok(mail)
    }
}
