use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// An invite that was sent.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SentInviteOut {
    /// Its id.
    pub id: Uuid,
}

/// An invite, as whoever holds its token sees it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct InviteOut {
    /// Whether it was accepted.
    pub accepted: bool,
    /// Its id.
    pub invite_id: Uuid,
    /// Who invites.
    pub inviter_full_name: String,
    /// Into what: always `Lab`.
    pub origin: &'static str,
    /// The lab.
    pub virtual_lab_id: Uuid,
    /// That lab's name.
    pub virtual_lab_name: Option<String>,
    /// No project: always `null`.
    pub project_id: Option<Uuid>,
    /// No project: always `null`.
    pub project_name: Option<String>,
}

/// An invite that was accepted.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AcceptedInviteOut {
    /// Into what: always `Lab`.
    pub origin: &'static str,
    /// Its id.
    pub invite_id: Uuid,
    /// The lab.
    pub virtual_lab_id: Uuid,
    /// No project: always `null`.
    pub project_id: Option<Uuid>,
    /// `accepted` or `already_accepted`.
    pub status: &'static str,
    /// The same.
    pub accepted: &'static str,
}
