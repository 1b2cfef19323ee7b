//! Groups that are ours alone: their names carry our ids, so nobody else's can have them.

use super::outcome::{Outcome, Stop};
use super::run::Run;
use crate::ports::PortError;
use course_seats_domain::group::{GroupId, GroupName, GroupRole};
use course_seats_domain::ids::CourseId;
use course_seats_domain::plans::{CourseStep, Note};
use futures::future::join_all;

/// How often one of many groups is tried again before its step goes into backoff.
const QUICK_TRIES_OF_A_GROUP: u32 = 3;

impl Run {
    pub(super) async fn create_group(&self, name: &GroupName) -> Outcome {
        let identity = &self.app.ports.identity;
        let id = match identity.create_group(name, &self.lease).await {
            Ok(id) => id,
            // The name carries our id: it is our own, from an attempt before.
            Err(PortError::Conflict) => match identity.find_group(name).await {
                Ok(Some(id)) => id,
                Ok(None) => return PortError::Conflict.into(),
                Err(error) => return Outcome::NotDone(error.to_string()),
            },
            Err(error) => return error.into(),
        };
        Outcome::Done(Some(Note::Group { id }))
    }

    /// Deletes the group of this name, if there is one. `known`: its id, as far as it was noted.
    pub(super) async fn remove_group(&self, name: &GroupName, known: Option<GroupId>) -> Outcome {
        let identity = &self.app.ports.identity;
        if let Some(group) = known {
            match identity.delete_group(&group, &self.lease).await {
                Ok(()) => return Outcome::DONE,
                // Perhaps it has another id by now: only its name tells that it is gone.
                Err(PortError::NotFound) => {}
                Err(error) => return error.into(),
            }
        }
        match identity.find_group(name).await {
            Ok(None) => Outcome::DONE,
            Ok(Some(group)) => match identity.delete_group(&group, &self.lease).await {
                Ok(()) => Outcome::DONE,
                // Found and not found: asked again.
                Err(error) => error.into(),
            },
            Err(error) => Outcome::NotDone(error.to_string()),
        }
    }

    /// The id of a group that this saga made.
    pub(super) fn group_of(&self, wanted: &GroupName) -> Option<GroupId> {
        let notes = self
            .saga
            .notes_of(|step| matches!(step, CourseStep::CreateGroup { name } if name == wanted));
        notes.iter().rev().find_map(|note| match note {
            Note::Group { id } => Some(id.clone()),
            _ => None,
        })
    }

    /// Deleting: the groups of the course's student projects go, as many at once as students in other
    /// calls. There may be very many: one whose end is unknown does not hold up the others, one that
    /// is not done is tried again at once, and the next attempt looks before it deletes, so that each
    /// attempt leaves fewer of them.
    pub(super) async fn delete_student_groups(
        &mut self,
        at: usize,
        course: CourseId,
    ) -> Result<Outcome, Stop> {
        let projects = async { self.app.read().await?.student_projects(course).await }.await;
        let projects = match projects {
            Ok(projects) => projects,
            Err(error) => return Ok(error.into()),
        };
        let known = !self.is_unknown(at);
        let groups: Vec<(GroupName, Option<GroupId>)> = projects
            .into_iter()
            .flat_map(|project| {
                let name = |role| GroupName::of_project(project.lab, project.id, role);
                let id = |group: GroupId| known.then_some(group);
                [
                    (name(GroupRole::Member), id(project.member_group)),
                    (name(GroupRole::Admin), id(project.admin_group)),
                ]
            })
            .collect();
        let mut left = Outcome::DONE;
        for some in groups.chunks(self.app.settings.batch_concurrency.max(1)) {
            match self.remove_groups(some).await? {
                Outcome::Done(_) => {}
                unknown @ Outcome::Unknown(_) => left = unknown,
                stopped => return Ok(stopped),
            }
        }
        Ok(left)
    }

    /// Some of very many, at once. A call in a thousand fails: without quick tries, an attempt at a
    /// thousand groups would never come to its end.
    async fn remove_groups(
        &mut self,
        groups: &[(GroupName, Option<GroupId>)],
    ) -> Result<Outcome, Stop> {
        let mut left = Outcome::DONE;
        let mut open: Vec<_> = groups.iter().collect();
        let mut tries = 0;
        loop {
            self.keep_lease().await?;
            let removing = open.iter().map(|(name, known)| self.remove_group(name, known.clone()));
            let mut again = Vec::new();
            for (group, outcome) in open.iter().copied().zip(join_all(removing).await) {
                match outcome {
                    Outcome::Done(_) => {}
                    unknown @ Outcome::Unknown(_) => left = unknown,
                    _ if tries < QUICK_TRIES_OF_A_GROUP => again.push(group),
                    stopped => return Ok(stopped),
                }
            }
            if again.is_empty() {
                return Ok(left);
            }
            self.pause(self.app.backoff(tries)).await?;
            tries += 1;
            open = again;
        }
    }
}
