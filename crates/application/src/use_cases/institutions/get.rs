use super::InstitutionError;
use crate::app::App;
use course_seats_domain::ids::InstitutionId;
use course_seats_domain::institution::Institution;

/// One institution.
///
/// # Errors
/// [`InstitutionError::NotFound`], or the database.
pub async fn get_institution(
    app: &App,
    id: InstitutionId,
) -> Result<Institution, InstitutionError> {
    app.read().await?.institution(id).await?.ok_or(InstitutionError::NotFound)
}
