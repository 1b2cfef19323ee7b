use super::{Listed, Page, StoreError};
use async_trait::async_trait;
use course_seats_domain::ids::InstitutionId;
use course_seats_domain::institution::Institution;

/// Institutions.
#[async_trait]
pub trait Institutions: Send {
    /// Must return `Conflict` if the name is taken.
    async fn insert_institution(&mut self, institution: &Institution) -> Result<(), StoreError>;

    /// Must return `Conflict` if another one has the name.
    async fn update_institution(&mut self, institution: &Institution) -> Result<(), StoreError>;

    /// By id.
    async fn institution(&mut self, id: InstitutionId) -> Result<Option<Institution>, StoreError>;

    /// By its exact name.
    async fn institution_named(&mut self, name: &str) -> Result<Option<Institution>, StoreError>;

    /// Those whose name contains `text` (any part, without regard to case, `%` and `_` plain),
    /// or all; by name, then id.
    async fn search_institutions(
        &mut self,
        text: Option<&str>,
        page: Option<Page>,
    ) -> Result<Listed<Institution>, StoreError>;
}
