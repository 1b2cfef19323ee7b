//! Seats: batches for service admins, students for the admins of a course.

use super::jobs::accepted;
use super::problems::{Clash, Missing, Problems, TooBig};
use super::words::SeatStateWord;
use crate::http::call::Call;
use crate::http::error::{Answer, Failure};
use crate::http::fields::Fields;
use crate::http::headers::{OnceHeader, PreferHeader};
use crate::http::page::{self, Pagination};
use crate::http::parse::{self, Parsed};
use crate::http::views::{
    AssignResponse, BatchList, DropResponse, JobAccepted, Message, ProvisionedOut, SeatDetailOut,
    SeatList, TransferredOut, message, ok,
};
use actix_web::{get, post};
use course_seats_application::ports::store::{BatchFilter, SeatFilter};
use course_seats_application::use_cases::seats::{
    assign_seats, begin_assign, begin_drop, drop_seats, get_batch, list_batches, list_seats,
    provision_seats, transfer_seats,
};
use course_seats_domain::course::duplicates;
use course_seats_domain::ids::{BatchId, CourseId, SeatId};
use course_seats_domain::seat::{SeatState, TransferAmount};
use course_seats_domain::values::{EmailAddress, SeatCount, StudentId};
use serde::Serialize;
use serde_json::Value;
use std::collections::HashSet;
use utoipa::ToSchema;
use uuid::Uuid;

/// The most students or seats of one request.
const MOST: usize = 1000;

/// Seats to be provisioned.
#[derive(Serialize, ToSchema)]
pub struct ProvisionSeats {
    /// An active course.
    #[schema(example = "6f0c2f5e-3c55-4a55-9d0c-0a4b4f6c1e01")]
    pub course_id: Uuid,
    /// How many.
    #[schema(minimum = 1, maximum = 100, example = 10)]
    pub number_of_seats: u32,
}

/// Seats to be moved.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "source_course_id": "6f0c2f5e-3c55-4a55-9d0c-0a4b4f6c1e01",
    "target_course_id": "6f0c2f5e-3c55-4a55-9d0c-0a4b4f6c1e02",
    "amount": "all",
}))]
pub struct TransferSeats {
    /// A course past its last drop date.
    pub source_course_id: Uuid,
    /// Another one of the same institution, before its last drop date.
    pub target_course_id: Uuid,
    /// How many.
    pub amount: Amount,
}

/// How many seats move: exactly so many, or all that can.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub enum Amount {
    /// Exactly so many, or none.
    Exactly(u32),
    /// `"all"`.
    All(String),
}

/// Students who get a seat.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"students": [
    {"student_id": "S1", "email": "student-1@sandbox.example"},
    {"student_id": "S2", "email": "student-2@sandbox.example"},
]}))]
pub struct AssignSeats {
    /// Who.
    #[schema(min_items = 1, max_items = 1000)]
    pub students: Vec<Student>,
}

/// A student who gets a seat.
#[derive(Serialize, ToSchema)]
pub struct Student {
    /// What the university calls the student; also names the student's project.
    #[schema(min_length = 1, max_length = 250, example = "S1")]
    pub student_id: String,
    /// Where the claim link goes.
    #[schema(max_length = 255, format = Email, example = "student-1@sandbox.example")]
    pub email: String,
}

/// Seats whose students are dropped.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"seat_ids": ["6f0c2f5e-3c55-4a55-9d0c-0a4b4f6c1e01"]}))]
pub struct DropSeats {
    /// Which.
    #[schema(min_items = 1, max_items = 1000)]
    pub seat_ids: Vec<Uuid>,
}

/// Provision a batch of seats
#[utoipa::path(
    tag = "seats",
    operation_id = "provision_seats",
    params(OnceHeader),
    request_body = ProvisionSeats,
    responses(
        (status = 200, description = "The new seats", body = Message<ProvisionedOut>),
        Problems, Missing, Clash, TooBig,
    ),
)]
#[post("/seats/provision")]
pub async fn provision(mut call: Call) -> Answer {
    let admin = call.service_admin().await?;
    let read = call.body_once(&admin, |mut body| {
        let course = body.required("course_id", parse::id);
        let count = body.required("number_of_seats", |value| {
            SeatCount::new(parse::integer(value)?).map_err(|why| why.to_string())
        });
        body.finish((course, count))
    });
    let ((course, count), asked) = read.await?;
    let seats = call
        .run(move |app| async move { provision_seats(&app, asked, course, count).await })
        .await??;
    let title = format!("Successfully provisioned {} seats", seats.len());
    message(title, ProvisionedOut { seats: seats.into_iter().map(Into::into).collect() })
}

