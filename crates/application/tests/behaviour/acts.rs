//! What can be done to a world, without looking at the answers.

use crate::refused::{NAME, Refused};
use crate::world::{ADMIN, Ground, World, profile, pupil, students};
use chrono::TimeDelta;
use course_seats_application::App;
use course_seats_application::use_cases::courses::{
    NewCourse, create_course, delete_course, void_course,
};
use course_seats_application::use_cases::enrolments::activate_enrolments;
use course_seats_application::use_cases::labs::{
    NewProject, accept_invite, create_lab, create_project, send_invite,
};
use course_seats_application::use_cases::operations::expire_courses;
use course_seats_application::use_cases::seats::{assign_seats, drop_seats};
use course_seats_domain::course::CourseDates;
use course_seats_domain::group::GroupRole;
use course_seats_domain::ids::{InstitutionId, LabId, ProjectId, SeatId};
use std::sync::Arc;

/// One call of a use case, ready to be made.
#[derive(Debug)]
pub enum Blind {
    CreateLab,
    CreateProject(LabId),
    AcceptInvite(String),
    CreateCourse(LabId, ProjectId, InstitutionId),
    Assign(Ground),
    Activate,
    Drop(Ground, SeatId),
    Void(Ground),
    Delete(Ground),
    End,
}

pub const NAMES: [&str; 15] = [
    "create lab",
    "create project",
    "accept invite",
    "create course",
    "assign",
    "activate",
    "drop",
    "void",
    "delete",
    "end",
    // The same, but refused so late that everything is undone.
    "undone lab",
    "undone project",
    "undone invite",
    "undone assign",
    "undone activation",
];

impl Blind {
    /// Makes the world in which it can be done.
    pub async fn ready(name: &str, world: &World) -> Self {
        let ground = world.ground(4).await;
        let with_student = async || {
            world.claimed(ground.course, 1).await;
            activate_enrolments(&world.app, &pupil(1)).await.unwrap();
            let seats = world.seats(ground.course).await;
            seats.into_iter().find(|seat| seat.enrolment.is_some()).unwrap().id
        };
        let act = match name {
            "create lab" | "undone lab" => Self::CreateLab,
            "create project" | "undone project" => Self::CreateProject(ground.lab),
            "accept invite" | "undone invite" => {
                let email = pupil(3).email.unwrap();
                let owner = world.owner();
                send_invite(&world.app, &owner, ground.lab, email, GroupRole::Admin).await.unwrap();
                Self::AcceptInvite(world.last_token())
            }
            "create course" => {
                let lab = create_lab(&world.app, &world.owner(), profile("Another")).await.unwrap();
                let new = NewProject { name: "Template".parse().unwrap(), description: None };
                let project =
                    create_project(&world.app, &world.owner(), lab.id, new).await.unwrap().project;
                let mut tx = world.ports.store.read().await.unwrap();
                let institution = tx.institution_named("EPFL").await.unwrap().unwrap();
                Self::CreateCourse(lab.id, project.id, institution.id)
            }
            "assign" | "undone assign" => Self::Assign(ground),
            "activate" | "undone activation" => {
                world.claimed(ground.course, 1).await;
                Self::Activate
            }
            "drop" => {
                let seat = with_student().await;
                Self::Drop(ground, seat)
            }
            "void" => {
                with_student().await;
                Self::Void(ground)
            }
            "delete" => {
                with_student().await;
                void_course(&world.app, ADMIN, ground.course).await.unwrap();
                Self::Delete(ground)
            }
            "end" => {
                with_student().await;
                world.settled().await;
                world.clock.advance(TimeDelta::days(91)).unwrap();
                Self::End
            }
            other => panic!("no act {other}"),
        };
        let refused = match name {
            "undone lab" => Refused::Lab,
            "undone project" => Refused::Project,
            "undone invite" => Refused::Invite,
            "undone assign" => Refused::Assign,
            "undone activation" => Refused::Activation,
            _ => return act,
        };
        refused.begin(world);
        act
    }

    /// Does it; whatever the answer is.
    pub async fn call(self, app: &Arc<App>, world_owner: course_seats_application::ports::Caller) {
        match self {
            Self::CreateLab => drop(create_lab(app, &world_owner, profile(NAME)).await),
            Self::CreateProject(lab) => {
                let new = NewProject { name: NAME.parse().unwrap(), description: None };
                drop(create_project(app, &world_owner, lab, new).await);
            }
            Self::AcceptInvite(token) => drop(accept_invite(app, &pupil(3), &token).await),
            Self::CreateCourse(lab, template_project, institution) => {
                let dates = CourseDates::default();
                let new = NewCourse { lab, template_project, institution, dates };
                drop(create_course(app, ADMIN, new).await);
            }
            Self::Assign(ground) => {
                drop(assign_seats(app, ADMIN, ground.course, students(3)).await);
            }
            Self::Activate => drop(activate_enrolments(app, &pupil(1)).await),
            Self::Drop(ground, seat) => {
                drop(drop_seats(app, ADMIN, ground.course, vec![seat]).await);
            }
            Self::Void(ground) => drop(void_course(app, ADMIN, ground.course).await),
            Self::Delete(ground) => drop(delete_course(app, ADMIN, ground.course).await),
            Self::End => drop(expire_courses(app, ADMIN).await),
        }
    }
}
