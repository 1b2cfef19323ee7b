//! Where a claim link leads.

use super::super::openid::{field, form};
use super::super::problems::TooBig;
use super::{everybody, from_query, mailbox, not_done, sentence, shown, signed_in};
use crate::http::call::Call;
use crate::http::error::{Answer, Failure};
use actix_web::{get, post};
use course_seats_application::App;
use course_seats_application::ports::StoreError;
use course_seats_application::ports::store::CourseDetails;
use course_seats_application::use_cases::enrolments::{
    ActivateResult, ClaimError, activate_enrolments, claim_enrolment,
};
use course_seats_application::use_cases::seats::ItemStatus;
use course_seats_domain::enrolment::{ClaimRefusal, Enrolment, check_claim};
use course_seats_domain::ids::{EnrolmentId, UserId};
use course_seats_sandbox::{PortalForm, PortalPage};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;
use uuid::Uuid;

/// The form that claims.
#[derive(Serialize, ToSchema)]
pub struct ClaimForm {
    /// What the link names.
    #[schema(example = "6f0c2f5e-3c55-4a55-9d0c-0a4b4f6c1e01")]
    pub enrolment_id: Uuid,
    /// Who claims.
    #[schema(example = "student-1")]
    pub username: String,
}

/// Where a claim link leads, as a page
///
/// The portal has this path in production. Here it says what the portal would do, and lets a
/// user of the sandbox do it.
#[utoipa::path(
    tag = "sandbox",
    operation_id = "sandbox_claim_page",
    security(()),
    params(("enrolment_id" = Option<Uuid>, Query, description = "What the link names")),
    responses(
        (status = 200, description = "What there is to claim", body = String, content_type = "text/html"),
        (status = 404, description = "Nothing", body = String, content_type = "text/html"),
    ),
)]
#[get("/course-enrolment")]
pub async fn show(call: Call) -> Answer {
    let id = from_query(&call, "enrolment_id");
    match place(&call, &id).await {
        Ok(place) => Ok(shown(&place.page(&call, "sandbox/"))),
        Err(failure) => Ok(not_done(&call, &failure, PortalPage::default(), "sandbox/")),
    }
}

/// Claim, and be let in: what the portal does when a student follows the link and signs in
#[utoipa::path(
    tag = "sandbox",
    operation_id = "sandbox_claim",
    security(()),
    request_body(content = ClaimForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "What became of it", body = String, content_type = "text/html"),
        (status = 404, description = "There is nothing to claim", body = String, content_type = "text/html"),
        (status = 409, description = "It cannot be claimed", body = String, content_type = "text/html"),
        (status = 422, description = "Nobody was chosen", body = String, content_type = "text/html"),
        TooBig,
    ),
)]
#[post("/sandbox/course-enrolment")]
pub async fn submit(mut call: Call) -> Answer {
    let form = form(&mut call).await?;
    let id = field(&form, "enrolment_id").unwrap_or_default();
    let username = field(&form, "username").unwrap_or_default();
    let before = match place(&call, &id).await {
        Ok(before) => before,
        Err(failure) => return Ok(not_done(&call, &failure, PortalPage::default(), "")),
    };
    match claim_and_activate(&call, &before, &username).await {
        Ok(told) => {
            // Read again: it says what is so now, and what can be done next.
            let mut page = place(&call, &id).await?.page(&call, "");
            page.paragraphs = told;
            Ok(shown(&page))
        }
        Err(failure) => Ok(not_done(&call, &failure, before.page(&call, ""), "")),
    }
}

/// An enrolment, and the course that it is a place in.
struct Place {
    enrolment: Enrolment,
    course: CourseDetails,
    refusal: Option<ClaimRefusal>,
}

