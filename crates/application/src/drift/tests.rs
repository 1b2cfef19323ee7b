//! What is found, and what is not: each kind with the nearest case that fits.

use super::busy::Busy;
use super::find::find;
use super::outside::Outside;
use super::rows::Rows;
use super::{FindingKind, Repair};
use crate::ports::store::{GivenUp, StrayReservation};
use chrono::DateTime;
use course_seats_domain::course::Closing;
use course_seats_domain::enrolment::{Dropping, Enrolment};
use course_seats_domain::group::{GroupId, GroupName, GroupOwner, GroupRole};
use course_seats_domain::ids::{CourseId, EnrolmentId, LabId, ProjectId, SagaId, SeatId, UserId};
use course_seats_domain::plans::{Activate, CloseCourse, CoursePlan, DropSeat};
use course_seats_domain::project::Project;
use course_seats_domain::values::Credits;
use course_seats_domain::virtual_lab::{ComputeCell, LabProfile, VirtualLab};
use std::collections::HashSet;
use uuid::Uuid;

const fn uuid(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

const LAB: LabId = LabId::new(uuid(1));
const PROJECT: ProjectId = ProjectId::new(uuid(2));
const ENROLMENT: EnrolmentId = EnrolmentId::new(uuid(3));
const COURSE: CourseId = CourseId::new(uuid(4));
const STUDENT: UserId = UserId::new(uuid(5));
const ADMIN: UserId = UserId::new(uuid(6));
const OTHER: UserId = UserId::new(uuid(7));
const TEMPLATE: ProjectId = ProjectId::new(uuid(8));

fn group(name: &GroupName) -> GroupId {
    GroupId(format!("id of {}", name.as_str()))
}

fn of_lab(role: GroupRole) -> GroupName {
    GroupName::of_lab(LAB, role)
}

fn of_project(role: GroupRole) -> GroupName {
    GroupName::of_project(LAB, PROJECT, role)
}

/// A lab with one student who is let in, and everything as it should be.
struct World {
    rows: Rows,
    outside: Outside,
}

impl World {
    fn new() -> Self {
        let at = DateTime::UNIX_EPOCH;
        let (admin, member) = (GroupRole::Admin, GroupRole::Member);
        let lab = VirtualLab {
            id: LAB,
            profile: LabProfile {
                name: "Lab".parse().unwrap(),
                description: String::new(),
                reference_email: None,
                email_verified: false,
                entity: String::new(),
                compute_cell: ComputeCell::CellA,
            },
            owner: ADMIN,
            admin_group: group(&of_lab(admin)),
            member_group: group(&of_lab(member)),
            created_at: at,
            updated_at: at,
        };
        let project = Project {
            id: PROJECT,
            lab: LAB,
            name: "S1".parse().unwrap(),
            description: None,
            owner: ADMIN,
            admin_group: group(&of_project(admin)),
            member_group: group(&of_project(member)),
            deleted: false,
            created_at: at,
            updated_at: at,
        };
        let enrolment = Enrolment {
            id: ENROLMENT,
            course: COURSE,
            project: PROJECT,
            student_id: "S1".parse().unwrap(),
            email: "s1@s.example".parse().unwrap(),
            claimed_by: Some(STUDENT),
            activated_at: Some(at),
            dropped: false,
            dropping: None,
            grant: Some(Credits::whole(200)),
            created_at: at,
        };
        let rows = Rows {
            labs: [(LAB, lab)].into(),
            projects: [(PROJECT, project)].into(),
            enrolments: [(PROJECT, (LAB, enrolment))].into(),
            admins_join: true,
            ..Rows::default()
        };
        let names = [of_lab(admin), of_lab(member), of_project(admin), of_project(member)];
        let who = [ADMIN, STUDENT, ADMIN, STUDENT];
        let outside = Outside {
            groups: names.iter().map(|name| (name.clone(), group(name))).collect(),
            members: names.iter().map(group).zip(who.map(|one| [one].into())).collect(),
            ..Outside::default()
        };
        Self { rows, outside }
    }

    fn enrolment(&mut self) -> &mut Enrolment {
        &mut self.rows.enrolments.get_mut(&PROJECT).unwrap().1
    }

    fn project(&mut self) -> &mut Project {
        self.rows.projects.get_mut(&PROJECT).unwrap()
    }

    fn members(&mut self, name: &GroupName) -> &mut HashSet<UserId> {
        self.outside.members.get_mut(&group(name)).unwrap()
    }

    fn make_group(&mut self, name: &GroupName) {
        self.outside.groups.insert(name.clone(), group(name));
    }

    fn at_work(&mut self, plan: &CoursePlan) {
        self.rows.busy = Busy::of([plan]);
    }

    fn found(&self) -> Vec<(FindingKind, String)> {
        let mut found: Vec<_> = find(&self.rows, &self.outside)
            .into_iter()
            .map(|one| (one.kind, one.subject))
            .collect();
        found.sort();
        found
    }

    #[track_caller]
    fn finds(&self, wanted: &[(FindingKind, String)]) {
        let mut wanted = wanted.to_vec();
        wanted.sort();
        assert_eq!(self.found(), wanted);
    }

    fn repairs(&self) -> Vec<Option<Repair>> {
        find(&self.rows, &self.outside).into_iter().map(|one| one.repair).collect()
    }
}

fn drop_plan() -> CoursePlan {
    let seat = Some(SeatId::new(uuid(9)));
    DropSeat { course: COURSE, lab: LAB, seat, enrolment: ENROLMENT, project: PROJECT }.plan()
}

fn closing_plan() -> CoursePlan {
    CloseCourse { course: COURSE, lab: LAB, template: TEMPLATE, reason: Closing::Ended }.plan()
}

#[test]
fn what_fits_is_not_told() {
    World::new().finds(&[]);
}

#[test]
fn a_group_in_a_course_lab_without_its_project() {
    let name = GroupName::of_project(LAB, ProjectId::new(uuid(99)), GroupRole::Admin);
    let mut world = World::new();
    world.make_group(&name);
    world.finds(&[(FindingKind::GroupWithoutRow, name.as_str().to_owned())]);
    assert_eq!(world.repairs(), [Some(Repair::DeleteGroup(group(&name)))]);
    world.at_work(&closing_plan());
    world.finds(&[]);
}

#[test]
fn the_groups_of_a_deleted_project() {
    let mut world = World::new();
    world.project().deleted = true;
    world.enrolment().dropped = true;
    let kind = FindingKind::GroupWithoutRow;
    let subject = |role| (kind, of_project(role).as_str().to_owned());
    let lab_member =
        (FindingKind::MemberTooMany, format!("{} {STUDENT}", of_lab(GroupRole::Member).as_str()));
    world.finds(&[subject(GroupRole::Admin), subject(GroupRole::Member), lab_member]);
}

#[test]
fn a_group_elsewhere_is_ours_only_if_the_ledger_knows_it() {
    let lab = LabId::new(uuid(77));
    let name = GroupName::of_lab(lab, GroupRole::Admin);
    let mut world = World::new();
    world.make_group(&name);
    world.make_group(&GroupName::of_project(lab, PROJECT, GroupRole::Admin));
    world.make_group(&GroupName::from_provider("vlab/staff/admin"));
    world.finds(&[]);
    world.outside.ours.insert(GroupOwner::Lab(lab));
    world.finds(&[(FindingKind::GroupWithoutRow, name.as_str().to_owned())]);
}

#[test]
fn a_project_whose_group_is_gone_or_another() {
    let name = of_project(GroupRole::Admin);
    let finding = [(FindingKind::RowWithoutGroup, name.as_str().to_owned())];
    let mut world = World::new();
    world.outside.groups.remove(&name);
    world.outside.members.remove(&group(&name));
    world.finds(&[]);
    // A listing may have passed it over: only one that was asked for is surely missing.
    world.outside.missing.insert(name.clone());
    world.finds(&finding);
    assert_eq!(world.repairs(), [None], "a person decides");
    world.outside.missing.clear();
    world.outside.groups.insert(name, GroupId("made by hand".into()));
    world.finds(&finding);
    world.at_work(&drop_plan());
    world.finds(&[]);
}

#[test]
fn who_is_let_in_and_is_missing() {
    let (project, lab) = (of_project(GroupRole::Member), of_lab(GroupRole::Member));
    let mut world = World::new();
    world.members(&project).clear();
    world.members(&lab).clear();
    let missing =
        |name: &GroupName| (FindingKind::MemberMissing, format!("{} {STUDENT}", name.as_str()));
    world.finds(&[missing(&project), missing(&lab)]);
    assert!(world.repairs().iter().flatten().all(|repair| !repair.waits()));
    world.at_work(&drop_plan());
    world.finds(&[]);
    world.rows.busy = Busy::default();
    world.enrolment().activated_at = None;
    world.finds(&[]);
}

#[test]
fn who_is_in_and_should_not_be() {
    let (project, lab) = (of_project(GroupRole::Member), of_lab(GroupRole::Member));
    let mut world = World::new();
    world.members(&project).insert(OTHER);
    world.members(&lab).insert(OTHER);
    let too_many =
        |name: &GroupName| (FindingKind::MemberTooMany, format!("{} {OTHER}", name.as_str()));
    world.finds(&[too_many(&project), too_many(&lab)]);
    assert!(world.repairs().iter().flatten().all(Repair::waits));
    // An invite lets somebody into the lab, not into a student's project.
    world.rows.invited.insert((LAB, OTHER));
    world.finds(&[too_many(&project)]);
    let activate =
        Activate { course: COURSE, lab: LAB, enrolment: ENROLMENT, project: PROJECT, user: OTHER };
    world.at_work(&activate.plan(group(&project), group(&lab)));
    world.finds(&[]);
}

#[test]
fn a_dropped_student_who_is_still_in() {
    let mut world = World::new();
    world.enrolment().dropped = true;
    let subject = |name: &GroupName| format!("{} {STUDENT}", name.as_str());
    let (project, lab) = (of_project(GroupRole::Member), of_lab(GroupRole::Member));
    let kind = FindingKind::MemberTooMany;
    world.finds(&[(kind, subject(&project)), (kind, subject(&lab))]);
}

#[test]
fn an_admin_who_came_later() {
    let mut world = World::new();
    world.members(&of_lab(GroupRole::Admin)).insert(OTHER);
    let subject = format!("{} {OTHER}", of_project(GroupRole::Admin).as_str());
    world.finds(&[(FindingKind::AdminMissing, subject)]);
    world.rows.admins_join = false;
    world.finds(&[]);
    world.rows.admins_join = true;
    // Who is an admin of the project only, somebody meant to be one.
    world.members(&of_lab(GroupRole::Admin)).remove(&OTHER);
    world.members(&of_project(GroupRole::Admin)).insert(OTHER);
    world.finds(&[]);
}

#[test]
fn an_account_that_should_hold_nothing() {
    let mut world = World::new();
    let account = GivenUp::Project(PROJECT);
    world.outside.balances.insert(account, Credits::whole(30));
    world.finds(&[]);
    world.enrolment().dropped = true;
    world.members(&of_project(GroupRole::Member)).clear();
    world.members(&of_lab(GroupRole::Member)).clear();
    world.finds(&[(FindingKind::CreditsLeft, format!("project:{PROJECT}"))]);
    assert_eq!(world.repairs(), [Some(Repair::TakeCredits(account))]);
    world.at_work(&drop_plan());
    world.finds(&[]);
    world.rows.busy = Busy::default();
    world.outside.balances.insert(account, Credits::ZERO);
    world.finds(&[]);
}

#[test]
fn accounts_given_up() {
    let (project, lab) = (ProjectId::new(uuid(50)), LabId::new(uuid(51)));
    let mut world = World::new();
    world.rows.given_up = vec![GivenUp::Project(project), GivenUp::Lab(lab), GivenUp::Lab(LAB)];
    for account in world.rows.given_up.clone() {
        world.outside.balances.insert(account, Credits::whole(1));
    }
    let kind = FindingKind::CreditsLeft;
    world.finds(&[(kind, format!("lab:{lab}")), (kind, format!("project:{project}"))]);
}

#[test]
fn what_is_personal_is_not_told() {
    let saga = SagaId::new(uuid(60));
    let stray = |kind: &str, key: &str| StrayReservation {
        kind: kind.into(),
        scope: String::new(),
        key: key.into(),
        saga,
    };
    let mut world = World::new();
    world.rows.stray = vec![stray("email", "ada@s.example"), stray("seat", "a-seat")];
    let kind = FindingKind::ReservationWithoutSaga;
    world.finds(&[(kind, format!("email of saga {saga}")), (kind, "seat:a-seat".into())]);
    let told = find(&world.rows, &world.outside);
    assert!(told.iter().all(|one| !one.detail.contains("ada") && !one.subject.contains("ada")));
}

#[test]
fn a_drop_that_no_saga_does() {
    let mut world = World::new();
    world.enrolment().dropping = Some(Dropping { since: DateTime::UNIX_EPOCH, student: None });
    world.members(&of_project(GroupRole::Member)).clear();
    world.members(&of_lab(GroupRole::Member)).clear();
    world.finds(&[(FindingKind::DroppingWithoutSaga, format!("enrolment:{ENROLMENT}"))]);
    assert_eq!(world.repairs(), [None], "a person decides");
    world.rows.being_dropped.insert(ENROLMENT);
    world.finds(&[]);
}

#[test]
fn what_could_not_be_read_is_not_guessed() {
    let mut world = World::new();
    world.outside.members.clear();
    world.outside.groups.clear();
    world.finds(&[]);
}
