//! Where the links in the mails lead while a sandbox runs: a stand-in for the two pages of the
//! portal, so that a person can go on in a browser. Never in production.

pub mod claim;
pub mod invite;

use crate::http::auth::{self, Demand};
use crate::http::call::Call;
use crate::http::error::Failure;
use crate::http::views;
use crate::sandbox_session::{SignInError, sign_in};
use actix_web::{HttpResponse, ResponseError};
use course_seats_application::ports::Caller;
use course_seats_sandbox::PortalPage;
use course_seats_sandbox::people::Person;
use std::sync::Arc;

async fn signed_in(call: &Call, username: &str) -> Result<Caller, Failure> {
    let username = username.to_owned();
    let identity = Arc::clone(call.state().sandbox.identity()?);
    let caller =
        call.run(move |app| async move { sign_in(&app, &identity, &username).await }).await?;
    caller.map_err(|error| match error {
        SignInError::Session(error) => auth::not_signed_in(&error, Demand::SignedIn),
        SignInError::Token(error) if error.status >= 500 => Failure::unavailable(),
        SignInError::Token(_) => Failure::invalid_field("username", "Choose a user of the sandbox"),
    })
}

fn from_query(call: &Call, name: &str) -> String {
    call.query().get(name).and_then(|value| value.as_str()).unwrap_or_default().to_owned()
}

fn shown(page: &PortalPage) -> HttpResponse {
    views::page(HttpResponse::Ok().finish(), page.render())
}

/// The same page, with what went wrong above it.
fn not_done(call: &Call, failure: &Failure, mut page: PortalPage, up: &str) -> HttpResponse {
    page.title = "Not done".into();
    page.mailbox = mailbox(call, up);
    page.paragraphs.insert(0, sentence(failure.words()));
    views::page(failure.error_response(), page.render())
}

/// Who can be chosen.
fn everybody(call: &Call) -> Vec<Person> {
    let identity = call.state().sandbox.identity.as_ref();
    identity.map(|identity| identity.everybody()).unwrap_or_default()
}

/// Where the mailbox is, if the mail goes there. `up` leads from the page to the sandbox's own
/// paths.
fn mailbox(call: &Call, up: &str) -> Option<String> {
    call.state().sandbox.mailbox.as_ref().map(|_| format!("{up}mailbox"))
}

fn sentence(mut text: String) -> String {
    if !text.ends_with(['.', '!', '?']) {
        text.push('.');
    }
    text
}
