//! What can be done to a world, and what is told about it.

use crate::refused::{NAME, Refused};
use crate::world::{ADMIN, Ground, World, profile, pupil, students};
use chrono::TimeDelta;
use course_seats_application::App;
use course_seats_application::ports::Caller;
use course_seats_application::use_cases::courses::{
    NewCourse, create_course, delete_course, void_course,
};
use course_seats_application::use_cases::enrolments::activate_enrolments;
use course_seats_application::use_cases::labs::{
    CreateLabError, CreateProjectError, InviteError, NewProject, accept_invite, create_lab,
    create_project, send_invite,
};
use course_seats_application::use_cases::one_object::NotMade;
use course_seats_application::use_cases::operations::expire_courses;
use course_seats_application::use_cases::seats::{ItemStatus, assign_seats, drop_seats};
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

    /// Does it.
    pub async fn call(self, app: &Arc<App>, world_owner: Caller) -> Answer {
        match self {
            Self::CreateLab => match create_lab(app, &world_owner, profile(NAME)).await {
                Ok(_) => Answer::DONE,
                Err(CreateLabError::NotMade(why)) => why.into(),
                Err(_) => Answer::default(),
            },
            Self::CreateProject(lab) => {
                let new = NewProject { name: NAME.parse().unwrap(), description: None };
                match create_project(app, &world_owner, lab, new).await {
                    Ok(_) => Answer::DONE,
                    Err(CreateProjectError::NotMade(why)) => why.into(),
                    Err(_) => Answer::default(),
                }
            }
            Self::AcceptInvite(token) => match accept_invite(app, &pupil(3), &token).await {
                Ok(_) => Answer::DONE,
                Err(InviteError::NotMade(why)) => why.into(),
                Err(_) => Answer::default(),
            },
            Self::CreateCourse(lab, template_project, institution) => {
                let dates = CourseDates::default();
                let new = NewCourse { lab, template_project, institution, dates };
                let created = create_course(app, ADMIN, new).await;
                Answer::only_done(created.is_ok_and(|it| it.template_project_funded))
            }
            Self::Assign(ground) => {
                let results = assign_seats(app, ADMIN, ground.course, students(3)).await;
                results.unwrap_or_default().iter().map(|result| result.status).collect()
            }
            Self::Activate => {
                let results = activate_enrolments(app, &pupil(1)).await;
                results.unwrap_or_default().iter().map(|result| result.status).collect()
            }
            Self::Drop(ground, seat) => {
                let results = drop_seats(app, ADMIN, ground.course, vec![seat]).await;
                results.unwrap_or_default().iter().map(|result| result.status).collect()
            }
            Self::Void(ground) => {
                Answer::only_done(void_course(app, ADMIN, ground.course).await.is_ok())
            }
            Self::Delete(ground) => {
                Answer::only_done(delete_course(app, ADMIN, ground.course).await.is_ok())
            }
            Self::End => {
                let summary = expire_courses(app, ADMIN).await;
                Answer::only_done(summary.is_ok_and(|summary| summary.vlabs_depleted == 1))
            }
        }
    }
}

/// How many were told to be done, and how many not to be, for good. What is pending, or was never
/// begun, is neither.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Answer {
    pub done: i64,
    pub failed: i64,
}

impl Answer {
    const DONE: Self = Self { done: 1, failed: 0 };

    /// One of which it can be told when it is done, and else that it goes on.
    fn only_done(is_done: bool) -> Self {
        if is_done { Self::DONE } else { Self::default() }
    }
}

impl From<NotMade> for Answer {
    fn from(why: NotMade) -> Self {
        match why {
            NotMade::Undone | NotMade::TookTooLong => Self { done: 0, failed: 1 },
            NotMade::NothingStarted | NotMade::ShuttingDown => Self::default(),
        }
    }
}

impl FromIterator<ItemStatus> for Answer {
    fn from_iter<I: IntoIterator<Item = ItemStatus>>(statuses: I) -> Self {
        let mut answer = Self::default();
        for status in statuses {
            match status {
                ItemStatus::Done => answer.done += 1,
                ItemStatus::Failed => answer.failed += 1,
                ItemStatus::Pending => {}
            }
        }
        answer
    }
}
