use super::SettleError;
use crate::engine::run::Run;
use crate::ports::Tx;
use course_seats_domain::enrolment::check_still_activatable;
use course_seats_domain::plans::Activate;
use serde_json::json;

impl Run {
    pub(super) async fn settle_activate(
        &self,
        tx: &mut dyn Tx,
        activate: &Activate,
    ) -> Result<(), SettleError> {
        let Some(course) = tx.hold_course(activate.course).await? else {
            return Err(SettleError::refused("the course is gone"));
        };
        let claimed = tx.enrolment(activate.enrolment).await?;
        let Some(mut enrolment) =
            claimed.filter(|enrolment| enrolment.claimed_by == Some(activate.user))
        else {
            return Err(SettleError::refused("the enrolment is no longer claimed by this user"));
        };
        let now = self.app.now();
        check_still_activatable(&enrolment, &course).map_err(SettleError::refused)?;
        // Somebody else who let the student in has done our work.
        enrolment.activated_at = enrolment.activated_at.or(Some(now));
        tx.update_enrolment(&enrolment).await?;
        let detail = json!({ "course": activate.course });
        let actor = activate.user.to_string();
        tx.audit(&self.app.audit(&actor, "activate", activate.enrolment, detail)).await?;
        Ok(())
    }
}
