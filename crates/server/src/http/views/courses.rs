use super::Time;
use course_seats_application::ports::store::CourseDetails;
use course_seats_domain::course::Course;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// A course.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CourseOut {
    /// Its id.
    pub id: Uuid,
    /// The lab it sits on.
    pub virtual_lab_id: Uuid,
    /// The institution whose seats it takes.
    pub institution_id: Uuid,
    /// The project that students' projects start from.
    pub template_project_id: Uuid,
    /// `draft`, `active` or `voided`.
    pub status: &'static str,
    /// What every seat grants.
    pub credits_per_seat: u32,
    /// The first moment at which students are let in.
    pub start_date: Option<Time>,
    /// From this moment on everything is taken back.
    pub end_date: Option<Time>,
    /// From this moment on no seat is assigned and none comes back.
    pub last_drop_date: Option<Time>,
}

impl From<Course> for CourseOut {
    fn from(course: Course) -> Self {
        Self {
            id: course.id.uuid(),
            virtual_lab_id: course.lab.uuid(),
            institution_id: course.institution.uuid(),
            template_project_id: course.template_project.uuid(),
            status: course.status.as_str(),
            credits_per_seat: course.credits_per_seat,
            start_date: course.dates.start.map(Time),
            end_date: course.dates.end.map(Time),
            last_drop_date: course.dates.last_drop.map(Time),
        }
    }
}

/// A course that was just made.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CreatedCourseOut {
    /// The course.
    #[serde(flatten)]
    pub course: CourseOut,
    /// Whether its template project has its credits already; if not, it gets them by itself.
    pub template_project_funded: bool,
}

/// A course with the names that people know it by.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CourseDetailOut {
    /// Its id.
    pub id: Uuid,
    /// The lab it sits on.
    pub virtual_lab_id: Uuid,
    /// That lab's name.
    pub virtual_lab_name: String,
    /// The institution whose seats it takes.
    pub institution_id: Uuid,
    /// That institution's name.
    pub institution_name: String,
    /// The project that students' projects start from.
    pub template_project_id: Uuid,
    /// `draft`, `active` or `voided`.
    pub status: &'static str,
    /// The first moment at which students are let in.
    pub start_date: Option<Time>,
    /// From this moment on everything is taken back.
    pub end_date: Option<Time>,
    /// From this moment on no seat is assigned and none comes back.
    pub last_drop_date: Option<Time>,
}

impl From<CourseDetails> for CourseDetailOut {
    fn from(details: CourseDetails) -> Self {
        let course = details.course;
        Self {
            id: course.id.uuid(),
            virtual_lab_id: course.lab.uuid(),
            virtual_lab_name: details.lab_name,
            institution_id: course.institution.uuid(),
            institution_name: details.institution_name,
            template_project_id: course.template_project.uuid(),
            status: course.status.as_str(),
            start_date: course.dates.start.map(Time),
            end_date: course.dates.end.map(Time),
            last_drop_date: course.dates.last_drop.map(Time),
        }
    }
}

/// That a course is gone.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DeletedOut {
    /// A sentence for people; its text is part of the contract.
    pub message: &'static str,
    /// Always `null`.
    #[schema(value_type = Option<Object>)]
    pub data: Option<()>,
}
