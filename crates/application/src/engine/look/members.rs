use crate::engine::membership::project_member;
use crate::engine::outcome::{Outcome, Stop};
use crate::engine::run::Run;
use crate::ports::PortError;
use course_seats_domain::group::{GroupId, GroupRole};
use course_seats_domain::ids::{LabId, ProjectId, UserId};

impl Run {
    /// The project's member group holds whom the rows want there, and nobody else.
    pub(super) async fn project_member_put_right(
        &mut self,
        project: ProjectId,
    ) -> Result<Outcome, Stop> {
        let row = match self.project_row(project).await {
            Ok(Some(row)) if !row.deleted => row,
            Ok(_) => return Ok(Outcome::DONE),
            Err(error) => return Ok(error.into()),
        };
        let wanted = match project_member(&self.app, project).await {
            Ok(wanted) => wanted,
            Err(error) => return Ok(error.into()),
        };
        let left = self.keep_only_member(&row.member_group, wanted).await;
        match (left, wanted) {
            (Outcome::Done(_), Some(user)) => Ok(self.join_again(user, &row.member_group).await),
            (outcome, _) => Ok(outcome),
        }
    }

    /// The user is in the lab's group if the rows want it, and else not.
    pub(super) async fn lab_member_put_right(
        &mut self,
        lab: LabId,
        role: GroupRole,
        user: UserId,
    ) -> Result<Outcome, Stop> {
        match self.lab_group(lab, role, user).await {
            Ok(Some((group, true))) => Ok(self.join_again(user, &group).await),
            Ok(Some((group, false))) => Ok(self.leave(user, &group).await),
            Ok(None) => Ok(Outcome::DONE),
            Err(error) => Ok(error.into()),
        }
    }

    async fn join_again(&self, user: UserId, group: &GroupId) -> Outcome {
        match self.app.ports.identity.join(user, group, &self.lease).await {
            Ok(()) | Err(PortError::NotFound) => Outcome::DONE,
            Err(error) => error.into(),
        }
    }
}
