//! The OpenAPI document, made from the handlers, and who shows it.

use super::endpoints::{Document, Inside};
use super::error::{Failure, code};
use super::state::State;
use actix_web::http::StatusCode;
use actix_web::http::header::ContentType;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use std::collections::BTreeMap;
use utoipa::OpenApi;
use utoipa::openapi::path::PathItem;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{Info, Server};
use utoipa_swagger_ui::SwaggerUi;

const BEARER: &str = "bearer";
const SANDBOX: &str = "sandbox";

const TAGS: &[(&str, &str)] = &[
    ("institutions", "Universities and others that buy seats. For service admins."),
    ("courses", "Courses on labs. For service admins."),
    ("seats", "Batches for service admins; students and their seats for the admins of a course."),
    ("enrolments", "What a student does, and what the admins of a course see."),
    ("virtual labs", "Labs, their projects and invitations."),
    ("invites", "Invitations into a lab."),
    ("operator", "What operators look at and set going. For service admins."),
    ("health", "Whether it lives, and whether it can work."),
    (SANDBOX, "The embedded identity provider, accounting and mailbox. Never in production."),
];

/// The document of a server under this path, with what of the sandbox is there.
#[must_use]
pub fn document(base_path: &str, inside: Inside) -> utoipa::openapi::OpenApi {
    let mut document = Document::openapi();
    inside.document(&mut document);
    document.info = Info::new("Course Seats", env!("CARGO_PKG_VERSION"));
    document.info.description = Some(
        "Seats in university courses on virtual labs: provisioned in batches, assigned to \
         students, claimed, activated, dropped."
            .into(),
    );
    if !base_path.is_empty() {
        document.servers = Some(vec![Server::new(base_path)]);
    }
    let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
    document
        .components
        .get_or_insert_default()
        .add_security_scheme(BEARER, SecurityScheme::Http(scheme));
    let scopes: [&str; 0] = [];
    document.security = Some(vec![SecurityRequirement::new(BEARER, scopes)]);
    let there = |(name, _): &&(&str, &str)| *name != SANDBOX || inside.any();
    let tag = |(name, text): &(&str, &str)| {
        TagBuilder::new().name(*name).description(Some(*text)).build()
    };
    document.tags = Some(TAGS.iter().filter(there).map(tag).collect());
    document
}

/// Path pattern → the methods that it has, as `Allow` tells them.
#[derive(Debug, Clone)]
pub struct Methods(BTreeMap<String, String>);

impl Methods {
    /// Those of a document.
    #[must_use]
    pub fn of(document: &utoipa::openapi::OpenApi) -> Self {
        let paths = document.paths.paths.iter();
        Self(paths.map(|(path, item)| (path.clone(), methods(item).join(", "))).collect())
    }
}

fn methods(item: &PathItem) -> Vec<&'static str> {
    [
        ("GET", item.get.is_some()),
        ("POST", item.post.is_some()),
        ("PATCH", item.patch.is_some()),
        ("PUT", item.put.is_some()),
        ("DELETE", item.delete.is_some()),
    ]
    .into_iter()
    .filter_map(|(method, there)| there.then_some(method))
    .collect()
}

/// The document as it is sent, written down once: as a structure it takes megabytes.
#[derive(Debug, Clone)]
pub struct Text(web::Bytes);

impl Text {
    /// This document's.
    ///
    /// # Errors
    /// If it cannot be written as JSON.
    pub fn of(document: &utoipa::openapi::OpenApi) -> serde_json::Result<Self> {
        serde_json::to_vec(document).map(|text| Self(text.into()))
    }
}

/// Routes the document, and Swagger UI on it.
pub fn configure(config: &mut ServiceConfig, document: &Text) {
    let document = web::Data::new(document.clone());
    let json = web::resource("/openapi.json").app_data(document).route(web::get().to(show));
    config.service(json);
    // Relative, so that they also work behind a proxy that adds a path.
    config.service(web::redirect("/", "docs/"));
    config.service(web::redirect("/docs", "docs/"));
    // Without its validator badge, which would show the document to somebody else's service.
    let settings = utoipa_swagger_ui::Config::from("../openapi.json")
        .validator_url("none")
        .persist_authorization(true);
    config.service(SwaggerUi::new("/docs/{_:.*}").config(settings));
}

async fn show(document: web::Data<Text>) -> HttpResponse {
    HttpResponse::Ok().content_type(ContentType::json()).body(document.0.clone())
}

/// What no endpoint answers: 404, or 405 if the path has other methods.
pub async fn otherwise(
    request: HttpRequest,
    state: web::Data<State>,
    methods: web::Data<Methods>,
) -> HttpResponse {
    let pattern = request.resource_map().match_pattern(request.path());
    let pattern = pattern.as_deref().map(|pattern| state.below_base(pattern));
    let failure = match pattern.and_then(|pattern| methods.0.get(pattern)) {
        Some(allow) => Failure::method_not_allowed(allow),
        None => Failure::new(StatusCode::NOT_FOUND, code::NOT_FOUND, "Not Found"),
    };
    actix_web::ResponseError::error_response(&failure)
}
