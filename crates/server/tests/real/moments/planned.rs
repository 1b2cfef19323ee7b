//! The plans of all sagas, held against the moments: a step that no moment comes to is in no notebook.

use super::ALL;
use super::told::Told;
use course_seats_domain::course::Closing;
use course_seats_domain::group::GroupRole;
use course_seats_domain::ids::UserId;
use course_seats_domain::plans::{
    AcceptInvite, Activate, AssignSeat, CloseCourse, CoursePlan, CreateLab, DropSeat, FundTemplate,
    SagaKind,
};
use course_seats_domain::saga::Step;
use course_seats_domain::values::Credits;
use course_seats_testkit::builders::{email, id, lab};

#[test]
fn every_step_and_undo_that_is_planned_has_its_moment() {
    let mut told = Told::default();
    for kind in SagaKind::ALL {
        for planned in plans(kind).into_iter().flat_map(|plan| plan.steps) {
            let pair = |name: &str| (kind.as_str().to_owned(), name.to_owned());
            told.steps.insert(pair(planned.step.name()));
            told.undos.extend(planned.undo.map(|undo| pair(undo.name())));
        }
    }
    told.has_moments();
    for moments in ALL {
        told.tells_of(moments);
    }
}

/// The plans of a kind of saga, which are more than one where the steps are not always the same.
fn plans(kind: SagaKind) -> Vec<CoursePlan> {
    let made = lab();
    let (group, admins) = (made.member_group.clone(), vec![id::<UserId>()]);
    let assign = AssignSeat {
        course: id(),
        lab: made.id,
        seat: id(),
        enrolment: id(),
        project: id(),
        owner: made.owner,
        student_id: "S1".parse().unwrap(),
        email: email("s1@u.example"),
        grant: Credits::whole(200),
    };
    let (lab, user) = (made.id, made.owner);
    match kind {
        SagaKind::CreateLab => {
            vec![CreateLab { lab, owner: user, profile: made.profile }.plan()]
        }
        SagaKind::CreateProject => vec![assign.create_project(admins).plan()],
        SagaKind::AcceptInvite => {
            vec![AcceptInvite { invite: id(), lab, user, role: GroupRole::Admin }.plan(group)]
        }
        SagaKind::FundTemplate => {
            vec![FundTemplate { course: id(), project: id(), amount: assign.grant }.plan()]
        }
        SagaKind::AssignSeat => vec![assign.plan(admins)],
        SagaKind::Activate => {
            let activate = Activate { course: id(), lab, enrolment: id(), project: id(), user };
            vec![activate.plan(group.clone(), group)]
        }
        SagaKind::DropSeat => {
            let seat = Some(assign.seat);
            vec![DropSeat { course: id(), lab, seat, enrolment: id(), project: id() }.plan()]
        }
        SagaKind::CloseCourse => [Closing::Voided, Closing::Deleting, Closing::Ended]
            .map(|reason| CloseCourse { course: id(), lab, template: id(), reason }.plan())
            .into(),
    }
}