/// Find batches of seats
#[utoipa::path(
    tag = "seats",
    operation_id = "search_seat_batches",
    params(
        ("course_id" = Option<Uuid>, Query, description = "In this course"),
        ("institution_id" = Option<Uuid>, Query, description = "Of this institution"),
        ("vlab_name" = Option<String>, Query, description = "Part of the lab's name, without regard to case"),
        ("institution_name" = Option<String>, Query, description = "Part of the institution's name, likewise"),
        ("created_after" = Option<DateTime<Utc>>, Query, description = "Provisioned then or later"),
        ("created_before" = Option<DateTime<Utc>>, Query, description = "Provisioned then or before"),
        ("page" = Option<u32>, Query, minimum = 1, description = "Which page"),
        ("page_size" = Option<u32>, Query, minimum = 1, maximum = 1000, description = "Batches a page"),
    ),
    responses((status = 200, description = "Those that match", body = BatchList), Problems, Missing),
)]
#[get("/seats/batches")]
pub async fn search_batches(call: Call) -> Answer {
    call.service_admin().await?;
    let query = call.query();
    let mut fields = Fields::of_map(&query);
    let course = fields.optional("course_id", parse::id);
    let institution = fields.optional("institution_id", parse::id);
    let lab_name = fields.optional("vlab_name", parse::prose);
    let institution_name = fields.optional("institution_name", parse::prose);
    let after = fields.optional("created_after", parse::time);
    let before = fields.optional("created_before", parse::time);
    let page = page::read(&mut fields);
    let (course, institution, lab_name, institution_name, created_after, created_before, page) =
        fields.finish((course, institution, lab_name, institution_name, after, before, page))?;
    let filter = BatchFilter {
        batch: None,
        course,
        institution,
        lab_name: lab_name.filter(|name| !name.is_empty()),
        institution_name: institution_name.filter(|name| !name.is_empty()),
        created_after,
        created_before,
    };
    let found =
        call.run(move |app| async move { list_batches(&app, &filter, page).await }).await??;
    ok(BatchList::of(found.items, page::shown(page, found.total)))
}

/// Show a batch of seats
///
/// With an entry for each course that has seats of it.
#[utoipa::path(
    tag = "seats",
    operation_id = "get_seat_batch",
    params(("batch_id" = Uuid, Path, description = "The batch")),
    responses((status = 200, description = "The batch", body = BatchList), Problems, Missing),
)]
#[get("/seats/batches/{batch_id}")]
pub async fn show_batch(call: Call) -> Answer {
    call.service_admin().await?;
    let id: BatchId = call.id("batch_id")?;
    let batches = call.run(move |app| async move { get_batch(&app, id).await }).await??;
    ok(BatchList::of(batches, None))
}

/// Move available seats to another course
#[utoipa::path(
    tag = "seats",
    operation_id = "transfer_seats",
    params(OnceHeader),
    request_body = TransferSeats,
    responses(
        (status = 200, description = "The seats, moved", body = Message<TransferredOut>),
        Problems, Missing, Clash, TooBig,
    ),
)]
#[post("/seats/transfer")]
pub async fn transfer(mut call: Call) -> Answer {
    let admin = call.service_admin().await?;
    let read = call.body_once(&admin, |mut body| {
        let source = body.required("source_course_id", parse::id::<CourseId>);
        let target = body.required("target_course_id", parse::id::<CourseId>);
        let amount = body.required("amount", amount);
        if source.is_some() && source == target {
            let fault = "Value error, source_course_id and target_course_id must be different";
            body.fault::<()>("field_0", fault);
        }
        body.finish((source, target, amount))
    });
    let ((source, target, amount), asked) = read.await?;
    let seats = call
        .run(move |app| async move { transfer_seats(&app, asked, source, target, amount).await })
        .await??;
    let moved = TransferredOut {
        transferred_count: seats.len(),
        transferred_seats: seats.into_iter().map(Into::into).collect(),
    };
    message("Successfully transferred seats", moved)
}

fn amount(value: &Value) -> Parsed<TransferAmount> {
    if value.as_str() == Some("all") {
        return Ok(TransferAmount::All);
    }
    match parse::integer(value) {
        Ok(count) if count > 0 => {
            Ok(TransferAmount::Exactly(u32::try_from(count).unwrap_or(u32::MAX)))
        }
        _ => Err("Input should be 'all'".into()),
    }
}

