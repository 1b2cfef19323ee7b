//! Projects.

use super::labs::read_expand;
use super::problems::{Bad, Missing, Outside, Problems, TooBig};
use super::words::ProjectExpandWord;
use crate::http::auth::Demand;
use crate::http::call::Call;
use crate::http::error::Answer;
use crate::http::fields::Fields;
use crate::http::parse;
use crate::http::views::{LabOut, ProjectOut, ok};
use actix_web::post;
use course_seats_application::use_cases::labs::{LabExpand, get_lab};
use course_seats_application::use_cases::labs::{NewProject, create_project};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

/// A project to be made.
#[derive(Serialize, ToSchema)]
pub struct ProjectCreate {
    /// Unique within the lab, without regard to case.
    #[schema(example = "Template", min_length = 1, max_length = 250)]
    pub name: String,
    /// What it is for.
    #[schema(example = "What students start from")]
    pub description: Option<String>,
}

/// Make a project
///
/// Waits for its end; after a 502 or 503 nothing is left of it, and the same request can be sent
/// again.
#[utoipa::path(
    tag = "virtual labs",
    operation_id = "create_project",
    params(
        ("virtual_lab_id" = Uuid, Path, description = "The lab"),
        ("expand" = inline(Option<Vec<ProjectExpandWord>>), Query, description = "What else is shown"),
        ("seed_budget" = Option<bool>, Query, description = "Accepted and ignored"),
    ),
    request_body = ProjectCreate,
    responses((status = 200, description = "The project", body = ProjectOut), Problems, Bad, Missing, TooBig, Outside),
)]
#[post("/virtual-labs/{virtual_lab_id}/projects")]
pub async fn create(mut call: Call) -> Answer {
    let (caller, lab) = call.lab_admin(Demand::LabProjects).await?;
    let query = json!({ "expand": call.query_all("expand") });
    let mut fields = Fields::of(&query)?;
    let expand = read_expand(&mut fields, &["balance", "virtual_lab"]);
    let expand = fields.finish(expand)?;
    let new = call.body(|mut body| {
        let name = body.required("name", parse::line);
        let description = body.optional("description", parse::prose);
        let (name, description) = body.finish((name, description))?;
        Ok(NewProject { name, description })
    });
    let new = new.await?;
    let created =
        call.run(move |app| async move { create_project(&app, &caller, lab, new).await }).await??;
    let mut project = ProjectOut::of(created.project, &created.admins);
    if expand.contains(&"virtual_lab") {
        let nothing = LabExpand { admins: false, owner: false };
        let view = call.run(move |app| async move { get_lab(&app, lab, nothing).await }).await??;
        project.virtual_lab = Some(LabOut::of(view.lab, view.course));
    }
    ok(project)
}
