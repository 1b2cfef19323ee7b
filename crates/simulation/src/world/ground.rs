//! Who lives in the world, and what is there before anything goes wrong.

use super::World;
use crate::memory::Directory;
use chrono::{DateTime, TimeDelta, Utc};
use course_seats_application::ports::{Caller, UserProfile};
use course_seats_application::use_cases::courses::{NewCourse, activate_course, create_course};
use course_seats_application::use_cases::institutions::{NewInstitution, create_institution};
use course_seats_application::use_cases::labs::{NewProject, create_lab, create_project};
use course_seats_application::use_cases::seats::provision_seats;
use course_seats_domain::course::CourseDates;
use course_seats_domain::ids::{CourseId, InstitutionId, LabId, ProjectId, UserId};
use course_seats_domain::values::{EmailAddress, LabName, SeatCount, StudentId};
use course_seats_domain::virtual_lab::{ComputeCell, LabProfile};
use std::sync::Arc;
use uuid::Uuid;

/// The name of the one institution.
pub const INSTITUTION: &str = "University of Everywhere";

/// How many people there are beside the owner.
const PEOPLE: u8 = 10;

/// The owner of course labs.
#[must_use]
pub fn owner() -> UserId {
    UserId::new(Uuid::from_u128(0xa11_0000))
}

/// One of the others; students and those who are invited.
#[must_use]
pub fn student(number: u8) -> UserId {
    UserId::new(Uuid::from_u128(0xb0b_0000 + u128::from(number % PEOPLE)))
}

/// What the university calls a student, and his address.
#[must_use]
pub fn student_names(number: u8) -> (StudentId, EmailAddress) {
    let id = StudentId::adopted(format!("S{number}"));
    (id, EmailAddress::adopted(format!("s{number}@students.example")))
}

/// Somebody who is signed in.
#[must_use]
pub fn caller(user: UserId) -> Caller {
    let name = user.to_string();
    Caller {
        subject: name.clone(),
        user: Some(user),
        username: name.clone(),
        full_name: name.clone(),
        email: Some(EmailAddress::adopted(format!("{name}@people.example"))),
        email_verified: true,
        groups: Arc::default(),
    }
}

pub(super) fn populate(directory: &mut Directory) {
    for user in (0..PEOPLE).map(student).chain([owner()]) {
        let caller = caller(user);
        let profile = UserProfile {
            id: user,
            username: caller.username,
            email: caller.email,
            first_name: String::new(),
            last_name: String::new(),
        };
        directory.people.insert(user, profile);
    }
}

/// What the creator of a lab says about it.
#[must_use]
pub fn day_profile(name: &str) -> LabProfile {
    LabProfile {
        name: LabName::adopted(name),
        description: "a lab".into(),
        reference_email: None,
        email_verified: false,
        entity: INSTITUTION.into(),
        compute_cell: ComputeCell::CellA,
    }
}

/// One lab as it was made at the beginning; courses come and go on it.
#[derive(Debug, Clone)]
pub struct Ground {
    /// The lab.
    pub lab: LabId,
    /// Its projects that a course can use as its template.
    pub templates: Vec<ProjectId>,
    /// The institution.
    pub institution: InstitutionId,
}

/// Dates of a course, counted from `now`.
pub(crate) fn dates(now: DateTime<Utc>, last_drop: TimeDelta, end: TimeDelta) -> CourseDates {
    CourseDates {
        start: Some(now - TimeDelta::hours(1)),
        last_drop: Some(now + last_drop),
        end: Some(now + end.max(last_drop + TimeDelta::minutes(1))),
    }
}

impl World {
    /// A lab with two templates, a course that is active, and free seats. `None`: it could not be
    /// made, although nothing goes wrong yet.
    pub fn ground(
        &self,
        number: usize,
        seats: u8,
        last_drop: TimeDelta,
        end: TimeDelta,
    ) -> Option<Ground> {
        let app = Arc::clone(&self.replica(0)?.app);
        let made = self.complete(0, async move {
            let owner = caller(owner());
            let profile = day_profile(&format!("Lab {number}"));
            let lab = create_lab(&app, &owner, profile).await.ok()?.id;
            let new = NewInstitution {
                name: INSTITUTION.parse().ok()?,
                contact_email: EmailAddress::adopted("office@everywhere.example"),
            };
            let institution = create_institution(&app, "admin", new).await.ok()?.id;
            let mut templates = Vec::new();
            for template in 0..2 {
                let name = format!("Template {template}").parse().ok()?;
                let new = NewProject { name, description: None };
                templates.push(create_project(&app, &owner, lab, new).await.ok()?.project.id);
            }
            let new = NewCourse {
                lab,
                template_project: *templates.first()?,
                institution,
                dates: dates(app.now(), last_drop, end),
            };
            let course: CourseId = create_course(&app, "admin", new).await.ok()?.course.id;
            activate_course(&app, "admin", course).await.ok()?;
            let count = SeatCount::new(i64::from(seats)).ok()?;
            provision_seats(&app, "admin", course, count).await.ok()?;
            Some(Ground { lab, templates, institution })
        });
        made.flatten()
    }
}