/// List the seats of a course
#[utoipa::path(
    tag = "seats",
    operation_id = "list_seats_for_course",
    params(
        ("course_id" = Uuid, Path, description = "The course"),
        ("state" = inline(Option<SeatStateWord>), Query, description = "Only those in this state"),
        ("q" = Option<String>, Query, description = "Part of the student id or e-mail, without regard to case"),
        ("page" = Option<u32>, Query, minimum = 1, description = "Which page"),
        ("page_size" = Option<u32>, Query, minimum = 1, maximum = 1000, description = "Seats a page"),
    ),
    responses((status = 200, description = "The seats", body = SeatList), Problems),
)]
#[get("/seats/courses/{course_id}")]
pub async fn list(call: Call) -> Answer {
    let (_, course) = call.course_admin().await?;
    let query = call.query();
    let mut fields = Fields::of_map(&query);
    let state = fields.optional("state", |value| {
        parse::one_of(value, &SeatState::ALL.map(|state| (state.as_str(), state)))
    });
    let text = fields.optional("q", parse::prose);
    let page = page::read(&mut fields);
    let (state, text, page) = fields.finish((state, text, page))?;
    let filter = SeatFilter { state, text: text.filter(|text| !text.is_empty()) };
    let found =
        call.run(move |app| async move { list_seats(&app, course, &filter, page).await }).await??;
    ok(SeatList {
        data: found.items.into_iter().map(SeatDetailOut::from).collect(),
        pagination: page.map_or_else(
            || Pagination::whole(found.total),
            |page| Pagination::of(page, found.total),
        ),
    })
}

/// Assign seats to students
///
/// If the course, its dates, a duplicate or the number of seats stands in the way, nothing
/// happens at all. Then each student succeeds or fails alone; `pending` goes on by itself.
#[utoipa::path(
    tag = "seats",
    operation_id = "assign_seats",
    params(OnceHeader, PreferHeader, ("course_id" = Uuid, Path, description = "The course")),
    request_body = AssignSeats,
    responses(
        (status = 200, description = "What became of each student", body = AssignResponse),
        (status = 202, description = "It is under way", body = JobAccepted),
        Problems, Clash, TooBig,
    ),
)]
#[post("/seats/courses/{course_id}/assign")]
pub async fn assign_students(mut call: Call) -> Answer {
    let (admin, course) = call.course_admin().await?;
    let (students, asked) = call.body_once(&admin, read_students).await?;
    if call.prefers_async() {
        let job = call
            .run(move |app| async move { begin_assign(&app, asked, course, students).await })
            .await??;
        return accepted(&call, course, job);
    }
    let results = call
        .run(move |app| async move { assign_seats(&app, asked, course, students).await })
        .await??;
    ok(AssignResponse { results: results.into_iter().map(Into::into).collect() })
}

fn read_students(mut body: Fields<'_>) -> Result<Vec<(StudentId, EmailAddress)>, Failure> {
    let students: Option<Vec<(StudentId, EmailAddress)>> = body.list("students", MOST, |student| {
        let id = student.required("student_id", parse::line);
        let email = student.required("email", parse::line);
        Some((id?, email?))
    });
    let (ids, emails) = duplicates(students.iter().flatten());
    let twice = [(ids, "Duplicate student_id in request"), (emails, "Duplicate email in request")];
    let twice: Vec<_> = twice.iter().filter(|(is, _)| *is).map(|(_, what)| *what).collect();
    if !twice.is_empty() {
        body.fault::<()>("field_0", format!("Value error, {}", twice.join("; ")));
    }
    body.finish(students)
}

/// Drop students
///
/// A seat that was hardly used comes back once, before the last drop date. Each seat succeeds or
/// fails alone; `pending` goes on by itself.
#[utoipa::path(
    tag = "seats",
    operation_id = "drop_seats",
    params(OnceHeader, PreferHeader, ("course_id" = Uuid, Path, description = "The course")),
    request_body = DropSeats,
    responses(
        (status = 200, description = "What became of each seat", body = DropResponse),
        (status = 202, description = "It is under way", body = JobAccepted),
        Problems, Clash, TooBig,
    ),
)]
#[post("/seats/courses/{course_id}/drop")]
pub async fn drop_students(mut call: Call) -> Answer {
    let (admin, course) = call.course_admin().await?;
    let (seats, asked) = call.body_once(&admin, read_seats).await?;
    if call.prefers_async() {
        let job = call
            .run(move |app| async move { begin_drop(&app, asked, course, seats).await })
            .await??;
        return accepted(&call, course, job);
    }
    let results =
        call.run(move |app| async move { drop_seats(&app, asked, course, seats).await }).await??;
    ok(DropResponse { results: results.into_iter().map(Into::into).collect() })
}

fn read_seats(mut body: Fields<'_>) -> Result<Vec<SeatId>, Failure> {
    let seats: Option<Vec<SeatId>> = body.list("seat_ids", MOST, |seat| seat.whole(parse::id));
    let mut seen = HashSet::new();
    if !seats.iter().flatten().all(|seat| seen.insert(*seat)) {
        body.fault::<()>("field_0", "Value error, Duplicate seat_id in request");
    }
    body.finish(seats)
}
