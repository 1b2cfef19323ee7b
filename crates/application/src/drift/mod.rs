//! Drift: what database, groups and credits say is compared, and what does not fit is told.
//!
//! Sagas, undos and late looks keep the three together. Drift looks for what none of them can know
//! of: what somebody changed outside, what was lost with a restored backup, what landed after the
//! last look. Rows are read whole ([`rows`]), then the outside ([`outside`]); what does not fit is a
//! pure function of both ([`find`]). Only what has one right answer is put right ([`repair`]), and
//! by itself the service only takes credits back.

mod busy;
mod find;
mod outside;
mod repair;
mod rows;
#[cfg(test)]
mod tests;

pub(crate) use repair::repair;

use crate::app::App;
use crate::ports::store::{GivenUp, StrayReservation};
use crate::ports::{PortError, StoreError};
use course_seats_domain::group::{GroupId, GroupName};
use course_seats_domain::ids::{EnrolmentId, LabId, ProjectId, UserId};
use find::find;
use outside::Outside;
use rows::Rows;

/// In what way something does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FindingKind {
    /// A group of a lab or project that there is not.
    GroupWithoutRow,
    /// A lab or project whose group there is not.
    RowWithoutGroup,
    /// Somebody is not in a group in which the rows want him.
    MemberMissing,
    /// Somebody is in a group in which the rows do not want him.
    MemberTooMany,
    /// A lab's admin is not in a student project's admin group.
    AdminMissing,
    /// An account holds credits that should hold none.
    CreditsLeft,
    /// Something is reserved for a saga that is not open.
    ReservationWithoutSaga,
    /// An enrolment is being dropped, and no saga does it.
    DroppingWithoutSaga,
}

impl FindingKind {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::GroupWithoutRow,
        Self::RowWithoutGroup,
        Self::MemberMissing,
        Self::MemberTooMany,
        Self::AdminMissing,
        Self::CreditsLeft,
        Self::ReservationWithoutSaga,
        Self::DroppingWithoutSaga,
    ];

    /// The word under which it is stored and shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::GroupWithoutRow => "group_without_row",
            Self::RowWithoutGroup => "row_without_group",
            Self::MemberMissing => "member_missing",
            Self::MemberTooMany => "member_too_many",
            Self::AdminMissing => "admin_missing",
            Self::CreditsLeft => "credits_left",
            Self::ReservationWithoutSaga => "reservation_without_saga",
            Self::DroppingWithoutSaga => "dropping_without_saga",
        }
    }
}

/// Where somebody is a member, or should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    /// A student project.
    Project(ProjectId, EnrolmentId),
    /// A lab.
    Lab(LabId),
}

/// What puts a finding right, if that has one right answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Repair {
    /// Nobody's group goes.
    DeleteGroup(GroupId),
    /// Who belongs there joins.
    Join(UserId, GroupId, Place),
    /// Who does not belong there leaves.
    Leave(UserId, GroupId, Place),
    /// An admin of this lab joins a project's admin group.
    JoinAdmin(UserId, GroupId, LabId),
    /// Credits are taken back.
    TakeCredits(GivenUp),
    /// What nobody works on is free again.
    Unreserve(StrayReservation),
}

impl Repair {
    /// Whether it takes something away that may only be in the making: then it waits.
    pub(crate) fn waits(&self) -> bool {
        match self {
            Self::DeleteGroup(_) | Self::Leave(..) | Self::Unreserve(_) => true,
            Self::Join(..) | Self::JoinAdmin(..) | Self::TakeCredits(_) => false,
        }
    }
}

/// Something that does not fit. Its texts name labs, projects, groups and users by their ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// In what way.
    pub kind: FindingKind,
    /// What does not fit: with the kind, what tells it from all others.
    pub subject: String,
    /// A sentence for people.
    pub detail: String,
    pub(crate) repair: Option<Repair>,
}

impl Finding {
    fn new(
        kind: FindingKind,
        subject: impl ToString,
        detail: String,
        repair: Option<Repair>,
    ) -> Self {
        Self { kind, subject: subject.to_string(), detail, repair }
    }
}

/// Why nobody can say what does not fit.
#[derive(Debug, thiserror::Error)]
pub enum DriftError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A system outside.
    #[error(transparent)]
    Outside(#[from] PortError),
}

/// What does not fit, and how much could not be read.
#[derive(Debug, Default)]
pub(crate) struct Compared {
    pub(crate) findings: Vec<Finding>,
    pub(crate) unread: u64,
}

/// Compares all. What is settled while the outside is read does not fit with the rows of before or
/// with those of after, so only what fits with neither is told.
pub(crate) async fn compare(app: &App) -> Result<Compared, DriftError> {
    let before = Rows::read(app).await?;
    let groups = Outside::groups(app).await?;
    let ours = rows::ours_without_row(app, &before, &groups).await?;
    let outside = Outside::read(app, &before, groups, ours).await?;
    let after = Rows::read(app).await?;
    let still = find(&after, &outside);
    let mut findings = find(&before, &outside);
    findings.retain(|one| {
        still.iter().any(|other| (one.kind, &one.subject) == (other.kind, &other.subject))
    });
    findings.sort_by(|a, b| (a.kind, &a.subject).cmp(&(b.kind, &b.subject)));
    Ok(Compared { findings, unread: outside.unread })
}

/// The names of groups as the snapshots keep them.
type Groups = std::collections::HashMap<GroupName, GroupId>;
