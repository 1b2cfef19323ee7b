use crate::engine::outcome::{Outcome, Stop};
use crate::engine::run::Run;
use crate::ports::{PortError, StoreError};
use course_seats_domain::group::{GroupId, GroupName, GroupRole};
use course_seats_domain::ids::UserId;
use course_seats_domain::plans::CourseStep;

impl Run {
    /// A group whose lab or project is not in the rows has landed late, or was left: it goes.
    pub(super) async fn group_put_right(&mut self, name: &GroupName) -> Result<Outcome, Stop> {
        match self.row_group(name).await {
            Ok(Some(_)) => Ok(Outcome::DONE),
            // By its name: what landed late need not have the id that was noted.
            Ok(None) => Ok(self.remove_group(name, None).await),
            Err(error) => Ok(error.into()),
        }
    }

    /// An admin whom a completed saga put into the group that it made is there.
    pub(super) async fn own_admin_put_right(
        &mut self,
        name: &GroupName,
        user: UserId,
    ) -> Result<Outcome, Stop> {
        let group = match self.row_group(name).await {
            Ok(Some(group)) => group,
            Ok(None) => return Ok(Outcome::DONE),
            Err(error) => return Ok(error.into()),
        };
        let joined = self.app.ports.identity.join(user, &group, &self.lease).await;
        Ok(match joined {
            // A user or group that is gone needs no membership.
            Ok(()) | Err(PortError::NotFound) => Outcome::DONE,
            Err(error) => error.into(),
        })
    }

    /// The id that the rows have for a group of this saga, if its lab or project is there.
    async fn row_group(&self, name: &GroupName) -> Result<Option<GroupId>, StoreError> {
        let mut tx = self.app.read().await?;
        for planned in &self.saga.plan.steps {
            let role_of = |group: &dyn Fn(GroupRole) -> GroupName| {
                [GroupRole::Admin, GroupRole::Member].into_iter().find(|role| group(*role) == *name)
            };
            let project = match &planned.step {
                CourseStep::SettleLab(lab) => {
                    let Some(role) = role_of(&|role| lab.group(role)) else {
                        continue;
                    };
                    let row = tx.lab(lab.lab).await?;
                    return Ok(row.map(|row| row.group(role).clone()));
                }
                CourseStep::SettleProject(project) => (**project).clone(),
                CourseStep::SettleAssign(assign) => assign.create_project(Vec::new()),
                _ => continue,
            };
            let Some(role) = role_of(&|role| project.group(role)) else {
                continue;
            };
            let row = tx.project(project.project).await?.filter(|row| !row.deleted);
            return Ok(row.map(|row| match role {
                GroupRole::Admin => row.admin_group,
                GroupRole::Member => row.member_group,
            }));
        }
        Ok(None)
    }
}
