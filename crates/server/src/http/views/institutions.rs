use course_seats_domain::institution::Institution;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// An institution.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct InstitutionOut {
    /// Its id.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// Where to write to.
    pub contact_email: String,
}

impl From<Institution> for InstitutionOut {
    fn from(institution: Institution) -> Self {
        Self {
            id: institution.id.uuid(),
            name: institution.name.as_str().to_owned(),
            contact_email: institution.contact_email.as_str().to_owned(),
        }
    }
}
