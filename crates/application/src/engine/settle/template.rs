use super::SettleError;
use crate::engine::run::Run;
use crate::ports::Tx;
use course_seats_domain::ids::CourseId;
use serde_json::json;

impl Run {
    /// Nothing but the notebook says that a template is funded: a closing ends the funding itself.
    pub(super) async fn settle_template(
        &self,
        tx: &mut dyn Tx,
        course: CourseId,
    ) -> Result<(), SettleError> {
        tx.audit(&self.app.audit("course-seats", "fund_template", course, json!({}))).await?;
        Ok(())
    }
}
