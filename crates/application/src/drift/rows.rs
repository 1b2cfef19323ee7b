use super::Groups;
use super::busy::Busy;
use crate::app::App;
use crate::ports::StoreError;
use crate::ports::store::{GivenUp, StrayReservation};
use course_seats_domain::enrolment::Enrolment;
use course_seats_domain::group::GroupOwner;
use course_seats_domain::ids::{EnrolmentId, LabId, ProjectId, UserId};
use course_seats_domain::plans::{CoursePlan, CourseStep, Subject};
use course_seats_domain::project::Project;
use course_seats_domain::virtual_lab::VirtualLab;
use std::collections::{HashMap, HashSet};

/// What the database says, of one moment.
#[derive(Debug, Default)]
pub(super) struct Rows {
    /// The course labs that are not deleted.
    pub(super) labs: HashMap<LabId, VirtualLab>,
    /// All projects in them.
    pub(super) projects: HashMap<ProjectId, Project>,
    /// All enrolments of the courses on them, by project.
    pub(super) enrolments: HashMap<ProjectId, (LabId, Enrolment)>,
    /// Who has accepted an invite as a member into one of them.
    pub(super) invited: HashSet<(LabId, UserId)>,
    /// Accounts that belong to nothing any more.
    pub(super) given_up: Vec<GivenUp>,
    /// Reservations for sagas that are not open.
    pub(super) stray: Vec<StrayReservation>,
    /// Enrolments that an open saga drops.
    pub(super) being_dropped: HashSet<EnrolmentId>,
    /// What open sagas are at work on.
    pub(super) busy: Busy,
    /// Whether lab admins join every student project.
    pub(super) admins_join: bool,
}

impl Rows {
    pub(super) async fn read(app: &App) -> Result<Self, StoreError> {
        let mut tx = app.read().await?;
        let labs = tx.labs_of(app.settings.course_lab_owner).await?;
        let ids: Vec<LabId> = labs.iter().map(|lab| lab.id).collect();
        let projects = tx.projects_of(&ids).await?;
        let enrolments = tx.enrolments_on(&ids).await?;
        let invited = tx.invited_members(&ids).await?;
        let (given_up, stray) = (tx.given_up_accounts().await?, tx.stray_reservations().await?);
        let plans = tx.open_plans().await?;
        Ok(Self {
            labs: labs.into_iter().map(|lab| (lab.id, lab)).collect(),
            projects: projects.into_iter().map(|project| (project.id, project)).collect(),
            enrolments: enrolments.into_iter().map(|row| (row.1.project, row)).collect(),
            invited: invited.into_iter().collect(),
            given_up,
            stray,
            being_dropped: being_dropped(&plans),
            busy: Busy::of(&plans),
            admins_join: app.settings.admins_join_student_projects,
        })
    }
}

fn being_dropped(plans: &[CoursePlan]) -> HashSet<EnrolmentId> {
    let steps = plans.iter().flat_map(|plan| &plan.steps);
    let dropped = steps.filter_map(|planned| match &planned.step {
        CourseStep::SettleDrop(drop) => Some(drop.enrolment),
        _ => None,
    });
    dropped.collect()
}

/// Of the groups outside course labs, the owners that are not in the rows although the ledger knows
/// them: somebody else's labs and projects are none of our business.
pub(super) async fn ours_without_row(
    app: &App,
    rows: &Rows,
    groups: &Groups,
) -> Result<HashSet<GroupOwner>, StoreError> {
    let mut foreign: HashMap<String, GroupOwner> = HashMap::new();
    for (owner, _) in groups.keys().filter_map(|name| name.owner()) {
        let (lab, subject) = match owner {
            GroupOwner::Lab(lab) => (lab, Subject::Lab(lab)),
            GroupOwner::Project(lab, project) => (lab, Subject::Project(project)),
        };
        if !rows.labs.contains_key(&lab) {
            foreign.insert(subject.to_string(), owner);
        }
    }
    let subjects: Vec<String> = foreign.keys().cloned().collect();
    let mut ours = HashSet::new();
    let mut tx = app.read().await?;
    for subject in tx.in_ledger(&subjects).await? {
        let Some(owner) = foreign.get(&subject) else {
            continue;
        };
        let has_row = match owner {
            GroupOwner::Lab(lab) => tx.lab(*lab).await?.is_some(),
            GroupOwner::Project(_, project) => {
                tx.project(*project).await?.is_some_and(|row| !row.deleted)
            }
        };
        if !has_row {
            ours.insert(*owner);
        }
    }
    Ok(ours)
}
