//! Things to test with: whole, valid, with new ids, and the rest as plain as it can be.

use crate::runtime::RandomEntropy;
use chrono::{DateTime, TimeDelta, Utc};
use course_seats_application::ports::{Entropy, Store};
use course_seats_domain::course::{Course, CourseDates, CourseStatus};
use course_seats_domain::enrolment::Enrolment;
use course_seats_domain::group::{GroupId, GroupRole};
use course_seats_domain::ids::{BatchId, CourseId, LabId, ProjectId};
use course_seats_domain::institution::Institution;
use course_seats_domain::project::Project;
use course_seats_domain::seat::Seat;
use course_seats_domain::values::{Credits, EmailAddress, LabName};
use course_seats_domain::virtual_lab::{ComputeCell, Invite, LabProfile, VirtualLab};
use uuid::Uuid;

/// A new id.
#[must_use]
pub fn id<I: From<Uuid>>() -> I {
    RandomEntropy.uuid().into()
}

/// When everything that is built here was made: noon of 1 March 2027.
#[must_use]
pub fn start() -> DateTime<Utc> {
    "2027-03-01T12:00:00Z".parse().unwrap()
}

/// So many days after (or before) [`start`].
#[must_use]
pub fn day(number: i64) -> DateTime<Utc> {
    start() + TimeDelta::days(number)
}

/// An e-mail address.
#[must_use]
pub fn email(text: &str) -> EmailAddress {
    text.parse().unwrap()
}

/// An institution with a name of its own.
#[must_use]
pub fn institution() -> Institution {
    let id: Uuid = id();
    Institution {
        id: id.into(),
        name: format!("University {id}").parse().unwrap(),
        contact_email: email("office@university.ch"),
        created_at: start(),
        updated_at: start(),
    }
}

/// A lab with a name of its own.
#[must_use]
pub fn lab() -> VirtualLab {
    let id: Uuid = id();
    VirtualLab {
        id: id.into(),
        profile: LabProfile {
            name: LabName::adopted(format!("Lab {id}")),
            description: "A lab".into(),
            reference_email: Some(email("lab@university.ch")),
            email_verified: true,
            entity: "University".into(),
            compute_cell: ComputeCell::CellA,
        },
        owner: self::id(),
        admin_group: group(),
        member_group: group(),
        created_at: start(),
        updated_at: start(),
    }
}

/// A project of `lab` with a name of its own.
#[must_use]
pub fn project(lab: LabId) -> Project {
    let id: Uuid = id();
    Project {
        id: id.into(),
        lab,
        name: format!("Project {id}").parse().unwrap(),
        description: None,
        owner: self::id(),
        admin_group: group(),
        member_group: group(),
        deleted: false,
        created_at: start(),
        updated_at: start(),
    }
}

/// A course that is active and began an hour ago; last drop in 10 days, end in 100.
#[must_use]
pub fn course(lab: LabId, institution: &Institution, template: ProjectId) -> Course {
    Course {
        id: id(),
        lab,
        institution: institution.id,
        template_project: template,
        credits_per_seat: 200,
        dates: CourseDates {
            start: Some(start() - TimeDelta::hours(1)),
            last_drop: Some(day(10)),
            end: Some(day(100)),
        },
        status: CourseStatus::Active,
        budget_depleted: false,
        closing: None,
        created_at: start(),
        updated_at: start(),
    }
}

/// A free seat of `course`, of a batch of its own, good for a year.
#[must_use]
pub fn seat(course: &Course) -> Seat {
    Seat {
        id: id(),
        course: course.id,
        institution: course.institution,
        batch: id::<BatchId>(),
        credit_value: course.credits_per_seat,
        expiry: day(365),
        consumed: false,
        previously_dropped: false,
        enrolment: None,
        created_at: start(),
    }
}

/// An enrolment that nobody has claimed.
#[must_use]
pub fn enrolment(course: CourseId, project: ProjectId) -> Enrolment {
    let id: Uuid = id();
    Enrolment {
        id: id.into(),
        course,
        project,
        student_id: format!("S-{id}").parse().unwrap(),
        email: email(&format!("{id}@students.ch")),
        claimed_by: None,
        activated_at: None,
        dropped: false,
        dropping: None,
        grant: Some(Credits::whole(200)),
        created_at: start(),
    }
}

/// An invite into `lab` that nobody has accepted.
#[must_use]
pub fn invite(lab: LabId, role: GroupRole) -> Invite {
    Invite {
        id: id(),
        lab,
        inviter: id(),
        role,
        email: email("guest@university.ch"),
        user: None,
        accepted: false,
        created_at: start(),
        updated_at: start(),
    }
}

/// A course with all that it needs.
#[derive(Debug, Clone)]
pub struct Campus {
    /// The institution.
    pub institution: Institution,
    /// The lab.
    pub lab: VirtualLab,
    /// The template project.
    pub template: Project,
    /// The course.
    pub course: Course,
}

impl Campus {
    /// Writes an active course with lab, institution and template.
    ///
    /// # Panics
    /// If the store refuses.
    pub async fn build(store: &dyn Store) -> Self {
        let (institution, lab) = (institution(), lab());
        let template = project(lab.id);
        let course = course(lab.id, &institution, template.id);
        let mut tx = store.begin().await.unwrap();
        tx.insert_institution(&institution).await.unwrap();
        tx.insert_lab(&lab).await.unwrap();
        tx.insert_project(&template).await.unwrap();
        tx.insert_course(&course).await.unwrap();
        tx.commit().await.unwrap();
        Self { institution, lab, template, course }
    }

    /// Writes an enrolment with its project, as `change` wants it; `with_seat`: on a new seat.
    ///
    /// # Panics
    /// If the store refuses.
    pub async fn enrol(
        &self,
        store: &dyn Store,
        with_seat: bool,
        change: impl FnOnce(&mut Enrolment),
    ) -> Enrolment {
        let project = project(self.lab.id);
        let mut enrolment = enrolment(self.course.id, project.id);
        change(&mut enrolment);
        let mut tx = store.begin().await.unwrap();
        tx.insert_project(&project).await.unwrap();
        tx.insert_enrolment(&enrolment).await.unwrap();
        if with_seat {
            let seat = Seat { enrolment: Some(enrolment.id), ..seat(&self.course) };
            tx.insert_seats(&[seat]).await.unwrap();
        }
        tx.commit().await.unwrap();
        enrolment
    }
}

fn group() -> GroupId {
    GroupId(id::<Uuid>().to_string())
}
