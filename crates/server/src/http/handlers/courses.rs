//! Courses. Only for service admins.

use super::problems::{Clash, Missing, Outside, Problems, TooBig};
use crate::http::call::Call;
use crate::http::error::Answer;
use crate::http::fields::{Fields, Patch};
use crate::http::headers::OnceHeader;
use crate::http::views::{
    CourseDetailOut, CourseOut, CreatedCourseOut, DeletedOut, Message, MessageList, message, ok,
};
use crate::http::{page, parse};
use actix_web::{delete, get, patch, post};
use chrono::{DateTime, Utc};
use course_seats_application::use_cases::courses::{
    CourseChanges, NewCourse, activate_course, create_course, delete_course, get_course,
    search_courses, update_course, void_course,
};
use course_seats_domain::course::CourseDates;
use course_seats_domain::ids::CourseId;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// A course to be made.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "virtual_lab_id": "6f0c2f5e-3c55-4a55-9d0c-0a4b4f6c1e01",
    "template_project_id": "6f0c2f5e-3c55-4a55-9d0c-0a4b4f6c1e02",
    "institution_id": "6f0c2f5e-3c55-4a55-9d0c-0a4b4f6c1e03",
    "start_date": "2027-02-22",
    "last_drop_date": "2027-03-08",
    "end_date": "2027-06-04T18:00:00+02:00",
}))]
pub struct CourseCreate {
    /// A lab of the course-lab owner that has no course yet.
    pub virtual_lab_id: Uuid,
    /// A project of that lab, which students' projects start from.
    pub template_project_id: Uuid,
    /// The institution whose seats it takes.
    pub institution_id: Uuid,
    /// The first moment at which students are let in. A date is midnight UTC.
    pub start_date: Option<DateTime<Utc>>,
    /// From this moment on everything is taken back.
    pub end_date: Option<DateTime<Utc>>,
    /// From this moment on no seat is assigned and none comes back.
    pub last_drop_date: Option<DateTime<Utc>>,
}

/// What is to be changed of a draft: an absent field stays, `null` clears a date.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "start_date": "2027-02-22",
    "last_drop_date": "2027-03-08",
    "end_date": "2027-06-04T18:00:00+02:00",
}))]
pub struct CourseUpdate {
    /// The first moment at which students are let in.
    pub start_date: Option<DateTime<Utc>>,
    /// From this moment on everything is taken back.
    pub end_date: Option<DateTime<Utc>>,
    /// From this moment on no seat is assigned and none comes back.
    pub last_drop_date: Option<DateTime<Utc>>,
    /// The institution whose seats it takes.
    #[schema(required = false)]
    pub institution_id: Uuid,
}

/// Find courses by the name of their lab
#[utoipa::path(
    tag = "courses",
    operation_id = "search_courses",
    params(
        ("vlab_name" = String, Query, min_length = 1, description = "Part of the lab's name, without regard to case"),
        ("page" = Option<u32>, Query, minimum = 1, description = "Which page"),
        ("page_size" = Option<u32>, Query, minimum = 1, maximum = 1000, description = "Items a page"),
    ),
    responses((status = 200, description = "Those that match", body = MessageList<CourseDetailOut>), Problems),
)]
#[get("/courses")]
pub async fn search(call: Call) -> Answer {
    call.service_admin().await?;
    let query = call.query();
    let mut fields = Fields::of_map(&query);
    let name = fields.required("vlab_name", parse::search);
    let page = page::read(&mut fields);
    let (name, page) = fields.finish((name, page))?;
    let found =
        call.run(move |app| async move { search_courses(&app, &name, page).await }).await??;
    ok(MessageList {
        message: format!("Found {} course(s)", found.total),
        data: found.items.into_iter().map(CourseDetailOut::from).collect(),
        pagination: page::shown(page, found.total),
    })
}

/// Make a course
///
/// Its template project gets the credits of one seat; if that is not done when the answer is due,
/// it goes on by itself.
#[utoipa::path(
    tag = "courses",
    operation_id = "create_course",
    params(OnceHeader),
    request_body = CourseCreate,
    responses(
        (status = 200, description = "A draft", body = Message<CreatedCourseOut>),
        Problems, Missing, Clash, TooBig,
    ),
)]
#[post("/courses")]
pub async fn create(mut call: Call) -> Answer {
    let admin = call.service_admin().await?;
    let new = call.body_once(&admin, |mut body| {
        let lab = body.required("virtual_lab_id", parse::id);
        let template_project = body.required("template_project_id", parse::id);
        let institution = body.required("institution_id", parse::id);
        let start = body.optional("start_date", parse::time);
        let end = body.optional("end_date", parse::time);
        let last_drop = body.optional("last_drop_date", parse::time);
        let (lab, template_project, institution, start, end, last_drop) =
            body.finish((lab, template_project, institution, start, end, last_drop))?;
        let dates = CourseDates { start, last_drop, end };
        Ok(NewCourse { lab, template_project, institution, dates })
    });
    let (new, asked) = new.await?;
    let created = call.run(|app| async move { create_course(&app, asked, new).await }).await??;
    let created = CreatedCourseOut {
        course: created.course.into(),
        template_project_funded: created.template_project_funded,
    };
    message("Course created successfully", created)
}

