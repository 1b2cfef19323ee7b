//! Institutions.

mod create;
mod get;
mod search;
mod update;

pub use create::{NewInstitution, create_institution};
pub use get::get_institution;
pub use search::search_institutions;
pub use update::{InstitutionChanges, update_institution};

use crate::ports::StoreError;

/// Why nothing was done about an institution. The texts are the API's messages.
#[derive(Debug, thiserror::Error)]
pub enum InstitutionError {
    /// There is none.
    #[error("Institution not found")]
    NotFound,
    /// Another one has the name.
    #[error("Another institution with the same name already exists")]
    NameTaken,
    /// Nothing was to be changed.
    #[error("No fields to update")]
    NothingToUpdate,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}
