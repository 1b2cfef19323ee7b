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
use course_seats_domain::course::CourseDates;
use course_seats_domain::group::GroupRole;

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
        refused.from_now_on(world);
        ground
    }

    /// The act itself; the answer must be the truth.
    pub async fn perform(self, world: &World, ground: Ground) {
        let app = &world.app;
        match self {
            Self::CreateLab | Self::UndoneLab => {
                let answer = create_lab(app, &world.owner(), profile(NAME)).await;
                world.settled().await;
                assert_eq!(answer.is_ok(), world.count("virtual_lab") == 2, "{answer:?}");
            }
            Self::CreateProject | Self::UndoneProject => {
                let new = NewProject { name: NAME.parse().unwrap(), description: None };
                let answer = create_project(app, &world.owner(), ground.lab, new).await;
                world.settled().await;
                assert_eq!(answer.is_ok(), world.count("project") == 2, "{answer:?}");
            }
            Self::SendInvite => {
                invite(world, ground).await;
                world.settled().await;
                let mailbox = world.sandbox.mailbox.mailbox_json().to_string();
                let dead = world.count("outbox_mail WHERE status = 'dead'");
                assert_eq!(world.count("outbox_mail"), 1);
                assert!(mailbox.contains("invite?token=") || dead == 1);
            }
            Self::AcceptInvite | Self::UndoneInvite => {
                let answer = accept_invite(app, &pupil(3), &world.last_token()).await;
                world.settled().await;
                let accepted = world.count("virtual_lab_invite WHERE accepted") == 1;
                assert_eq!(answer.is_ok(), accepted, "{answer:?}");
            }
            Self::CreateCourse => {
                let mut tx = world.ports.store.read().await.unwrap();
                let institution = tx.institution_named("EPFL").await.unwrap().unwrap().id;
                drop(tx);
                let (lab, dates) = (ground.lab, CourseDates::default());
                let template_project = world.project_named(SECOND_TEMPLATE);
                let new = NewCourse { lab, template_project, institution, dates };
                // The audit asks whether its template is funded.
                create_course(app, ADMIN, new).await.unwrap();
            }
            Self::Assign | Self::UndoneAssign => {
                let answer = assign_seats(app, ADMIN, ground.course, students(1)).await;
                world.settled().await;
                let done = answer.map_or(0, |results| {
                    results.iter().filter(|result| result.status == ItemStatus::Done).count()
                });
                assert_eq!(done, world.count("course_enrolment"));
            }
            Self::Activate | Self::UndoneActivation => {
                let answer = activate_enrolments(app, &pupil(1)).await.unwrap();
                world.settled().await;
                let done = answer.iter().filter(|result| result.status == ItemStatus::Done).count();
                let rows = world.count("course_enrolment WHERE activated_at IS NOT NULL");
                assert_eq!(done, rows, "{answer:?}");
            }
            Self::Drop => {
                let seat = world.seats(ground.course).await;
                let seat = seat.into_iter().find(|seat| seat.enrolment.is_some()).unwrap();
                let answer =
                    drop_seats(app, ADMIN, ground.course, vec![seat.id]).await.unwrap().remove(0);
                assert_ne!(answer.status, ItemStatus::Failed, "{answer:?}");
                world.settled().await;
                assert_eq!(world.count("course_enrolment WHERE is_dropped"), 1);
                // Nothing was spent: whatever went wrong, the seat comes back.
                let seats = world.seats(ground.course).await;
                assert!(seats.iter().all(|seat| seat.enrolment.is_none()), "{seats:?}");
            }
            Self::Void => {
                void_course(app, ADMIN, ground.course).await.unwrap();
            }
            Self::Delete => {
                // Not done when the answer is due is no harm: it goes on by itself.
                let _ = delete_course(app, ADMIN, ground.course).await;
                world.settled().await;
                assert_eq!(world.count("course"), 0);
            }
            Self::End => {
                expire_courses(app, ADMIN).await.unwrap();
            }
        }
        world.settled().await;
    }
}

async fn invite(world: &World, ground: Ground) {
    let (owner, email) = (world.owner(), pupil(3).email.unwrap());
    send_invite(&world.app, &owner, ground.lab, email, GroupRole::Admin).await.unwrap();
}
