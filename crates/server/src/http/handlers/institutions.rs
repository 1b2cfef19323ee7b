//! Institutions. Only for service admins.

use super::problems::{Bad, Clash, Missing, Problems, TooBig};
use crate::http::call::Call;
use crate::http::error::Answer;
use crate::http::fields::Fields;
use crate::http::views::{InstitutionOut, Message, MessageList, message, ok};
use crate::http::{page, parse};
use actix_web::{get, patch, post};
use course_seats_application::use_cases::institutions::{
    InstitutionChanges, NewInstitution, create_institution, get_institution, search_institutions,
    update_institution,
};
use course_seats_domain::ids::InstitutionId;
use serde::Serialize;
use utoipa::ToSchema;

/// An institution to be made.
#[derive(Serialize, ToSchema)]
pub struct InstitutionCreate {
    /// At most 250 characters, unique.
    #[schema(example = "Example University", max_length = 250)]
    pub name: String,
    /// Where to write to.
    #[schema(example = "courses@university.example", format = Email)]
    pub contact_email: String,
}

/// What is to be changed of an institution: an absent field stays.
#[derive(Serialize, ToSchema)]
pub struct InstitutionUpdate {
    /// At most 250 characters, unique.
    #[schema(example = "Example University", max_length = 250, required = false)]
    pub name: String,
    /// Where to write to.
    #[schema(example = "courses@university.example", format = Email, required = false)]
    pub contact_email: String,
}

/// Make an institution
///
/// One that has the name already is the answer, unchanged.
#[utoipa::path(
    tag = "institutions",
    operation_id = "create_institution",
    request_body = InstitutionCreate,
    responses((status = 200, description = "It exists", body = Message<InstitutionOut>), Problems, TooBig),
)]
#[post("/institutions")]
pub async fn create(mut call: Call) -> Answer {
    let admin = call.service_admin().await?;
    let new = call.body(|mut body| {
        let name = body.required("name", parse::line);
        let contact_email = body.required("contact_email", parse::line);
        let (name, contact_email) = body.finish((name, contact_email))?;
        Ok(NewInstitution { name, contact_email })
    });
    let new = new.await?;
    let institution = call
        .run(|app| async move { create_institution(&app, &admin.subject, new).await })
        .await??;
    message("Newly created institution", InstitutionOut::from(institution))
}

/// Find institutions by name
#[utoipa::path(
    tag = "institutions",
    operation_id = "search_institutions",
    params(
        ("q" = Option<String>, Query, description = "Part of the name, without regard to case"),
        ("page" = Option<u32>, Query, minimum = 1, description = "Which page"),
        ("page_size" = Option<u32>, Query, minimum = 1, maximum = 1000, description = "Items a page"),
    ),
    responses((status = 200, description = "Those that match", body = MessageList<InstitutionOut>), Problems),
)]
#[get("/institutions/_search")]
pub async fn search(call: Call) -> Answer {
    call.service_admin().await?;
    let query = call.query();
    let mut fields = Fields::of_map(&query);
    let text = fields.optional("q", parse::prose);
    let page = page::read(&mut fields);
    let (text, page) = fields.finish((text, page))?;
    let text = text.filter(|text| !text.is_empty());
    let title = match text {
        Some(_) => "Institutions matching query",
        None => "All institutions",
    };
    let found = call
        .run(move |app| async move { search_institutions(&app, text.as_deref(), page).await })
        .await??;
    ok(MessageList {
        message: title.to_owned(),
        data: found.items.into_iter().map(InstitutionOut::from).collect(),
        pagination: page::shown(page, found.total),
    })
}

/// Show an institution
#[utoipa::path(
    tag = "institutions",
    operation_id = "get_institution",
    params(("institution_id" = Uuid, Path, description = "The institution")),
    responses((status = 200, description = "The institution", body = Message<InstitutionOut>), Problems, Missing),
)]
#[get("/institutions/{institution_id}")]
pub async fn get(call: Call) -> Answer {
    call.service_admin().await?;
    let id: InstitutionId = call.id("institution_id")?;
    let institution = call.run(move |app| async move { get_institution(&app, id).await }).await??;
    message("Institution found", InstitutionOut::from(institution))
}

/// Change an institution
#[utoipa::path(
    tag = "institutions",
    operation_id = "update_institution",
    params(("institution_id" = Uuid, Path, description = "The institution")),
    request_body = InstitutionUpdate,
    responses(
        (status = 200, description = "As it is now", body = Message<InstitutionOut>),
        Problems, Bad, Missing, Clash, TooBig,
    ),
)]
#[patch("/institutions/{institution_id}")]
pub async fn update(mut call: Call) -> Answer {
    let admin = call.service_admin().await?;
    let id: InstitutionId = call.id("institution_id")?;
    let changes = call.body(|mut body| {
        let name = body.change("name", parse::line);
        let contact_email = body.change("contact_email", parse::line);
        let (name, contact_email) = body.finish((name, contact_email))?;
        Ok(InstitutionChanges { name, contact_email })
    });
    let changes = changes.await?;
    let institution = call
        .run(move |app| async move { update_institution(&app, &admin.subject, id, changes).await })
        .await??;
    message("Updated institution", InstitutionOut::from(institution))
}
