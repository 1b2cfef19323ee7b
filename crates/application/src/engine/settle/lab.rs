use super::SettleError;
use crate::engine::run::Run;
use crate::ports::Tx;
use course_seats_domain::group::GroupRole;
use course_seats_domain::plans::CreateLab;
use course_seats_domain::virtual_lab::VirtualLab;
use serde_json::json;

impl Run {
    pub(super) async fn settle_lab(
        &self,
        tx: &mut dyn Tx,
        new: &CreateLab,
    ) -> Result<(), SettleError> {
        let now = self.app.now();
        let lab = VirtualLab {
            id: new.lab,
            profile: new.profile.clone(),
            owner: new.owner,
            admin_group: self.made_group(&new.group(GroupRole::Admin))?,
            member_group: self.made_group(&new.group(GroupRole::Member))?,
            created_at: now,
            updated_at: now,
        };
        tx.insert_lab(&lab).await?;
        tx.audit(&self.app.audit(&new.owner.to_string(), "create_lab", new.lab, json!({}))).await?;
        Ok(())
    }
}
