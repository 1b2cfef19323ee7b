//! What is done while something goes wrong.

use crate::refused::{NAME, Refused};
use crate::world::{ADMIN, Ground, World, profile, pupil, students};
use chrono::TimeDelta;
use course_seats_application::use_cases::courses::{
    NewCourse, create_course, delete_course, void_course,
};
use course_seats_application::use_cases::enrolments::activate_enrolments;
use course_seats_application::use_cases::labs::{
    NewProject, accept_invite, create_lab, create_project, send_invite,
};
use course_seats_application::use_cases::operations::expire_courses;
use course_seats_application::use_cases::seats::{ItemStatus, assign_seats, drop_seats};
use course_seats_domain::course::{CourseDates, CourseStatus};
use course_seats_domain::group::GroupRole;
use course_seats_domain::values::Credits;
use course_seats_sandbox::Operation;
use futures::FutureExt;
use std::panic::AssertUnwindSafe;

const SECOND_TEMPLATE: &str = "Second template";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    CreateLab,
    CreateProject,
    SendInvite,
    AcceptInvite,
    CreateCourse,
    Assign,
    Activate,
    Drop,
    Void,
    Delete,
    End,
    /// The same, but refused so late that everything is undone.
    UndoneLab,
    UndoneProject,
    UndoneInvite,
    UndoneAssign,
    UndoneActivation,
}

impl Act {
    pub const ALL: [Self; 16] = [
        Self::CreateLab,
        Self::CreateProject,
        Self::SendInvite,
        Self::AcceptInvite,
        Self::CreateCourse,
        Self::Assign,
        Self::Activate,
        Self::Drop,
        Self::Void,
        Self::Delete,
        Self::End,
        Self::UndoneLab,
        Self::UndoneProject,
        Self::UndoneInvite,
        Self::UndoneAssign,
        Self::UndoneActivation,
    ];

    /// Whether nothing is left of it in the end.
    pub fn is_undone(self) -> bool {
        use Act::{UndoneActivation, UndoneAssign, UndoneInvite, UndoneLab, UndoneProject};
        matches!(self, UndoneLab | UndoneProject | UndoneInvite | UndoneAssign | UndoneActivation)
    }

