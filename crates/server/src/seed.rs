//! The example of a first start: an institution, a lab with an administrator, a course with
//! seats. Made through the use cases, as people would.

use crate::http::State;
use chrono::{SubsecRound, TimeDelta};
use course_seats_application::Session;
use course_seats_application::ports::{AuthError, Caller, StoreError};
use course_seats_application::use_cases::courses::{
    ActivateCourseError, CreateCourseError, NewCourse, activate_course, create_course,
};
use course_seats_application::use_cases::institutions::{
    NewInstitution, create_institution, search_institutions,
};
use course_seats_application::use_cases::labs::{
    CreateLabError, CreateProjectError, InviteError, NewProject, SendInviteError, accept_invite,
    create_lab, create_project, send_invite,
};
use course_seats_application::use_cases::seats::{ProvisionError, provision_seats};
use course_seats_domain::course::CourseDates;
use course_seats_domain::group::GroupRole;
use course_seats_domain::ids::InviteId;
use course_seats_domain::values::SeatCount;
use course_seats_domain::virtual_lab::{ComputeCell, LabProfile};
use course_seats_sandbox::{OAuthError, TokenRequest, people};
use secrecy::SecretString;
use serde_json::Value;

/// The name of the example's lab.
pub const LAB_NAME: &str = "Example Course Lab";

/// Why the example could not be made.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Signing in.
    #[error(transparent)]
    SignIn(#[from] OAuthError),
    /// Signing in.
    #[error(transparent)]
    Session(#[from] AuthError),
    /// The lab.
    #[error(transparent)]
    Lab(#[from] CreateLabError),
    /// Its administrator.
    #[error(transparent)]
    Invite(#[from] SendInviteError),
    /// Its administrator.
    #[error(transparent)]
    Accept(#[from] InviteError),
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

/// Makes the example if there is nothing yet; whether it did. A start that was killed in the
/// middle leaves part of it, which is not completed: the next one finds that there is something.
pub async fn seed(state: &State) -> Result<bool, SeedError> {
    let app = &state.app;
    if search_institutions(app, None, None).await?.total > 0 {
        return Ok(false);
    }
    let admin = sign_in(state, "service-admin").await?;
    let owner = sign_in(state, "obi-virtual-lab").await?;
    let institution = NewInstitution {
        name: value("Example University")?,
        contact_email: value("courses@university.example")?,
    };
    let institution = create_institution(app, &admin.subject, institution).await?;
    let lab = LabProfile {
        name: value(LAB_NAME)?,
        description: "A lab to try things out".into(),
        reference_email: None,
        email_verified: false,
        entity: "Example University".into(),
        compute_cell: ComputeCell::default(),
    };
    let lab = create_lab(app, &owner, lab).await?.id;
    let invited = value("faculty@sandbox.example")?;
    let invite = send_invite(app, &owner, lab, invited, GroupRole::Admin).await?;
    match token_of(state, invite) {
        Some(token) => {
            let faculty = sign_in(state, "faculty").await?;
            accept_invite(app, &faculty, &token).await?;
        }
        None => tracing::warn!("the example's invite did not arrive: faculty is no admin of it"),
    }
    let template = NewProject {
        name: value("Template")?,
        description: Some("What students start from".into()),
    };
    let template = create_project(app, &owner, lab, template).await?.project.id;
    let now = app.now().trunc_subsecs(0);
    let dates = CourseDates {
        start: Some(now - TimeDelta::days(1)),
        last_drop: Some(now + TimeDelta::days(10)),
        end: Some(now + TimeDelta::days(90)),
    };
    let course = NewCourse { lab, template_project: template, institution: institution.id, dates };
    let course = create_course(app, &admin.subject, course).await?.course.id;
    activate_course(app, &admin.subject, course).await?;
    let seats = SeatCount::new(5).map_err(|why| SeedError::Value(why.to_string()))?;
    provision_seats(app, &admin.subject, course, seats).await?;
    Ok(true)
}

async fn sign_in(state: &State, username: &str) -> Result<Caller, SeedError> {
    let request = TokenRequest {
        grant_type: Some("password".into()),
        client_id: Some(people::CLIENT_ID.into()),
        username: Some(username.into()),
        password: Some(SecretString::from(people::PASSWORD)),
        refresh_token: None,
    };
    let answer = state.sandbox.systems.identity.token(&request)?;
    let token = answer.get("access_token").and_then(Value::as_str).unwrap_or_default();
    Ok(Session::sign_in(&state.app, token).await?.caller)
}

/// The token in the link of the newest mail, which is that of the invite.
fn token_of(state: &State, invite: InviteId) -> Option<String> {
    let mails = state.sandbox.systems.mailbox.mailbox_json();
    let links = mails.pointer("/mails/0/links")?.as_array()?;
    let token = links.iter().filter_map(Value::as_str).find_map(|link| {
        let (_, token) = link.split_once("token=")?;
        Some(token.split('&').next().unwrap_or(token).to_owned())
    });
    tracing::debug!(%invite, found = token.is_some(), "looked for the example's invite");
    token
}

fn value<T: std::str::FromStr<Err: ToString>>(text: &str) -> Result<T, SeedError> {
    text.parse().map_err(|why: T::Err| SeedError::Value(why.to_string()))
}
