use super::InstitutionError;
use crate::app::{App, finish};
use crate::ports::{StoreError, Tx};
use course_seats_domain::ids::InstitutionId;
use course_seats_domain::institution::Institution;
use course_seats_domain::values::{EmailAddress, InstitutionName};
use serde_json::json;

/// What is to be changed; `None` stays.
#[derive(Debug, Clone, Default)]
pub struct InstitutionChanges {
    /// Its name.
    pub name: Option<InstitutionName>,
    /// Where to write to.
    pub contact_email: Option<EmailAddress>,
}

/// Changes an institution.
///
/// # Errors
/// [`InstitutionError`].
pub async fn update_institution(
    app: &App,
    actor: &str,
    id: InstitutionId,
    changes: InstitutionChanges,
) -> Result<Institution, InstitutionError> {
    if changes.name.is_none() && changes.contact_email.is_none() {
        return Err(InstitutionError::NothingToUpdate);
    }
    let mut tx = app.begin().await?;
    let result = change(app, &mut *tx, actor, id, changes).await;
    match finish(tx, result).await {
        Err(InstitutionError::Store(StoreError::Conflict(_))) => Err(InstitutionError::NameTaken),
        result => result,
    }
}

async fn change(
    app: &App,
    tx: &mut dyn Tx,
    actor: &str,
    id: InstitutionId,
    changes: InstitutionChanges,
) -> Result<Institution, InstitutionError> {
    let mut institution = tx.institution(id).await?.ok_or(InstitutionError::NotFound)?;
    institution.name = changes.name.unwrap_or(institution.name);
    institution.contact_email = changes.contact_email.unwrap_or(institution.contact_email);
    institution.updated_at = app.now();
    tx.update_institution(&institution).await?;
    tx.audit(&app.audit(actor, "update_institution", id, json!({}))).await?;
    Ok(institution)
}
