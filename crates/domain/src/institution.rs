//! Institutions.

use crate::ids::InstitutionId;
use crate::values::{EmailAddress, InstitutionName};
use chrono::{DateTime, Utc};

/// A university or another body that buys seats.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Institution {
    /// Its id.
    pub id: InstitutionId,
    /// Its name, unique among all institutions.
    pub name: InstitutionName,
    /// Where to write to.
    pub contact_email: EmailAddress,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}
