use super::SettleError;
use crate::engine::run::Run;
use crate::ports::Tx;
use course_seats_domain::ids::CourseId;
use serde_json::json;

impl Run {
    /// Nothing but the notebook says that a template is funded: a closing ends the funding itself.
    /// A course that the other service has deleted was not closed: then the funding ends here, and
    /// its looks take back what was granted. Returns why, if so.
    pub(super) async fn settle_template(
        &self,
        tx: &mut dyn Tx,
        course: CourseId,
    ) -> Result<Option<&'static str>, SettleError> {
        let gone = tx.lock_course(course).await?.is_none();
        self.keep_funded_template(tx, gone).await?;
        if gone {
            return Ok(Some("the course is gone"));
        }
        tx.audit(&self.app.audit("course-seats", "fund_template", course, json!({}))).await?;
        Ok(None)
    }
}
