use super::Time;
use course_seats_application::ports::UserProfile;
use course_seats_domain::course::Course;
use course_seats_domain::ids::UserId;
use course_seats_domain::project::Project;
use course_seats_domain::virtual_lab::{ComputeCell, VirtualLab};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// The course on a lab.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CourseDetailsOut {
    /// The course.
    pub id: Uuid,
    /// Its lab.
    pub virtual_lab_id: Uuid,
    /// The project that students' projects start from.
    pub template_project_id: Uuid,
    /// The institution whose seats it takes.
    pub institution_id: Uuid,
    /// What every seat grants.
    pub credits_per_seat: u32,
    /// The first moment at which students are let in.
    pub start_date: Option<Time>,
    /// From this moment on everything is taken back.
    pub end_date: Option<Time>,
    /// From this moment on no seat is assigned and none comes back.
    pub last_drop_date: Option<Time>,
}

impl From<Course> for CourseDetailsOut {
    fn from(course: Course) -> Self {
        Self {
            id: course.id.uuid(),
            virtual_lab_id: course.lab.uuid(),
            template_project_id: course.template_project.uuid(),
            institution_id: course.institution.uuid(),
            credits_per_seat: course.credits_per_seat,
            start_date: course.dates.start.map(Time),
            end_date: course.dates.end.map(Time),
            last_drop_date: course.dates.last_drop.map(Time),
        }
    }
}

/// A virtual lab.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LabOut {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Whom to ask.
    pub reference_email: Option<String>,
    /// Whether that address was verified.
    pub email_verified: bool,
    /// The organisation behind it.
    pub entity: String,
    /// Where its jobs run: `cell_a` or `cell_b`.
    pub compute_cell: &'static str,
    /// Its id.
    pub id: Uuid,
    /// When it was made.
    pub created_at: Time,
    /// When it was last changed.
    pub updated_at: Time,
    /// Not counted here: always `null`.
    pub projects_count: Option<u32>,
    /// The course on it.
    pub course: Option<CourseDetailsOut>,
}

impl LabOut {
    /// A lab and the course on it.
    #[must_use]
    pub fn of(lab: VirtualLab, course: Option<Course>) -> Self {
        let profile = lab.profile;
        Self {
            name: profile.name.as_str().to_owned(),
            description: profile.description,
            reference_email: profile.reference_email.map(|email| email.as_str().to_owned()),
            email_verified: profile.email_verified,
            entity: profile.entity,
            compute_cell: match profile.compute_cell {
                ComputeCell::CellA => "cell_a",
                ComputeCell::CellB => "cell_b",
            },
            id: lab.id.uuid(),
            created_at: Time(lab.created_at),
            updated_at: Time(lab.updated_at),
            projects_count: None,
            course: course.map(Into::into),
        }
    }
}

/// A virtual lab, and who made it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LabWithAdminsOut {
    /// The lab.
    #[serde(flatten)]
    pub lab: LabOut,
    /// Who made it.
    pub created_by: Uuid,
    /// Its admins, with `expand=admins`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub admins: Option<Vec<Uuid>>,
    /// Its owner, with `expand=owner`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<ShortenedUser>,
}

/// Somebody, in short.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ShortenedUser {
    /// The id.
    pub id: Uuid,
    /// The login name.
    pub username: String,
    /// The e-mail address.
    pub email: String,
    /// Not known here: always `null`.
    pub created_at: Option<Time>,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// Both.
    pub name: String,
}

impl From<UserProfile> for ShortenedUser {
    fn from(user: UserProfile) -> Self {
        Self {
            id: user.id.uuid(),
            name: user.full_name(),
            username: user.username,
            email: user.email.map(|email| email.as_str().to_owned()).unwrap_or_default(),
            created_at: None,
            first_name: user.first_name,
            last_name: user.last_name,
        }
    }
}

/// A project that was just made.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ProjectOut {
    /// Its id.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// When it was made.
    pub created_at: Time,
    /// When it was last changed.
    pub updated_at: Time,
    /// Its lab.
    pub virtual_lab_id: Uuid,
    /// How many people are in it.
    pub user_count: usize,
    /// Its admins.
    pub admins: Vec<Uuid>,
    /// Its lab, with `expand=virtual_lab`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub virtual_lab: Option<LabOut>,
}

impl ProjectOut {
    /// A project and its admins.
    #[must_use]
    pub fn of(project: Project, admins: &[UserId]) -> Self {
        Self {
            id: project.id.uuid(),
            name: project.name.as_str().to_owned(),
            description: project.description,
            created_at: Time(project.created_at),
            updated_at: Time(project.updated_at),
            virtual_lab_id: project.lab.uuid(),
            user_count: admins.len(),
            admins: admins.iter().map(|admin| admin.uuid()).collect(),
            virtual_lab: None,
        }
    }
}
