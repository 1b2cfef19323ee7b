//! Who belongs in which group is derived from the rows, at the moment of acting (design §4.9).

use super::outcome::{Outcome, Stop};
use super::run::Run;
use crate::app::App;
use crate::ports::{PortError, StoreError, Tx};
use course_seats_domain::group::{GroupId, GroupRole};
use course_seats_domain::ids::{LabId, ProjectId, UserId};
use course_seats_domain::plans::{CourseStep, Note};
use course_seats_domain::values::Credits;

/// Whether the rows say that the user belongs in this group of the lab: as a member who holds a
/// live activated enrolment or accepted an invite, as an admin the owner or who accepted one.
pub(crate) async fn belongs_in_lab(
    tx: &mut dyn Tx,
    lab: LabId,
    role: GroupRole,
    user: UserId,
) -> Result<bool, StoreError> {
    if tx.has_accepted_invite(lab, user, role).await? {
        return Ok(true);
    }
    match role {
        GroupRole::Member => tx.has_live_activated(lab, user).await,
        GroupRole::Admin => Ok(tx.lab(lab).await?.is_some_and(|lab| lab.owner == user)),
    }
}

/// Who belongs in the project's member group.
pub(super) async fn project_member(
    app: &App,
    project: ProjectId,
) -> Result<Option<UserId>, StoreError> {
    let enrolment = app.glance().await?.enrolment_of(project).await?;
    Ok(enrolment.and_then(|enrolment| enrolment.member()))
}

/// "Not there" is success for whoever takes something away.
pub(crate) fn gone(result: Result<(), PortError>) -> Result<(), PortError> {
    match result {
        Err(PortError::NotFound) => Ok(()),
        result => result,
    }
}

impl Run {
    /// Joins a lab's group, which others share: whether we put somebody in must be on paper.
    ///
    /// Of members the rows alone decide. Somebody may have been made an admin outside, so that is
    /// asked, while the saga holds the subject.
    pub(super) async fn join_lab(
        &mut self,
        at: usize,
        role: GroupRole,
        group: &GroupId,
        user: UserId,
    ) -> Result<Outcome, Stop> {
        if !self.noted(at, |note| matches!(note, Note::Joining { .. })) {
            let was_in = match role {
                GroupRole::Member => false,
                GroupRole::Admin => match self.app.ports.identity.members(group).await {
                    Ok(members) => members.contains(&user),
                    Err(error) => return Ok(Outcome::NotDone(error.to_string())),
                },
            };
            self.announce(at, Note::Joining { was_in }).await?;
        }
        Ok(self.join(user, group).await)
    }

    /// Takes everybody out of a project's member group but whom the rows want there. They are few: the
    /// lease that is there at the beginning lasts, or the next attempt goes on.
    pub(super) async fn keep_only_member(
        &self,
        group: &GroupId,
        wanted: Option<UserId>,
    ) -> Outcome {
        let members = match self.app.ports.identity.members(group).await {
            Ok(members) => members,
            Err(PortError::NotFound) => return Outcome::DONE,
            Err(error) => return Outcome::NotDone(error.to_string()),
        };
        for member in members.into_iter().filter(|member| Some(*member) != wanted) {
            let left = self.app.ports.identity.leave(member, group, &self.lease).await;
            if let Err(error) = gone(left) {
                return error.into();
            }
        }
        Outcome::DONE
    }

    /// Drop: everybody leaves the project, always asked, claimed or not.
    pub(super) async fn empty_project(&self, project: ProjectId) -> Outcome {
        match self.project_row(project).await {
            Ok(Some(row)) => self.keep_only_member(&row.member_group, None).await,
            // The other service deleted it under our hands.
            Ok(None) => Outcome::DONE,
            Err(error) => error.into(),
        }
    }

    /// Drop: the student noted at the mark leaves the lab, unless he belongs there otherwise.
    pub(super) async fn dropped_leaves_lab(&self, lab: LabId) -> Outcome {
        match self.noted_student() {
            Some(student) => self.leave_lab(lab, GroupRole::Member, student).await,
            None => Outcome::DONE,
        }
    }

    /// The student whom a drop takes out of the lab.
    pub(super) fn noted_student(&self) -> Option<UserId> {
        let notes = self.saga.notes_of(|step| matches!(step, CourseStep::MarkDropping(_)));
        notes.iter().find_map(|note| match note {
            Note::Dropping { student, .. } => *student,
            _ => None,
        })
    }

    /// What a drop's project was granted, as noted at the mark: also if another service did it.
    pub(super) fn noted_grant(&self) -> Option<Credits> {
        let notes = self.saga.notes_of(|step| matches!(step, CourseStep::MarkDropping(_)));
        notes.iter().find_map(|note| match note {
            Note::Dropping { grant, .. } => Some(*grant),
            _ => None,
        })
    }

    /// Takes a user out of a lab's group, unless the rows say that he belongs there.
    pub(super) async fn leave_lab(&self, lab: LabId, role: GroupRole, user: UserId) -> Outcome {
        match self.lab_group(lab, role, user).await {
            Ok(Some((group, false))) => self.leave(user, &group).await,
            Ok(Some((_, true)) | None) => Outcome::DONE,
            Err(error) => error.into(),
        }
    }

    /// Takes a user out of a group; not being in it is success.
    pub(super) async fn leave(&self, user: UserId, group: &GroupId) -> Outcome {
        match gone(self.app.ports.identity.leave(user, group, &self.lease).await) {
            Ok(()) => Outcome::DONE,
            Err(error) => error.into(),
        }
    }

    /// The lab's group, and whether the rows say that the user belongs in it; `None`: there is no
    /// such lab.
    pub(super) async fn lab_group(
        &self,
        lab: LabId,
        role: GroupRole,
        user: UserId,
    ) -> Result<Option<(GroupId, bool)>, StoreError> {
        let mut tx = self.app.read().await?;
        let belongs = belongs_in_lab(&mut *tx, lab, role, user).await?;
        Ok(tx.lab(lab).await?.map(|lab| (lab.group(role).clone(), belongs)))
    }

    /// The row of a project.
    pub(super) async fn project_row(
        &self,
        project: ProjectId,
    ) -> Result<Option<course_seats_domain::project::Project>, StoreError> {
        self.app.glance().await?.project(project).await
    }
}