    /// What is called beside what every such step calls.
    pub fn calls_more(self) -> &'static [Operation] {
        match self {
            // Asked before anything is begun.
            Self::CreateProject | Self::UndoneProject => &[Operation::Members],
            Self::Assign | Self::UndoneAssign => &[Operation::Members, Operation::LabBalance],
            // Whether he is an admin already.
            Self::AcceptInvite | Self::UndoneInvite => &[Operation::Members],
            // It has no saga.
            Self::SendInvite => &[Operation::Send],
            _ => &[],
        }
    }

    /// What need not be called: a course that was voided is depleted already.
    pub fn is_spared(self, operation: Operation) -> bool {
        (self, operation) == (Self::Delete, Operation::DepleteLab)
    }

    /// Everything before it.
    pub async fn prepare(self, world: &World) -> Ground {
        let mut ground = world.ground(3).await;
        match self {
            Self::CreateLab
            | Self::CreateProject
            | Self::SendInvite
            | Self::Assign
            | Self::UndoneLab
            | Self::UndoneProject
            | Self::UndoneAssign => {}
            Self::AcceptInvite | Self::UndoneInvite => invite(world, ground).await,
            Self::CreateCourse => {
                let owner = world.owner();
                ground.lab = create_lab(&world.app, &owner, profile("Second")).await.unwrap().id;
                let name = SECOND_TEMPLATE.parse().unwrap();
                let new = NewProject { name, description: None };
                create_project(&world.app, &owner, ground.lab, new).await.unwrap();
            }
            Self::Activate | Self::UndoneActivation => {
                world.claimed(ground.course, 1).await;
            }
            Self::Drop | Self::Void | Self::End | Self::Delete => {
                world.claimed(ground.course, 1).await;
                activate_enrolments(&world.app, &pupil(1)).await.unwrap();
            }
        }
        if matches!(self, Self::Void | Self::End | Self::Delete) {
            // The template's funding is looked at; of a closing course its look asks for the balance.
            world.looked_at().await;
        }
        if self == Self::Delete {
            void_course(&world.app, ADMIN, ground.course).await.unwrap();
        }
        world.settled().await;
        if self == Self::End {
            world.clock.advance(TimeDelta::days(91)).unwrap();
        }
        let refused = match self {
            Self::UndoneLab => Refused::Lab,
            Self::UndoneProject => Refused::Project,
            Self::UndoneInvite => Refused::Invite,
            Self::UndoneAssign => Refused::Assign,
            Self::UndoneActivation => Refused::Activation,
            _ => return ground,
        };
        refused.begin(world);
        ground
    }

    /// The act itself, and whether the answer says that it was done: what the answer says is held
    /// against the rows when it is given, and when all is settled.
    pub async fn perform(self, world: &World, ground: Ground) -> bool {
        let app = &world.app;
        match self {
            Self::CreateLab | Self::UndoneLab => {
                let answer = create_lab(app, &world.owner(), profile(NAME)).await;
                world.has_and_keeps("virtual_lab", 1 + usize::from(answer.is_ok())).await;
                answer.is_ok()
            }
            Self::CreateProject | Self::UndoneProject => {
                let new = NewProject { name: NAME.parse().unwrap(), description: None };
                let answer = heard(create_project(app, &world.owner(), ground.lab, new)).await;
                let made = answer.is_some_and(|answer| answer.is_ok());
                world.has_and_keeps("project", 1 + usize::from(made)).await;
                made
            }
            Self::SendInvite => {
                invite(world, ground).await;
                world.has_and_keeps("outbox_mail", 1).await;
                let mailbox = world.sandbox.mailbox.mailbox_json().to_string();
                let arrived = mailbox.contains("invite?token=");
                assert_ne!(arrived, world.count("outbox_mail WHERE status = 'dead'") == 1);
                arrived
            }
            Self::AcceptInvite | Self::UndoneInvite => {
                let answer = heard(accept_invite(app, &pupil(3), &world.last_token())).await;
                let accepted = answer.is_some_and(|answer| answer.is_ok());
                let accepts = "virtual_lab_invite WHERE accepted";
                world.has_and_keeps(accepts, usize::from(accepted)).await;
                accepted
            }
            Self::CreateCourse => {
                let mut tx = world.ports.store.read().await.unwrap();
                let institution = tx.institution_named("EPFL").await.unwrap().unwrap().id;
                drop(tx);
                let (lab, dates) = (ground.lab, CourseDates::default());
                let template_project = world.project_named(SECOND_TEMPLATE);
                let new = NewCourse { lab, template_project, institution, dates };
                let answer = create_course(app, ADMIN, new).await.unwrap();
                let funded = answer.template_project_funded;
                let fundings = "saga WHERE kind = 'fund_template' AND status = 'completed'";
                world.has_and_keeps(fundings, 1 + usize::from(funded)).await;
                funded
            }
            Self::Assign | Self::UndoneAssign => {
                let answer = heard(assign_seats(app, ADMIN, ground.course, students(1))).await;
                let results = answer.and_then(Result::ok).unwrap_or_default();
                assert!(results.iter().all(|result| result.status != ItemStatus::Pending));
                let done = results.iter().filter(|result| result.status == ItemStatus::Done);
                let done = done.count();
                world.has_and_keeps("course_enrolment", done).await;
                done == 1
            }
            Self::Activate | Self::UndoneActivation => {
                let answer = activate_enrolments(app, &pupil(1)).await.unwrap();
                assert_eq!(answer.len(), 1);
                let done = usize::from(answer[0].status == ItemStatus::Done);
                let activated = "course_enrolment WHERE activated_at IS NOT NULL";
                world.has_and_keeps(activated, done).await;
                done == 1
            }
            Self::Drop => {
                let seat = world.seats(ground.course).await;
                let seat = seat.into_iter().find(|seat| seat.enrolment.is_some()).unwrap();
                let answer =
                    drop_seats(app, ADMIN, ground.course, vec![seat.id]).await.unwrap().remove(0);
                // Nothing was spent: whatever went wrong, the seat comes back.
                assert_eq!(answer.status, ItemStatus::Done, "{answer:?}");
                assert_eq!((answer.recovered, answer.spent), (Some(true), Some(Credits::ZERO)));
                world.has_and_keeps("course_enrolment WHERE is_dropped", 1).await;
                let seats = world.seats(ground.course).await;
                assert!(seats.iter().all(|seat| seat.enrolment.is_none()), "{seats:?}");
                true
            }
            Self::Void => {
                let answer = void_course(app, ADMIN, ground.course).await.unwrap();
                assert_eq!(answer.status, CourseStatus::Voided);
                world.has_and_keeps("course WHERE status = 'VOIDED'", 1).await;
                true
            }
            Self::Delete => {
                // Not done when the answer is due is no harm: it goes on by itself.
                let answer = delete_course(app, ADMIN, ground.course).await;
                assert_eq!(answer.is_ok(), world.count("course") == 0, "{answer:?}");
                world.settled().await;
                assert_eq!(world.count("course"), 0);
                answer.is_ok()
            }
            Self::End => {
                let answer = expire_courses(app, ADMIN).await.unwrap();
                let dropped = world.count("course_enrolment WHERE is_dropped");
                let depleted = world.count("course WHERE budget_depleted");
                let told = [answer.enrolments_dropped, answer.vlabs_depleted];
                assert_eq!(told.map(|count| usize::try_from(count).unwrap()), [dropped, depleted]);
                assert_eq!(answer.enrolments_dropped + answer.enrolments_failed, 1);
                assert_eq!(answer.expired_courses_found, 1);
                world.settled().await;
                depleted == 1
            }
        }
    }
}

impl World {
    /// So many rows are there by now, and when all is settled.
    async fn has_and_keeps(&self, what: &str, rows: usize) {
        assert_eq!(self.count(what), rows, "{what}, when it was answered");
        self.settled().await;
        assert_eq!(self.count(what), rows, "{what}, in the end");
    }
}

/// What the caller hears: nothing, if a read that comes before everything else panics.
async fn heard<T>(call: impl Future<Output = T>) -> Option<T> {
    AssertUnwindSafe(call).catch_unwind().await.ok()
}

async fn invite(world: &World, ground: Ground) {
    let (owner, email) = (world.owner(), pupil(3).email.unwrap());
    send_invite(&world.app, &owner, ground.lab, email, GroupRole::Admin).await.unwrap();
}