/// Show a course
#[utoipa::path(
    tag = "courses",
    operation_id = "get_course",
    params(("course_id" = Uuid, Path, description = "The course")),
    responses((status = 200, description = "The course", body = Message<CourseDetailOut>), Problems, Missing),
)]
#[get("/courses/{course_id}")]
pub async fn get(call: Call) -> Answer {
    call.service_admin().await?;
    let id: CourseId = call.id("course_id")?;
    let course = call.run(move |app| async move { get_course(&app, id).await }).await??;
    message("Course retrieved successfully", CourseDetailOut::from(course))
}

/// Change a draft
#[utoipa::path(
    tag = "courses",
    operation_id = "update_course",
    params(("course_id" = Uuid, Path, description = "The course")),
    request_body = CourseUpdate,
    responses(
        (status = 200, description = "As it is now", body = Message<CourseOut>),
        Problems, Missing, Clash, TooBig,
    ),
)]
#[patch("/courses/{course_id}")]
pub async fn update(mut call: Call) -> Answer {
    let admin = call.service_admin().await?;
    let id: CourseId = call.id("course_id")?;
    let changes = call.body(|mut body| {
        let start = body.patch("start_date", parse::time).map(date);
        let end = body.patch("end_date", parse::time).map(date);
        let last_drop = body.patch("last_drop_date", parse::time).map(date);
        let institution = body.change("institution_id", parse::id);
        let (start, end, last_drop, institution) =
            body.finish((start, end, last_drop, institution))?;
        Ok(CourseChanges { start, last_drop, end, institution })
    });
    let changes = changes.await?;
    let course = call
        .run(move |app| async move { update_course(&app, &admin.subject, id, changes).await })
        .await??;
    message("Course updated successfully", CourseOut::from(course))
}

fn date(patch: Patch<DateTime<Utc>>) -> Option<Option<DateTime<Utc>>> {
    match patch {
        Patch::Absent => None,
        Patch::Null => Some(None),
        Patch::Value(time) => Some(Some(time)),
    }
}

/// Make a draft active
#[utoipa::path(
    tag = "courses",
    operation_id = "activate_course",
    params(OnceHeader, ("course_id" = Uuid, Path, description = "The course")),
    responses((status = 200, description = "Active", body = Message<CourseOut>), Problems, Missing, Clash),
)]
#[post("/courses/{course_id}/activate")]
pub async fn activate(call: Call) -> Answer {
    let admin = call.service_admin().await?;
    let id: CourseId = call.id("course_id")?;
    let asked = call.once(&admin)?;
    let course =
        call.run(move |app| async move { activate_course(&app, asked, id).await }).await??;
    message("Course activated successfully", CourseOut::from(course))
}

/// Void a course
///
/// Everybody is dropped and all credits are taken back; what is not done when the answer is due
/// goes on by itself. Voiding twice is the same as once.
#[utoipa::path(
    tag = "courses",
    operation_id = "void_course",
    params(OnceHeader, ("course_id" = Uuid, Path, description = "The course")),
    responses((status = 200, description = "Voided", body = Message<CourseOut>), Problems, Missing, Clash),
)]
#[post("/courses/{course_id}/void")]
pub async fn void(call: Call) -> Answer {
    let admin = call.service_admin().await?;
    let id: CourseId = call.id("course_id")?;
    let asked = call.once(&admin)?;
    let course = call.run(move |app| async move { void_course(&app, asked, id).await }).await??;
    message("Course voided successfully", CourseOut::from(course))
}

/// Delete a course
///
/// With its seats and enrolments, all or nothing. An active course must be voided first. After a
/// 502 it goes on by itself, and a repeat joins it.
#[utoipa::path(
    tag = "courses",
    operation_id = "delete_course",
    params(("course_id" = Uuid, Path, description = "The course")),
    responses((status = 200, description = "Gone", body = DeletedOut), Problems, Missing, Clash, Outside),
)]
#[delete("/courses/{course_id}")]
pub async fn delete(call: Call) -> Answer {
    let admin = call.service_admin().await?;
    let id: CourseId = call.id("course_id")?;
    call.run(move |app| async move { delete_course(&app, &admin.subject, id).await }).await??;
    ok(DeletedOut { message: "Course deleted successfully", data: None })
}
