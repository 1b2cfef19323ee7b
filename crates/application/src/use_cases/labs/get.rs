use crate::app::App;
use crate::ports::{PortError, StoreError};
use course_seats_domain::course::Course;
use course_seats_domain::group::GroupRole;
use course_seats_domain::ids::{LabId, UserId};
use course_seats_domain::virtual_lab::VirtualLab;

use crate::ports::UserProfile;

/// What is to be shown beside the lab itself.
#[derive(Debug, Clone, Copy, Default)]
pub struct LabExpand {
    /// Its admins.
    pub admins: bool,
    /// Its owner.
    pub owner: bool,
}

/// A lab as it is shown.
#[derive(Debug, Clone)]
pub struct LabView {
    /// The lab.
    pub lab: VirtualLab,
    /// The course on it.
    pub course: Option<Course>,
    /// Its admins, if asked for.
    pub admins: Option<Vec<UserId>>,
    /// Its owner, if asked for and known.
    pub owner: Option<UserProfile>,
}

/// Why a lab is not shown. The texts are the API's messages.
#[derive(Debug, thiserror::Error)]
pub enum GetLabError {
    /// There is none.
    #[error("No virtual lab with this id found")]
    NotFound,
    /// The identity provider, for what was asked for beside the lab.
    #[error(transparent)]
    Identity(#[from] PortError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// One lab, and the course on it.
///
/// # Errors
/// [`GetLabError`].
pub async fn get_lab(app: &App, id: LabId, expand: LabExpand) -> Result<LabView, GetLabError> {
    let mut tx = app.read().await?;
    let lab = tx.lab(id).await?.ok_or(GetLabError::NotFound)?;
    let course = tx.course_on_lab(id).await?;
    drop(tx);
    let identity = &app.ports.identity;
    let admins = match expand.admins {
        true => Some(identity.members(lab.group(GroupRole::Admin)).await?),
        false => None,
    };
    let owner = match expand.owner {
        true => identity.user(lab.owner).await?,
        false => None,
    };
    Ok(LabView { lab, course, admins, owner })
}
