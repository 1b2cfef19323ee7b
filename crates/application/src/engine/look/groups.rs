use crate::engine::outcome::{Outcome, Stop};
use crate::engine::run::Run;
use crate::ports::StoreError;
use course_seats_domain::group::{GroupId, GroupName, GroupRole};
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

    /// The id that the rows have for a group of this saga, if its lab or project is there.
    async fn row_group(&self, name: &GroupName) -> Result<Option<GroupId>, StoreError> {
        let mut tx = self.app.read().await?;
        for planned in &self.saga.plan.steps {
            let role_of = |group: &dyn Fn(GroupRole) -> GroupName| {
                GroupRole::ALL.into_iter().find(|role| group(*role) == *name)
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
            return Ok(row.map(|row| row.group(role).clone()));
        }
        Ok(None)
    }
}
