//! An institution, a lab with an administrator, a course with seats: each piece is looked for
//! first, and made through the use cases, as people would.

use crate::http::State;
use crate::sandbox_session::{SignInError, sign_in};
use chrono::{SubsecRound, TimeDelta};
use course_seats_application::App;
use course_seats_application::ports::store::{Page, SagaFilter, SeatFilter};
use course_seats_application::ports::{Caller, PortError, StoreError};
use course_seats_application::use_cases::courses::{
    ActivateCourseError, CreateCourseError, NewCourse, activate_course, create_course,
    search_courses,
};
use course_seats_application::use_cases::institutions::{NewInstitution, create_institution};
use course_seats_application::use_cases::labs::{
    CreateLabError, CreateProjectError, InviteError, NewProject, SendInviteError, accept_invite,
    create_lab, create_project, send_invite,
};
use course_seats_application::use_cases::operations::list_sagas;
use course_seats_application::use_cases::seats::{ProvisionError, list_seats, provision_seats};
use course_seats_domain::course::{Course, CourseDates, CourseStatus};
use course_seats_domain::group::GroupRole;
use course_seats_domain::ids::{InstitutionId, ProjectId};
use course_seats_domain::plans::SagaKind;
use course_seats_domain::saga::Status;
use course_seats_domain::values::SeatCount;
use course_seats_domain::virtual_lab::{ComputeCell, LabProfile, VirtualLab};
use course_seats_sandbox::{SandboxMailbox, people};
use serde_json::Value;
use std::sync::Arc;
use uuid::Uuid;

/// The name of the example's lab.
pub const LAB_NAME: &str = "Example Course Lab";

const INSTITUTION: &str = "Example University";
const TEMPLATE_NAME: &str = "Template";
const FACULTY_EMAIL: &str = "faculty@sandbox.example";
const SEATS: i64 = 5;

