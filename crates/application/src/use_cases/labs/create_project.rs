use crate::app::{App, finish};
use crate::ports::store::Reservation;
use crate::ports::{Caller, StoreError, Tx};
use crate::use_cases::new_saga;
use crate::use_cases::one_object::{NotMade, see_through};
use course_seats_domain::group::GroupRole;
use course_seats_domain::ids::{LabId, SagaId, UserId};
use course_seats_domain::plans::{CreateProject, SagaKind, Subject};
use course_seats_domain::project::Project;
use course_seats_domain::values::ProjectName;
use std::sync::Arc;

/// A project to be made.
#[derive(Debug, Clone)]
pub struct NewProject {
    /// Its name.
    pub name: ProjectName,
    /// What it is for.
    pub description: Option<String>,
}

/// A project that was made.
#[derive(Debug, Clone)]
pub struct CreatedProject {
    /// The project.
    pub project: Project,
    /// Who is in its admin group.
    pub admins: Vec<UserId>,
}

/// Why a project was not made. The texts are the API's messages.
#[derive(Debug, thiserror::Error)]
pub enum CreateProjectError {
    /// There is no such lab.
    #[error("No virtual lab with this id found")]
    LabNotFound,
    /// Another project of the lab has the name, or is being made with it.
    #[error("Another project with the same name already exists")]
    NameTaken,
    /// The caller's `sub` is no UUID and cannot be stored.
    #[error("This account cannot own a project")]
    NotAPerson,
    /// It did not come to a good end.
    #[error(transparent)]
    NotMade(#[from] NotMade),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Makes a project in a lab; the lab's admins become its admins.
///
/// # Errors
/// [`CreateProjectError`]; then nothing is left of it, or soon nothing will be.
pub async fn create_project(
    app: &Arc<App>,
    caller: &Caller,
    lab: LabId,
    new: NewProject,
) -> Result<CreatedProject, CreateProjectError> {
    let owner = caller.user.ok_or(CreateProjectError::NotAPerson)?;
    if app.is_shutting_down() {
        return Err(NotMade::ShuttingDown.into());
    }
    let row = app.read().await?.lab(lab).await?.ok_or(CreateProjectError::LabNotFound)?;
    let admins = app.ports.identity.members(row.group(GroupRole::Admin)).await;
    let admins = admins.map_err(NotMade::from)?;
    let plan = CreateProject {
        project: app.new_id(),
        lab,
        owner,
        name: new.name,
        description: new.description,
        admins: admins.clone(),
    };
    let id = plan.project;
    let mut tx = app.begin().await?;
    let result = reserve(app, &mut *tx, plan).await;
    let saga = finish(tx, result).await?;
    see_through::<CreateProjectError>(app, saga).await?;
    let project =
        app.read().await?.project(id).await?.ok_or_else(|| {
            StoreError::Corrupt(format!("project {id} was settled and is not there"))
        })?;
    Ok(CreatedProject { project, admins })
}

async fn reserve(
    app: &App,
    tx: &mut dyn Tx,
    plan: CreateProject,
) -> Result<SagaId, CreateProjectError> {
    let saga: SagaId = app.new_id();
    let subject = Subject::Project(plan.project);
    let name = plan.name.folded();
    let free = tx.project_names_taken(plan.lab, std::slice::from_ref(&name)).await?.is_empty()
        && tx.reserve(saga, &Reservation::ProjectName(plan.lab, name), None).await?;
    if !free {
        return Err(CreateProjectError::NameTaken);
    }
    tx.reserve(saga, &Reservation::Subject(subject), None).await?;
    let opened =
        tx.open(new_saga(saga, SagaKind::CreateProject, subject, None, None, plan.plan())).await;
    opened.map_err(StoreError::from)?;
    Ok(saga)
}
