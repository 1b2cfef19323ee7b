//! A web server that does the least that a read needs.

use super::database::{Connections, Lent, connections};
use crate::world::wrong;
use actix_web::http::header::{AUTHORIZATION, RETRY_AFTER};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use chrono::{DateTime, Utc};
use clap::Args;
use course_seats::demo::client::fetch;
use course_seats::demo::{Seen, Wrong};
use course_seats_oidc::{JwkSet, key_set, verify};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::io::Write;
use std::sync::{PoisonError, RwLock};
use tokio_postgres::Row;
use uuid::Uuid;

/// What the service asks for one course.
const COURSE: &str = "SELECT c.id, c.virtual_lab_id, l.name, c.institution_id, i.name, \
    c.template_project_id, c.status::text, c.start_date, c.end_date, c.last_drop_date, \
    i.contact_email, c.credits_per_seat, c.budget_depleted, c.closing, c.created_at, c.updated_at \
    FROM course c JOIN virtual_lab l ON l.id = c.virtual_lab_id \
    JOIN institution i ON i.id = c.institution_id WHERE c.id = $1";

/// The paths of the bound server.
pub struct Bound;

impl Bound {
    /// Verifies the token.
    pub const TOKEN: &'static str = "/token";
    /// Verifies the token, and asks for the course.
    pub const QUERY: &'static str = "/query";
    /// The same, but a token that was verified once is not verified again, whatever becomes of it.
    pub const KNOWN: &'static str = "/known";
    /// Refuses, as somebody does who has too much to do.
    pub const REFUSAL: &'static str = "/refusal";
}

/// Serves the bound of requests.
#[derive(Debug, Clone, Args)]
pub struct BoundServer {
    /// The address of the database.
    #[arg(long)]
    pub database: String,
    /// The realm, as it is called.
    #[arg(long)]
    pub realm: String,
    /// The course that is asked for.
    #[arg(long)]
    pub course: Uuid,
    /// Connections to the database.
    #[arg(long)]
    pub pool_size: usize,
    /// Threads that speak HTTP.
    #[arg(long)]
    pub workers: usize,
}

struct Known {
    keys: JwkSet,
    issuer: String,
    course: Uuid,
    connections: Connections,
    /// Headers with tokens that were good.
    seen: RwLock<HashSet<String>>,
}

impl BoundServer {
    /// Serves until it is killed; the first line that it prints is its address.
    pub async fn run(self) -> Seen<()> {
        let http = reqwest::Client::builder().no_proxy().build().map_err(wrong("a client"))?;
        let get = async |path: &str| {
            fetch(&http, Method::GET, &format!("{}{path}", self.realm), None).await?.ok()
        };
        let discovery = get("/.well-known/openid-configuration").await?;
        let issuer = discovery.get("issuer").and_then(Value::as_str).unwrap_or_default();
        let keys = key_set(&get("/protocol/openid-connect/certs").await?);
        let known = Known {
            keys: keys.ok_or_else(|| Wrong::new("published keys", "none"))?,
            issuer: issuer.to_owned(),
            course: self.course,
            connections: connections(&self.database, COURSE, self.pool_size)?,
            seen: RwLock::default(),
        };
        let known = web::Data::new(known);
        let server = HttpServer::new(move || {
            App::new()
                .app_data(known.clone())
                .route(Bound::TOKEN, web::get().to(only_token))
                .route(Bound::QUERY, web::get().to(with_query))
                .route(Bound::KNOWN, web::get().to(with_query_if_known))
                .route(Bound::REFUSAL, web::get().to(refuse))
        });
        let server =
            server.workers(self.workers).bind(("127.0.0.1", 0)).map_err(wrong("a port"))?;
        for address in server.addrs() {
            writeln!(std::io::stdout().lock(), "http://{address}").map_err(wrong("stdout"))?;
        }
        server.run().await.map_err(wrong("a web server"))
    }
}

async fn refuse() -> HttpResponse {
    HttpResponse::ServiceUnavailable()
        .insert_header((RETRY_AFTER, "5"))
        .json(json!({ "message": "Too many requests are being answered; please try again" }))
}

async fn only_token(request: HttpRequest, known: web::Data<Known>) -> HttpResponse {
    match subject(&request, &known) {
        Some(subject) => HttpResponse::Ok().json(json!({ "sub": subject })),
        None => HttpResponse::Unauthorized().finish(),
    }
}

async fn with_query(request: HttpRequest, known: web::Data<Known>) -> HttpResponse {
    match subject(&request, &known) {
        Some(_) => the_course(&known).await,
        None => HttpResponse::Unauthorized().finish(),
    }
}

async fn with_query_if_known(request: HttpRequest, known: web::Data<Known>) -> HttpResponse {
    match is_known(&request, &known) {
        true => the_course(&known).await,
        false => HttpResponse::Unauthorized().finish(),
    }
}

async fn the_course(known: &Known) -> HttpResponse {
    match course(known).await {
        Some(course) => HttpResponse::Ok().json(course),
        None => HttpResponse::ServiceUnavailable().finish(),
    }
}

fn is_known(request: &HttpRequest, known: &Known) -> bool {
    let header = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let header = header.unwrap_or_default();
    if known.seen.read().unwrap_or_else(PoisonError::into_inner).contains(header) {
        return true;
    }
    let good = subject(request, known).is_some();
    if good {
        let mut seen = known.seen.write().unwrap_or_else(PoisonError::into_inner);
        seen.insert(header.to_owned());
    }
    good
}

fn subject(request: &HttpRequest, known: &Known) -> Option<String> {
    let header = request.headers().get(AUTHORIZATION)?.to_str().ok()?;
    let token = header.strip_prefix("Bearer ")?;
    verify(token, &known.keys, &known.issuer, now()).ok().map(|claims| claims.sub)
}

async fn course(known: &Known) -> Option<Value> {
    let lent: Lent = known.connections.get().await.ok()?;
    let row = lent.client.query_one(&lent.query, &[&known.course]).await.ok()?;
    let id = |at| row.try_get::<_, Uuid>(at).ok();
    let word = |at| row.try_get::<_, String>(at).ok();
    Some(json!({
        "message": "Course retrieved successfully",
        "data": {
            "id": id(0), "virtual_lab_id": id(1), "virtual_lab_name": word(2),
            "institution_id": id(3), "institution_name": word(4), "template_project_id": id(5),
            "status": word(6), "start_date": time(&row, 7), "end_date": time(&row, 8),
            "last_drop_date": time(&row, 9),
        },
    }))
}

fn time(row: &Row, at: usize) -> Option<DateTime<Utc>> {
    row.try_get(at).ok()
}

#[expect(clippy::disallowed_methods, reason = "tokens live by the system's clock")]
fn now() -> DateTime<Utc> {
    Utc::now()
}