/// Why the example could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ExampleError {
    /// An earlier start began a piece, and it is still being finished or undone.
    #[error("an earlier start began it, which is still being finished")]
    UnderWay,
    /// It is made for a sandbox.
    #[error("the example needs the sandbox's users and mailbox")]
    NoSandbox,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The identity provider.
    #[error(transparent)]
    Identity(#[from] PortError),
    /// Signing in.
    #[error(transparent)]
    SignIn(#[from] SignInError),
    /// The lab.
    #[error(transparent)]
    Lab(#[from] CreateLabError),
    /// Its administrator.
    #[error(transparent)]
    Invite(#[from] SendInviteError),
    /// Its administrator.
    #[error(transparent)]
    Accept(#[from] InviteError),
    /// Its administrator.
    #[error("the invitation of its administrator has not arrived")]
    NoMail,
    /// The template project.
    #[error(transparent)]
    Project(#[from] CreateProjectError),
    /// The course.
    #[error(transparent)]
    Course(#[from] CreateCourseError),
    /// The course.
    #[error(transparent)]
    Activate(#[from] ActivateCourseError),
    /// The seats.
    #[error(transparent)]
    Seats(#[from] ProvisionError),
    /// A value of the example is not one.
    #[error("{0}")]
    Value(String),
}

/// Makes what is missing of the example.
pub async fn make(state: &State) -> Result<(), ExampleError> {
    let app = &state.app;
    let (Some(identity), Some(mailbox)) = (&state.sandbox.identity, &state.sandbox.mailbox) else {
        return Err(ExampleError::NoSandbox);
    };
    let admin = sign_in(app, identity, "service-admin").await?;
    let owner = sign_in(app, identity, "obi-virtual-lab").await?;
    let institution = NewInstitution {
        name: value(INSTITUTION)?,
        contact_email: value("courses@university.example")?,
    };
    let institution = create_institution(app, &admin.subject, institution).await?;
    let lab = lab(app, &owner).await?;
    let admins = app.ports().identity.members(lab.group(GroupRole::Admin)).await?;
    if !admins.contains(&people::FACULTY) {
        let faculty = sign_in(app, identity, "faculty").await?;
        let token = invitation(app, &owner, &lab, mailbox).await?;
        accept_invite(app, &faculty, &token).await?;
    }
    let template = template(app, &owner, &lab).await?;
    let course = course(app, &admin, &lab, template, institution.id).await?;
    if course.status == CourseStatus::Draft {
        activate_course(app, &admin.subject, course.id).await?;
    }
    if list_seats(app, course.id, &SeatFilter::default(), None).await?.total == 0 {
        let seats = SeatCount::new(SEATS).map_err(|why| ExampleError::Value(why.to_string()))?;
        provision_seats(app, &admin.subject, course.id, seats).await?;
    }
    Ok(())
}

async fn lab(app: &Arc<App>, owner: &Caller) -> Result<VirtualLab, ExampleError> {
    for id in made_before(app, SagaKind::CreateLab).await? {
        let lab = app.ports().store.read().await?.lab(id.into()).await?;
        if let Some(lab) = lab.filter(|lab| lab.profile.name.to_string() == LAB_NAME) {
            return Ok(lab);
        }
    }
    let profile = LabProfile {
        name: value(LAB_NAME)?,
        description: "A lab to try things out".into(),
        reference_email: None,
        email_verified: false,
        entity: INSTITUTION.into(),
        compute_cell: ComputeCell::default(),
    };
    Ok(create_lab(app, owner, profile).await?)
}

async fn template(
    app: &Arc<App>,
    owner: &Caller,
    lab: &VirtualLab,
) -> Result<ProjectId, ExampleError> {
    for id in made_before(app, SagaKind::CreateProject).await? {
        let project = app.ports().store.read().await?.project(id.into()).await?;
        let ours = project.filter(|project| {
            project.lab == lab.id && !project.deleted && project.name.as_str() == TEMPLATE_NAME
        });
        if let Some(project) = ours {
            return Ok(project.id);
        }
    }
    let new = NewProject {
        name: value(TEMPLATE_NAME)?,
        description: Some("What students start from".into()),
    };
    Ok(create_project(app, owner, lab.id, new).await?.project.id)
}

async fn course(
    app: &Arc<App>,
    admin: &Caller,
    lab: &VirtualLab,
    template_project: ProjectId,
    institution: InstitutionId,
) -> Result<Course, ExampleError> {
    let found = search_courses(app, LAB_NAME, None).await?.items;
    if let Some(found) = found.into_iter().find(|found| found.course.lab == lab.id) {
        return Ok(found.course);
    }
    let now = app.now().trunc_subsecs(0);
    let dates = CourseDates {
        start: Some(now - TimeDelta::days(1)),
        last_drop: Some(now + TimeDelta::days(10)),
        end: Some(now + TimeDelta::days(90)),
    };
    let new = NewCourse { lab: lab.id, template_project, institution, dates };
    Ok(create_course(app, &admin.subject, new).await?.course)
}

/// What earlier starts made of this kind, as the notebook tells it.
async fn made_before(app: &App, kind: SagaKind) -> Result<Vec<Uuid>, ExampleError> {
    let filter = SagaFilter { kind: Some(kind), ..SagaFilter::default() };
    let sagas = list_sagas(app, &filter, Page { number: 1, size: 100 }).await?.items;
    if sagas.iter().any(|saga| matches!(saga.status, Status::Running | Status::Undoing)) {
        return Err(ExampleError::UnderWay);
    }
    let done = sagas.iter().filter(|saga| saga.status == Status::Completed);
    let id = |subject: &str| subject.split_once(':').and_then(|(_, id)| id.parse().ok());
    Ok(done.filter_map(|saga| id(&saga.subject)).collect())
}

/// The token in the invitation of faculty: the one that arrived, or else one that is sent now.
async fn invitation(
    app: &Arc<App>,
    owner: &Caller,
    lab: &VirtualLab,
    mailbox: &SandboxMailbox,
) -> Result<String, ExampleError> {
    if let Some(token) = token_in(mailbox) {
        return Ok(token);
    }
    send_invite(app, owner, lab.id, value(FACULTY_EMAIL)?, GroupRole::Admin).await?;
    token_in(mailbox).ok_or(ExampleError::NoMail)
}

fn token_in(mailbox: &SandboxMailbox) -> Option<String> {
    let mails = mailbox.mailbox_json();
    let subject = format!("Invitation to {LAB_NAME}");
    let mail = mails.get("mails")?.as_array()?.iter().find(|mail| {
        mail.get("to").and_then(Value::as_str) == Some(FACULTY_EMAIL)
            && mail.get("subject").and_then(Value::as_str) == Some(&subject)
    })?;
    let mut links = mail.get("links")?.as_array()?.iter().filter_map(Value::as_str);
    let (_, token) = links.find_map(|link| link.split_once("token="))?;
    Some(token.to_owned())
}

fn value<T: std::str::FromStr<Err: ToString>>(text: &str) -> Result<T, ExampleError> {
    text.parse().map_err(|why: T::Err| ExampleError::Value(why.to_string()))
}
