//! Groups that are ours alone: their names carry our ids, so nobody else's can have them.

use super::outcome::Outcome;
use super::run::Run;
use crate::ports::PortError;
use course_seats_domain::group::{GroupId, GroupName};
use course_seats_domain::plans::{CourseStep, Note};

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
}
