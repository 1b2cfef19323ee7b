use crate::app::{App, finish};
use crate::ports::{StoreError, Tx};
use course_seats_domain::institution::Institution;
use course_seats_domain::values::{EmailAddress, InstitutionName};
use serde_json::json;

/// An institution to be made.
#[derive(Debug, Clone)]
pub struct NewInstitution {
    /// Its name.
    pub name: InstitutionName,
    /// Where to write to.
    pub contact_email: EmailAddress,
}

/// Makes an institution. One that has the name already is the answer, unchanged.
///
/// # Errors
/// [`StoreError`] if the database does not answer.
pub async fn create_institution(
    app: &App,
    actor: &str,
    new: NewInstitution,
) -> Result<Institution, StoreError> {
    let mut tx = app.begin().await?;
    let result = insert(app, &mut *tx, actor, &new).await;
    match finish(tx, result).await {
        // Somebody else made it between our look and our write.
        Err(StoreError::Conflict(why)) => {
            let found = app.read().await?.institution_named(new.name.as_str()).await?;
            found.ok_or(StoreError::Conflict(why))
        }
        result => result,
    }
}

async fn insert(
    app: &App,
    tx: &mut dyn Tx,
    actor: &str,
    new: &NewInstitution,
) -> Result<Institution, StoreError> {
    if let Some(found) = tx.institution_named(new.name.as_str()).await? {
        return Ok(found);
    }
    let now = app.now();
    let institution = Institution {
        id: app.new_id(),
        name: new.name.clone(),
        contact_email: new.contact_email.clone(),
        created_at: now,
        updated_at: now,
    };
    tx.insert_institution(&institution).await?;
    tx.audit(&app.audit(actor, "create_institution", institution.id, json!({}))).await?;
    Ok(institution)
}
