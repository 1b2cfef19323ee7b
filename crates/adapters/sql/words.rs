// What is stored as one of a few words, and ids: the same on every database. Each adapter includes
// this in its `columns.rs`, whose `words!` says how a word is written and read there.

use course_seats_application::ports::store::MailStatus;
use course_seats_domain::course::{Closing, CourseStatus};
use course_seats_domain::group::GroupRole;
use course_seats_domain::ids::{
    BatchId, CourseId, EnrolmentId, InstitutionId, InviteId, LabId, MailId, ProjectId, RequestId,
    SagaId, SeatId, UserId,
};
use course_seats_domain::saga::Status;
use course_seats_domain::virtual_lab::ComputeCell;

words! {
    /// A course's status, in the peer's words.
    DbCourseStatus(CourseStatus) as CourseStatusSql {
        CourseStatus::Draft => CourseStatus::Draft, "DRAFT";
        CourseStatus::Active => CourseStatus::Active, "ACTIVE";
        CourseStatus::Voided => CourseStatus::Voided, "VOIDED";
    }
    /// A compute cell, in the peer's words.
    DbComputeCell(ComputeCell) as ComputeCellSql {
        ComputeCell::CellA => ComputeCell::CellA, "CELL_A";
        ComputeCell::CellB => ComputeCell::CellB, "CELL_B";
    }
    /// Why a course is being closed.
    DbClosing(Closing) as Text {
        Closing::Voided => Closing::Voided, "voided";
        Closing::Deleting => Closing::Deleting, "deleting";
        Closing::Ended => Closing::Ended, "ended";
    }
    /// The role that an invite gives.
    DbRole(GroupRole) as Text {
        GroupRole::Admin => GroupRole::Admin, "admin";
        GroupRole::Member => GroupRole::Member, "member";
    }
    /// A saga's status.
    DbStatus(Status) as Text {
        Status::Running => Status::Running, "running";
        Status::Undoing => Status::Undoing, "undoing";
        Status::Completed => Status::Completed, "completed";
        Status::Undone => Status::Undone, "undone";
    }
    /// A mail's status.
    DbMailStatus(MailStatus) as Text {
        MailStatus::Queued => MailStatus::Queued, "queued";
        MailStatus::Sent => MailStatus::Sent, "sent";
        MailStatus::Dead => MailStatus::Dead, "dead";
        MailStatus::Cancelled => MailStatus::Cancelled, "cancelled";
    }
}

macro_rules! ids {
    ($($id:ident),* $(,)?) => {$(
        impl From<$id> for DbUuid {
            fn from(id: $id) -> Self {
                Self(id.uuid())
            }
        }

        impl From<DbUuid> for $id {
            fn from(uuid: DbUuid) -> Self {
                Self::new(uuid.0)
            }
        }
    )*};
}

ids! {
    BatchId, CourseId, EnrolmentId, InstitutionId, InviteId, LabId, MailId, ProjectId, RequestId,
    SagaId, SeatId, UserId,
}

/// An id as a column keeps it.
pub(crate) fn key(id: impl Into<DbUuid>) -> DbUuid {
    id.into()
}

/// Ids as a column keeps them.
pub(crate) fn keys<I: Copy + Into<DbUuid>>(ids: &[I]) -> Vec<DbUuid> {
    ids.iter().map(|id| (*id).into()).collect()
}
