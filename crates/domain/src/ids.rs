//! Every id has a type of its own, so that two of them cannot be swapped.
//!
//! The list is also a glossary: what the system knows by an id stands here.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// The id with this UUID; any UUID is a valid id, not only version 4.
            #[must_use]
            pub const fn new(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The UUID itself.
            #[must_use]
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> Self {
                Self(uuid)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

ids! {
    /// An institution, such as a university.
    InstitutionId;
    /// A virtual lab: owner, groups, projects.
    LabId;
    /// A project in a lab, with an account of its own in the accounting service.
    ProjectId;
    /// A course, which sits on one lab.
    CourseId;
    /// One place in a course.
    SeatId;
    /// The seats that were provisioned together.
    BatchId;
    /// A student's place in a course: what the claim link names.
    EnrolmentId;
    /// A person, under the identity provider's id (`sub`).
    UserId;
    /// An invitation into a lab.
    InviteId;
    /// One operation on one subject that touches the outside.
    SagaId;
    /// What groups the sagas of one call.
    RequestId;
    /// A mail in the outbox; also its stable message id.
    MailId;
}
