use crate::app::{App, finish};
use crate::ports::store::Reservation;
use crate::ports::{Caller, StoreError, Tx};
use crate::use_cases::new_saga;
use crate::use_cases::one_object::{NotMade, see_through};
use course_seats_domain::ids::{LabId, SagaId};
use course_seats_domain::plans::{CreateLab, SagaKind, Subject};
use course_seats_domain::virtual_lab::{LabProfile, VirtualLab};
use std::sync::Arc;

/// Why a lab was not made. The texts are the API's messages.
#[derive(Debug, thiserror::Error)]
pub enum CreateLabError {
    /// Another lab has the name, or is being made with it.
    #[error("A virtual lab with this name already exists.")]
    NameTaken {
        /// The name.
        name: String,
    },
    /// The caller's `sub` is no UUID and cannot be stored.
    #[error("This account cannot own a virtual lab")]
    NotAPerson,
    /// It did not come to a good end.
    #[error(transparent)]
    NotMade(#[from] NotMade),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Makes a lab that the caller owns.
///
/// # Errors
/// [`CreateLabError`]; then nothing is left of it, or soon nothing will be.
pub async fn create_lab(
    app: &Arc<App>,
    caller: &Caller,
    profile: LabProfile,
) -> Result<VirtualLab, CreateLabError> {
    let owner = caller.user.ok_or(CreateLabError::NotAPerson)?;
    if app.is_shutting_down() {
        return Err(NotMade::ShuttingDown.into());
    }
    let new = CreateLab { lab: app.new_id(), owner, profile };
    let lab = new.lab;
    let mut tx = app.begin().await?;
    let result = reserve(app, &mut *tx, new).await;
    let saga = finish(tx, result).await?;
    see_through::<CreateLabError>(app, saga).await?;
    app.read().await?.lab(lab).await?.ok_or_else(|| gone(lab))
}

async fn reserve(app: &App, tx: &mut dyn Tx, new: CreateLab) -> Result<SagaId, CreateLabError> {
    let name = new.profile.name.to_string();
    let saga: SagaId = app.new_id();
    let subject = Subject::Lab(new.lab);
    let free = !tx.lab_name_taken(&name).await?
        && tx.reserve(saga, &Reservation::LabName(name.clone()), None).await?;
    if !free {
        return Err(CreateLabError::NameTaken { name });
    }
    tx.reserve(saga, &Reservation::Subject(subject), None).await?;
    let opened =
        tx.open(new_saga(saga, SagaKind::CreateLab, subject, None, None, new.plan())).await;
    opened.map_err(StoreError::from)?;
    Ok(saga)
}

fn gone(lab: LabId) -> CreateLabError {
    StoreError::Corrupt(format!("lab {lab} was settled and is not there")).into()
}
