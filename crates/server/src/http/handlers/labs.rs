//! Virtual labs.

use super::problems::{Clash, Missing, Outside, Problems, TooBig};
use super::words::{ComputeCellWord, LabExpandWord};
use crate::http::call::Call;
use crate::http::error::Answer;
use crate::http::fields::Fields;
use crate::http::parse::{self, Parsed};
use crate::http::views::{LabOut, LabWithAdminsOut, ok};
use actix_web::{get, post};
use course_seats_application::use_cases::labs::{LabExpand, create_lab, get_lab};
use course_seats_domain::virtual_lab::{ComputeCell, LabProfile};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

/// A lab to be made.
#[derive(Serialize, ToSchema)]
pub struct LabCreate {
    /// At most 250 characters, unique.
    #[schema(example = "Neuroscience 101", max_length = 250)]
    pub name: String,
    /// What it is for.
    #[schema(example = "The first year's course")]
    pub description: String,
    /// Whom to ask.
    #[schema(example = "courses@university.example", format = Email)]
    pub reference_email: Option<String>,
    /// Whether that address was verified.
    #[schema(required = false, default = false)]
    pub email_verified: bool,
    /// The organisation behind it.
    #[schema(example = "Example University")]
    pub entity: String,
    /// Where its jobs run.
    #[schema(required = false, default = "cell_a")]
    pub compute_cell: ComputeCellWord,
    /// Only labs for courses are made here.
    #[schema(required = false, default = true)]
    pub is_course: bool,
}

/// Make a virtual lab
///
/// Whoever makes it owns it. Waits for its end; after a 502 or 503 nothing is left of it, and the
/// same request can be sent again.
#[utoipa::path(
    tag = "virtual labs",
    operation_id = "create_virtual_lab",
    request_body = LabCreate,
    responses((status = 200, description = "The lab", body = LabOut), Problems, Clash, TooBig, Outside),
)]
#[post("/virtual-labs")]
pub async fn create(mut call: Call) -> Answer {
    let caller = call.signed_in().await?;
    let profile = call.body(read).await?;
    let lab =
        call.run(move |app| async move { create_lab(&app, &caller, profile).await }).await??;
    ok(LabOut::of(lab, None))
}

fn read(mut body: Fields<'_>) -> Result<LabProfile, crate::http::error::Failure> {
    let name = body.required("name", parse::line);
    let description = body.required("description", parse::prose);
    let reference_email = body.optional("reference_email", parse::line);
    let email_verified = body.or_default("email_verified", false, parse::boolean);
    let entity = body.required("entity", parse::prose);
    let compute_cell = body.or_default("compute_cell", ComputeCell::default(), |value| {
        parse::one_of(value, &[("cell_a", ComputeCell::CellA), ("cell_b", ComputeCell::CellB)])
    });
    let is_course = body.optional("is_course", course_lab);
    let (name, description, reference_email, email_verified, entity, compute_cell, _) = body
        .finish((
            name,
            description,
            reference_email,
            email_verified,
            entity,
            compute_cell,
            is_course,
        ))?;
    Ok(LabProfile { name, description, reference_email, email_verified, entity, compute_cell })
}

/// Regular labs, with billing, stay with the other service.
fn course_lab(value: &Value) -> Parsed<()> {
    match parse::boolean(value)? {
        true => Ok(()),
        false => Err("Input should be True: only labs for courses are made here".into()),
    }
}

/// Show a virtual lab
#[utoipa::path(
    tag = "virtual labs",
    operation_id = "get_virtual_lab",
    params(
        ("virtual_lab_id" = Uuid, Path, description = "The lab"),
        ("expand" = inline(Option<Vec<LabExpandWord>>), Query, description = "What else is shown"),
    ),
    responses((status = 200, description = "The lab", body = LabWithAdminsOut), Problems, Missing),
)]
#[get("/virtual-labs/{virtual_lab_id}")]
pub async fn get(call: Call) -> Answer {
    let nothing = LabExpand { admins: false, owner: false };
    let lab = call
        .lab_reader(move |app, lab| async move { Ok(get_lab(&app, lab, nothing).await.map(drop)?) })
        .await?;
    let query = json!({ "expand": call.query_all("expand") });
    let mut fields = Fields::of(&query)?;
    let expand = read_expand(&mut fields, &["admins", "owner"]);
    let expand = fields.finish(expand)?;
    let expand = LabExpand { admins: expand.contains(&"admins"), owner: expand.contains(&"owner") };
    let view = call.run(move |app| async move { get_lab(&app, lab, expand).await }).await??;
    let created_by = view.lab.owner.uuid();
    ok(LabWithAdminsOut {
        lab: LabOut::of(view.lab, view.course),
        created_by,
        admins: view.admins.map(|admins| admins.iter().map(|admin| admin.uuid()).collect()),
        owner: view.owner.map(Into::into),
    })
}

/// Reads a list of words, which may be empty.
pub fn read_expand<'w>(fields: &mut Fields<'_>, words: &[&'w str]) -> Option<Vec<&'w str>> {
    let words: Vec<_> = words.iter().map(|word| (*word, *word)).collect();
    fields.required("expand", |value| {
        let values = value.as_array().into_iter().flatten();
        values.map(|value| parse::one_of(value, &words)).collect()
    })
}
