use super::StoreError;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use course_seats_domain::ids::{
    CourseId, EnrolmentId, MailId, ProjectId, RequestId, SagaId, SeatId,
};
use course_seats_domain::plans::Activate;
use course_seats_domain::values::{Credits, EmailAddress, StudentId};
use serde::{Deserialize, Serialize};

/// One call of a caller: what it did, as far as its answer is computed from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Its id, which is also the job's.
    pub id: RequestId,
    /// Who called, as the identity provider names him.
    pub caller: String,
    /// What a repeat is known by, if it was sent.
    pub key: Option<RequestKey>,
    /// The course, if it is about one.
    pub course: Option<CourseId>,
    /// What it did.
    pub work: Work,
    /// When.
    pub created_at: DateTime<Utc>,
    /// Until when its answer may still be on its way.
    pub answer_due_at: DateTime<Utc>,
    /// From this moment on it is forgotten.
    pub keep_until: DateTime<Utc>,
}

/// What a repeat of a call is known by, within what its caller has sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestKey {
    /// The method.
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// The key that the caller has chosen.
    pub key: String,
    /// A hash of the body's JSON value.
    pub body_hash: String,
}

/// What a call did: the ids from which its answer is computed, whenever that is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Work {
    /// Seats were assigned.
    Assign {
        /// What each project is granted.
        grant: Credits,
        /// One for each student, in the order of the request.
        students: Vec<AssignItem>,
    },
    /// Students were dropped.
    Drop {
        /// One for each seat, in the order of the request.
        seats: Vec<DropItem>,
    },
    /// A student was let in.
    ActivateEnrolments {
        /// One for each enrolment that was claimed.
        enrolments: Vec<ActivateItem>,
    },
    /// A course was made.
    CreateCourse {
        /// The course.
        course: CourseId,
        /// What funds its template.
        saga: SagaId,
    },
    /// A course was made active.
    ActivateCourse {
        /// The course.
        course: CourseId,
    },
    /// A course was voided.
    VoidCourse {
        /// The course.
        course: CourseId,
        /// What closes it; `None`: there was nothing left to do.
        saga: Option<SagaId>,
    },
    /// Seats were provisioned.
    Provision {
        /// Which.
        seats: Vec<SeatId>,
    },
    /// Seats were moved.
    Transfer {
        /// Which.
        seats: Vec<SeatId>,
    },
    /// An enrolment was claimed.
    Claim {
        /// Which.
        enrolment: EnrolmentId,
    },
    /// Another claim mail was queued.
    ResendClaimMail {
        /// Which.
        mail: MailId,
    },
}

/// One student of an assign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssignItem {
    /// The student, as asked.
    pub student_id: StudentId,
    /// The address, as asked.
    pub email: EmailAddress,
    /// The seat that was picked.
    pub seat: SeatId,
    /// What was begun; `None`: his project's name was taken, he failed alone.
    pub begun: Option<BegunAssign>,
}

/// What an assign began for one student.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BegunAssign {
    /// The saga.
    pub saga: SagaId,
    /// The enrolment that it makes.
    pub enrolment: EnrolmentId,
    /// The project that it makes.
    pub project: ProjectId,
}

/// One seat of a drop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DropItem {
    /// The seat, as asked.
    pub seat: SeatId,
    /// What came of it.
    pub found: Found<SagaId>,
}

/// One enrolment of an activation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivateItem {
    /// The enrolment.
    pub enrolment: EnrolmentId,
    /// What came of it.
    pub found: Found<BegunActivation>,
}

/// What an activation began for one enrolment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BegunActivation {
    /// The saga.
    pub saga: SagaId,
    /// What it is to do.
    pub activate: Activate,
}

/// What was found or begun for one item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Found<T> {
    /// It was begun.
    Begun(T),
    /// It was refused, with this text.
    Refused(String),
}

impl<T> Found<T> {
    /// What was begun.
    #[must_use]
    pub fn begun(&self) -> Option<&T> {
        match self {
            Self::Begun(begun) => Some(begun),
            Self::Refused(_) => None,
        }
    }
}

impl Work {
    /// The word for its kind, as it is stored and told.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Assign { .. } => "assign",
            Self::Drop { .. } => "drop",
            Self::ActivateEnrolments { .. } => "activate_enrolments",
            Self::CreateCourse { .. } => "create_course",
            Self::ActivateCourse { .. } => "activate_course",
            Self::VoidCourse { .. } => "void_course",
            Self::Provision { .. } => "provision",
            Self::Transfer { .. } => "transfer",
            Self::Claim { .. } => "claim",
            Self::ResendClaimMail { .. } => "resend_claim_mail",
        }
    }

    /// That the row of `what`, such as "a drop", holds this instead.
    pub(crate) fn misplaced(&self, what: &str) -> StoreError {
        StoreError::Corrupt(format!("{what} is stored as {}", self.kind()))
    }

    /// Whether its progress can be asked for.
    #[must_use]
    pub fn is_job(&self) -> bool {
        matches!(self, Self::Assign { .. } | Self::Drop { .. })
    }

    /// The sagas that decide what became of it.
    #[must_use]
    pub fn sagas(&self) -> Vec<SagaId> {
        match self {
            Self::Assign { students, .. } => {
                students.iter().filter_map(|item| item.begun).map(|begun| begun.saga).collect()
            }
            Self::Drop { seats } => {
                seats.iter().filter_map(|item| item.found.begun().copied()).collect()
            }
            Self::ActivateEnrolments { enrolments } => {
                let begun = enrolments.iter().filter_map(|item| item.found.begun());
                begun.map(|begun| begun.saga).collect()
            }
            Self::CreateCourse { saga, .. } => vec![*saga],
            Self::VoidCourse { saga, .. } => saga.iter().copied().collect(),
            Self::ActivateCourse { .. }
            | Self::Provision { .. }
            | Self::Transfer { .. }
            | Self::Claim { .. }
            | Self::ResendClaimMail { .. } => Vec::new(),
        }
    }
}

/// The calls that are remembered: those with a key, and those whose progress can be asked for.
#[async_trait]
pub trait Requests: Send {
    /// Writes one down. Must return `Conflict` if a request of the same caller, method, path and
    /// key was made after `keys_since`; an older one loses its key.
    async fn insert_request(
        &mut self,
        request: &Request,
        keys_since: DateTime<Utc>,
    ) -> Result<(), StoreError>;

    /// The request of this caller, method, path and key (whatever the body) that was made after
    /// `keys_since`.
    async fn request_by_key(
        &mut self,
        caller: &str,
        key: &RequestKey,
        keys_since: DateTime<Utc>,
    ) -> Result<Option<Request>, StoreError>;

    /// One by its id.
    async fn request(&mut self, id: RequestId) -> Result<Option<Request>, StoreError>;

    /// At most so many of those that are kept until `now` at the latest.
    async fn requests_to_forget(
        &mut self,
        now: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<RequestId>, StoreError>;

    /// Deletes these.
    async fn forget_requests(&mut self, these: &[RequestId]) -> Result<(), StoreError>;
}
