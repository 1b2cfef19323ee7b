//! Plans, steps, undos, notes and events with fixed values: what the golden files hold.

use course_seats_domain::course::Closing;
use course_seats_domain::group::{GroupId, GroupRole};
use course_seats_domain::ids::{CourseId, EnrolmentId, InviteId, LabId, ProjectId, SeatId, UserId};
use course_seats_domain::plans::{
    AcceptInvite, Activate, AssignSeat, CloseCourse, CourseEvent, CoursePlan, CourseStep,
    CourseUndo, CreateLab, CreateProject, DropSeat, FundTemplate, Note, SagaKind, Subject,
};
use course_seats_domain::saga::{Event, Step};
use course_seats_domain::values::Credits;
use course_seats_domain::virtual_lab::{ComputeCell, LabProfile};
use uuid::Uuid;

fn id<T: From<Uuid>>(number: u128) -> T {
    Uuid::from_u128(number).into()
}

fn lab() -> LabId {
    id(1)
}

fn course() -> CourseId {
    id(2)
}

fn project() -> ProjectId {
    id(3)
}

fn enrolment() -> EnrolmentId {
    id(4)
}

fn seat() -> SeatId {
    id(5)
}

fn owner() -> UserId {
    id(6)
}

fn student() -> UserId {
    id(7)
}

fn admin() -> UserId {
    id(8)
}

fn invite() -> InviteId {
    id(9)
}

fn group(name: &str) -> GroupId {
    GroupId(name.to_owned())
}

fn credits(text: &str) -> Credits {
    text.parse().unwrap()
}

fn create_lab(full: bool) -> CreateLab {
    CreateLab {
        lab: lab(),
        owner: owner(),
        profile: LabProfile {
            name: "Neuro Course 2026".parse().unwrap(),
            description: "Cells, measured".to_owned(),
            reference_email: full.then(|| "ada@epfl.ch".parse().unwrap()),
            email_verified: full,
            entity: "EPFL".to_owned(),
            compute_cell: if full { ComputeCell::CellB } else { ComputeCell::CellA },
        },
    }
}

fn create_project(full: bool) -> CreateProject {
    CreateProject {
        project: project(),
        lab: lab(),
        owner: owner(),
        name: "Template".parse().unwrap(),
        description: full.then(|| "What students start from".to_owned()),
        admins: if full { vec![owner(), admin()] } else { Vec::new() },
    }
}

fn accept_invite(role: GroupRole) -> AcceptInvite {
    AcceptInvite { invite: invite(), lab: lab(), user: student(), role }
}

fn assign_seat() -> AssignSeat {
    AssignSeat {
        course: course(),
        lab: lab(),
        seat: seat(),
        enrolment: enrolment(),
        project: project(),
        owner: owner(),
        student_id: "S1".parse().unwrap(),
        email: "Student-1@epfl.ch".parse().unwrap(),
        grant: Credits::whole(200),
    }
}

fn activate() -> Activate {
    Activate {
        course: course(),
        lab: lab(),
        enrolment: enrolment(),
        project: project(),
        user: student(),
    }
}

fn drop_seat(seat: Option<SeatId>) -> DropSeat {
    DropSeat { course: course(), lab: lab(), seat, enrolment: enrolment(), project: project() }
}

fn close_course(reason: Closing) -> CloseCourse {
    CloseCourse { course: course(), lab: lab(), template: project(), reason }
}

/// One plan of each kind.
pub fn plan(kind: SagaKind) -> CoursePlan {
    match kind {
        SagaKind::CreateLab => create_lab(true).plan(),
        SagaKind::CreateProject => create_project(true).plan(),
        SagaKind::AcceptInvite => accept_invite(GroupRole::Admin).plan(group("admins")),
        SagaKind::FundTemplate => {
            let amount = Credits::whole(200);
            FundTemplate { course: course(), project: project(), amount }.plan()
        }
        SagaKind::AssignSeat => assign_seat().plan(vec![owner(), admin()]),
        SagaKind::Activate => activate().plan(group("project-members"), group("lab-members")),
        SagaKind::DropSeat => drop_seat(Some(seat())).plan(),
        SagaKind::CloseCourse => close_course(Closing::Deleting).plan(),
    }
}

/// Every step: those of the plans, and those that differ in what is optional.
pub fn steps() -> Vec<CourseStep> {
    let mut steps: Vec<CourseStep> =
        SagaKind::ALL.into_iter().flat_map(|kind| plan(kind).steps).map(|it| it.step).collect();
    steps.extend([
        CourseStep::Hold { subjects: subjects() },
        CourseStep::JoinLab {
            lab: lab(),
            role: GroupRole::Member,
            group: group("lab-members"),
            user: student(),
        },
        CourseStep::SettleLab(Box::new(create_lab(false))),
        CourseStep::SettleProject(Box::new(create_project(false))),
        CourseStep::SettleInvite(accept_invite(GroupRole::Member)),
        CourseStep::MarkDropping(drop_seat(None)),
        CourseStep::SettleDrop(drop_seat(None)),
        CourseStep::SettleClosing(close_course(Closing::Voided)),
        CourseStep::SettleClosing(close_course(Closing::Ended)),
    ]);
    steps
}

/// What takes those steps back.
pub fn undos() -> Vec<CourseUndo> {
    steps().iter().filter_map(Step::undo).collect()
}

pub fn notes() -> Vec<Note> {
    let dropping = |student, grant| Note::Dropping {
        student,
        before_last_drop: true,
        recovered_before: false,
        grant: credits(grant),
    };
    vec![
        Note::Group { id: group("c7a1") },
        Note::GrantAttempt,
        Note::GrantAttemptAt { balance: credits("0.10") },
        Note::Joining { was_in: false },
        dropping(Some(student()), "200"),
        dropping(None, "199.99"),
        Note::Balance { balance: Some(credits("149.99")) },
        Note::Balance { balance: None },
        Note::Depleted { amount: credits("0") },
        Note::DepletingLab,
        Note::LabDepleted,
        Note::NotNeeded,
    ]
}

pub fn events() -> Vec<CourseEvent> {
    let why = || "why".to_owned();
    vec![
        Event::TakenOver,
        Event::Noted { step: 0, note: Note::GrantAttempt },
        Event::Tried { step: 1, why: why() },
        Event::Unknown { step: 2, why: why() },
        Event::Done { step: 3, note: None },
        Event::Done { step: 4, note: Some(Note::Group { id: group("c7a1") }) },
        Event::TurnedToUndo { why: why() },
        Event::UndoTried { step: 5, why: why() },
        Event::UndoUnknown { step: 6, why: why() },
        Event::Undone { step: 7 },
        Event::NeedsAttention { why: why() },
        Event::Completed,
        Event::AllUndone,
        Event::Cancelled { why: why() },
        Event::LookBegan,
        Event::LookUnknown { why: why() },
        Event::Looked,
        Event::Settled { why: why() },
        Event::Seen { why: why() },
    ]
}

pub fn subjects() -> Vec<Subject> {
    vec![
        Subject::Enrolment(enrolment()),
        Subject::Member(lab(), student()),
        Subject::Invite(invite()),
        Subject::Lab(lab()),
        Subject::Project(project()),
        Subject::Closing(course()),
        Subject::Template(course()),
    ]
}
