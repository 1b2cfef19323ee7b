use crate::app::{App, finish};
use crate::engine::{decided, start};
use crate::ports::store::{Request, Reservation, Work};
use crate::ports::{StoreError, Tx};
use crate::use_cases::new_saga;
use crate::use_cases::requests::{Asked, RepeatError, Turn, once, over_or_due, record};
use chrono::{DateTime, Utc};
use course_seats_domain::course::{Course, CourseDates, CourseStatus};
use course_seats_domain::ids::{CourseId, InstitutionId, LabId, ProjectId, RequestId, SagaId};
use course_seats_domain::plans::{FundTemplate, SagaKind, Subject};
use course_seats_domain::saga::Status;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

/// A course to be made.
#[derive(Debug, Clone)]
pub struct NewCourse {
    /// The lab it sits on.
    pub lab: LabId,
    /// The project that students' projects start from.
    pub template_project: ProjectId,
    /// The institution.
    pub institution: InstitutionId,
    /// Its dates, as far as they are known.
    pub dates: CourseDates,
}

/// A course that was made.
#[derive(Debug, Clone)]
pub struct CreatedCourse {
    /// The course.
    pub course: Course,
    /// Whether its template has its credits already; otherwise that goes on by itself.
    pub template_project_funded: bool,
}

/// Why a course was not made. The texts are the API's messages.
#[derive(Debug, thiserror::Error)]
pub enum CreateCourseError {
    /// There is no such lab.
    #[error("Virtual lab {0} not found")]
    LabNotFound(LabId),
    /// Somebody else's lab.
    #[error("Virtual lab is not a course lab")]
    NotACourseLab,
    /// There is no such project in the lab.
    #[error("Project {project} not found in virtual lab {lab}")]
    ProjectNotFound {
        /// The project.
        project: ProjectId,
        /// The lab.
        lab: LabId,
    },
    /// There is no such institution.
    #[error("Institution {0} not found")]
    InstitutionNotFound(InstitutionId),
    /// The lab has a course, or the template is another course's.
    #[error("Course creation failed due to a conflict (virtual lab may already have a course)")]
    Taken,
    /// The lab's last course was closed, and taking its credits back may still be under way.
    #[error("Virtual lab {lab} takes no new course until {}: the credits of its last course are still being taken back", until.map_or_else(|| "its last course is closed".to_owned(), |at| at.to_rfc3339()))]
    LabClosing {
        /// The lab.
        lab: LabId,
        /// Until when; `None`: its last course is still being closed.
        until: Option<DateTime<Utc>>,
    },
    /// Credits of the template's last course are still on their way.
    #[error("Project {project} takes no new course until {}: the credits of its last course are still being taken back", until.map_or_else(|| "its funding has ended".to_owned(), |at| at.to_rfc3339()))]
    TemplateTaken {
        /// The template.
        project: ProjectId,
        /// Until when; `None`: the funding of its last course is still open.
        until: Option<DateTime<Utc>>,
    },
    /// A repeat, and the course that the first call made is gone.
    #[error("Course {0} not found")]
    Gone(CourseId),
    /// A repeat that is not answered.
    #[error(transparent)]
    Repeat(#[from] RepeatError),
    /// The service is being stopped.
    #[error("The service is being stopped; please try again")]
    ShuttingDown,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Makes a draft on a course lab, and gives its template the course's credits per seat. A repeat
/// gives that course as it is now.
///
/// # Errors
/// [`CreateCourseError`].
pub async fn create_course(
    app: &Arc<App>,
    asked: impl Into<Asked>,
    new: NewCourse,
) -> Result<CreatedCourse, CreateCourseError> {
    let asked = asked.into();
    let deadline = app.ports.clock.monotonic() + app.settings.answer_deadline;
    match once(app, &asked, begin(app, &asked, &new, deadline)).await? {
        Turn::First((course, saga)) => {
            let driven = start(app, vec![saga]);
            let decisions = decided(app, &[saga], driven, deadline).await?;
            let template_project_funded = decisions.get(&saga) == Some(&Status::Completed);
            Ok(CreatedCourse { course, template_project_funded })
        }
        Turn::Again(request) => {
            over_or_due::<CreateCourseError>(app, &request).await?;
            as_it_is(app, &request).await
        }
    }
}

async fn as_it_is(app: &App, request: &Request) -> Result<CreatedCourse, CreateCourseError> {
    let Work::CreateCourse { course, saga } = &request.work else {
        return Err(request.work.misplaced("a new course").into());
    };
    let mut tx = app.read().await?;
    let found = tx.course(*course).await?.ok_or(CreateCourseError::Gone(*course))?;
    let statuses = tx.statuses(&[*saga]).await?;
    let template_project_funded = statuses.contains(&(*saga, Status::Completed));
    Ok(CreatedCourse { course: found, template_project_funded })
}

/// The shortest pause before a lab or a template is looked at again.
const SHORTEST_WAIT: Duration = Duration::from_millis(100);

impl CreateCourseError {
    /// When the lab or the template is free, if that is told.
    fn free_at(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::LabClosing { until, .. } | Self::TemplateTaken { until, .. } => *until,
            _ => None,
        }
    }
}

/// Begins, after waiting for what was answered and may be committed a little later: seconds that
/// nobody needs to be told of.
async fn begin(
    app: &App,
    asked: &Asked,
    new: &NewCourse,
    deadline: Duration,
) -> Result<(Course, SagaId), CreateCourseError> {
    loop {
        let begun = begin_now(app, asked, new).await;
        let free_at = begun.as_ref().err().and_then(CreateCourseError::free_at);
        let Some(wait) = free_at.map(|at| at - app.now()) else { return begun };
        if wait > app.settings.grant_is_fresh_for() || app.ports.clock.monotonic() >= deadline {
            return begun;
        }
        // The database's clock may be a little behind ours.
        app.rest(wait.to_std().unwrap_or_default().max(SHORTEST_WAIT)).await;
    }
}

/// Writes the course, what funds its template, and the request.
async fn begin_now(
    app: &App,
    asked: &Asked,
    new: &NewCourse,
) -> Result<(Course, SagaId), CreateCourseError> {
    if app.is_shutting_down() {
        return Err(CreateCourseError::ShuttingDown);
    }
    let mut tx = app.begin().await?;
    let result = insert(app, &mut *tx, asked, new).await;
    match finish(tx, result).await {
        Err(CreateCourseError::Store(StoreError::Conflict(_))) => Err(CreateCourseError::Taken),
        result => result,
    }
}

async fn insert(
    app: &App,
    tx: &mut dyn Tx,
    asked: &Asked,
    new: &NewCourse,
) -> Result<(Course, SagaId), CreateCourseError> {
    check(app, tx, new).await?;
    let now = app.now();
    let course = Course {
        id: app.new_id(),
        lab: new.lab,
        institution: new.institution,
        template_project: new.template_project,
        credits_per_seat: app.settings.credits_per_seat,
        dates: new.dates,
        status: CourseStatus::Draft,
        budget_depleted: false,
        closing: None,
        created_at: now,
        updated_at: now,
    };
    tx.insert_course(&course).await?;
    let fund = FundTemplate {
        course: course.id,
        project: course.template_project,
        amount: course.seat_grant(),
    };
    let request: RequestId = app.new_id();
    let saga: SagaId = app.new_id();
    let subject = Subject::Template(course.id);
    tx.reserve(saga, &Reservation::Subject(subject), None).await?;
    let template = Reservation::Template(course.template_project);
    if !tx.reserve(saga, &template, None).await? {
        let until = tx.taken_until(&template).await?.flatten();
        return Err(CreateCourseError::TemplateTaken { project: new.template_project, until });
    }
    let kind = SagaKind::FundTemplate;
    let opened =
        tx.open(new_saga(saga, kind, subject, Some(course.id), Some(request), fund.plan())).await;
    opened.map_err(StoreError::from)?;
    let detail = json!({ "lab": new.lab, "institution": new.institution });
    tx.audit(&app.audit(&asked.subject, "create_course", course.id, detail)).await?;
    let work = Work::CreateCourse { course: course.id, saga };
    record(app, tx, asked, request, Some(course.id), work).await?;
    Ok((course, saga))
}

/// In this order: lab, course lab, project, institution, taken (design §6).
async fn check(app: &App, tx: &mut dyn Tx, new: &NewCourse) -> Result<(), CreateCourseError> {
    let lab = tx.lab(new.lab).await?.ok_or(CreateCourseError::LabNotFound(new.lab))?;
    if !lab.is_course_lab(app.settings.course_lab_owner) {
        return Err(CreateCourseError::NotACourseLab);
    }
    let project = tx.project(new.template_project).await?;
    if !project.is_some_and(|project| project.lab == new.lab && !project.deleted) {
        let (project, lab) = (new.template_project, new.lab);
        return Err(CreateCourseError::ProjectNotFound { project, lab });
    }
    if tx.institution(new.institution).await?.is_none() {
        return Err(CreateCourseError::InstitutionNotFound(new.institution));
    }
    if tx.course_on_lab(new.lab).await?.is_some()
        || tx.course_with_template(new.template_project).await?.is_some()
    {
        return Err(CreateCourseError::Taken);
    }
    if let Some(until) = tx.taken_until(&Reservation::ClosingLab(new.lab)).await? {
        return Err(CreateCourseError::LabClosing { lab: new.lab, until });
    }
    Ok(())
}