async fn place(call: &Call, id: &str) -> Result<Place, Failure> {
    let nothing =
        || Failure::not_found("Enrolment not found: the link is cut off, or the course is deleted");
    let id: EnrolmentId = Uuid::parse_str(id.trim()).map_err(|_| nothing())?.into();
    let found = call.run(move |app: Arc<App>| async move {
        let mut tx = app.ports().store.read().await?;
        let Some(enrolment) = tx.enrolment(id).await? else { return Ok(None) };
        let course = tx.course_details(enrolment.course).await?;
        Ok(course.map(|course| {
            let refusal = check_claim(&enrolment, &course.course, app.now()).err();
            Place { enrolment, course, refusal }
        }))
    });
    let found: Result<_, StoreError> = found.await?;
    found?.ok_or_else(nothing)
}

impl Place {
    /// `up` leads from the page to the sandbox's own paths.
    fn page(&self, call: &Call, up: &str) -> PortalPage {
        let enrolment = &self.enrolment;
        let about = format!(
            "A place for student {} in the course of {} in the virtual lab “{}”.",
            enrolment.student_id, self.course.institution_name, self.course.lab_name,
        );
        let (next, button) = match &self.refusal {
            None => (
                "In production this link opens the portal: the student signs in, and the portal \
                 claims the place and opens the project. Here, choose who that is."
                    .to_owned(),
                Some("Claim the place"),
            ),
            Some(ClaimRefusal::AlreadyClaimed) if enrolment.activated_at.is_some() => {
                (format!("{} has claimed it, and the project is open.", self.holder(call)), None)
            }
            Some(ClaimRefusal::AlreadyClaimed) => (
                format!(
                    "{} has claimed it. The project opens at the first sign-in after the course \
                     has begun.",
                    self.holder(call)
                ),
                Some("Sign in again"),
            ),
            Some(refusal) => (sentence(refusal.to_string()), None),
        };
        let form = button.map(|button| PortalForm {
            action: format!("{up}course-enrolment"),
            hidden: ("enrolment_id", enrolment.id.to_string()),
            people: everybody(call),
            suggested_email: Some(match enrolment.claimed_by.and_then(|id| person(call, id)) {
                Some(holder) => holder.email(),
                None => enrolment.email.as_str().to_owned(),
            }),
            button,
        });
        PortalPage {
            title: "A place in a course".into(),
            paragraphs: vec![about, next],
            form,
            mailbox: mailbox(call, up),
        }
    }

    fn holder(&self, call: &Call) -> String {
        let holder = self.enrolment.claimed_by.and_then(|id| person(call, id));
        holder.map_or_else(|| "Somebody".to_owned(), |person| person.username)
    }
}

/// What a sign-in at the portal does; what became of it, in words.
async fn claim_and_activate(
    call: &Call,
    place: &Place,
    username: &str,
) -> Result<Vec<String>, Failure> {
    let caller = signed_in(call, username).await?;
    let id = place.enrolment.id;
    let claimant = caller.clone();
    let claimed = call
        .run(move |app| async move { claim_enrolment(&app, &claimant, id, None).await })
        .await?;
    let claimed = match claimed {
        Ok(_) => format!("{username} has claimed the place."),
        Err(ClaimError::Refused(ClaimRefusal::AlreadyClaimed))
            if caller.user.is_some() && place.enrolment.claimed_by == caller.user =>
        {
            format!("{username} had claimed the place before.")
        }
        Err(error) => return Err(error.into()),
    };
    let results =
        call.run(move |app| async move { activate_enrolments(&app, &caller).await }).await??;
    let mine = results.into_iter().find(|result| result.enrolment == id);
    Ok(vec![claimed, let_in(mine)])
}

fn let_in(result: Option<ActivateResult>) -> String {
    match result {
        None => "The project is open.".into(),
        Some(result) if result.status == ItemStatus::Done => {
            "The course has begun, so the project is open, with its credits.".into()
        }
        Some(result) => {
            let why = result.error.unwrap_or_default();
            sentence(format!("The project is not open yet: {why}"))
        }
    }
}

fn person(call: &Call, id: UserId) -> Option<course_seats_sandbox::people::Person> {
    everybody(call).into_iter().find(|person| person.id == id)
}
