use super::SettleError;
use crate::engine::run::Run;
use crate::ports::Tx;
use course_seats_domain::group::GroupRole;
use course_seats_domain::plans::CreateProject;
use course_seats_domain::project::Project;
use course_seats_domain::virtual_lab::VirtualLab;
use serde_json::json;

impl Run {
    pub(super) async fn settle_project(
        &self,
        tx: &mut dyn Tx,
        new: &CreateProject,
    ) -> Result<(), SettleError> {
        self.insert_project(tx, new).await?;
        let detail = json!({ "lab": new.lab });
        tx.audit(&self.app.audit(&new.owner.to_string(), "create_project", new.project, detail))
            .await?;
        Ok(())
    }

    /// Writes a project whose lab and name are still there to be had. Returns that lab.
    pub(super) async fn insert_project(
        &self,
        tx: &mut dyn Tx,
        new: &CreateProject,
    ) -> Result<VirtualLab, SettleError> {
        let Some(lab) = tx.lab(new.lab).await? else {
            return Err(SettleError::refused("the lab is gone"));
        };
        if !tx.project_names_taken(new.lab, &[new.name.folded()]).await?.is_empty() {
            return Err(SettleError::refused("another project of the lab has the name"));
        }
        let now = self.app.now();
        let project = Project {
            id: new.project,
            lab: new.lab,
            name: new.name.clone(),
            description: new.description.clone(),
            owner: new.owner,
            admin_group: self.made_group(&new.group(GroupRole::Admin))?,
            member_group: self.made_group(&new.group(GroupRole::Member))?,
            deleted: false,
            created_at: now,
            updated_at: now,
        };
        tx.insert_project(&project).await?;
        Ok(lab)
    }
}
