//! What the errors of the use cases become. Their texts are the messages; here they get a status
//! and a word.

use super::error::{Failure, code};
use actix_web::http::StatusCode;
use course_seats_application::ports::{PortError, StoreError};
use course_seats_application::use_cases::courses::{
    ActivateCourseError, CourseError, CreateCourseError, DeleteCourseError, UpdateCourseError,
};
use course_seats_application::use_cases::enrolments::{ActivateError, ClaimError, ResendError};
use course_seats_application::use_cases::institutions::InstitutionError;
use course_seats_application::use_cases::labs::{
    CreateLabError, CreateProjectError, GetLabError, InviteError, SendInviteError,
};
use course_seats_application::use_cases::one_object::NotMade;
use course_seats_application::use_cases::operations::{DriftError, RetryMailError, SagaError};
use course_seats_application::use_cases::requests::{JobError, RepeatError};
use course_seats_application::use_cases::seats::{
    AssignError, BatchError, DropError, ProvisionError, TransferError,
};
use serde_json::json;
use std::fmt::Display;

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(why) => {
                tracing::warn!(%why, "the database cannot be reached");
                Self::unavailable()
            }
            error => Self::internal(error),
        }
    }
}

impl From<PortError> for Failure {
    fn from(error: PortError) -> Self {
        tracing::warn!(%error, "a system outside did not give what is needed");
        Self::unavailable()
    }
}

impl From<NotMade> for Failure {
    fn from(error: NotMade) -> Self {
        match error {
            NotMade::Undone => Self::bad_gateway(error),
            NotMade::TookTooLong | NotMade::NothingStarted | NotMade::ShuttingDown => {
                Self::unavailable_because(error)
            }
        }
    }
}

impl From<RepeatError> for Failure {
    fn from(error: RepeatError) -> Self {
        match error {
            RepeatError::OtherBody => Self::invalid_field("Idempotency-Key", error.to_string()),
            RepeatError::AtWork { retry_after } => {
                let seconds = retry_after.as_secs_f64().ceil() as u64;
                Self::conflict(code::REQUEST_IN_PROGRESS, error).retry_after(seconds)
            }
        }
    }
}

impl From<JobError> for Failure {
    fn from(error: JobError) -> Self {
        match error {
            JobError::NotFound(_) => Self::not_found(error),
            JobError::Store(error) => error.into(),
        }
    }
}

impl From<InstitutionError> for Failure {
    fn from(error: InstitutionError) -> Self {
        match error {
            InstitutionError::NotFound => Self::not_found(error),
            InstitutionError::NameTaken => Self::conflict(code::ENTITY_ALREADY_EXISTS, error),
            InstitutionError::NothingToUpdate => bad(code::INVALID_REQUEST, error),
            InstitutionError::Store(error) => error.into(),
        }
    }
}

impl From<CreateLabError> for Failure {
    fn from(error: CreateLabError) -> Self {
        let message = error.to_string();
        match error {
            CreateLabError::NameTaken { name } => {
                let (details, data) = (format!("name={name}"), json!({ "name": name }));
                Self::conflict(code::ENTITY_ALREADY_EXISTS, message).details(details).data(data)
            }
            CreateLabError::NotAPerson => not_allowed(message),
            CreateLabError::NotMade(error) => error.into(),
            CreateLabError::Store(error) => error.into(),
        }
    }
}

impl From<GetLabError> for Failure {
    fn from(error: GetLabError) -> Self {
        match error {
            GetLabError::NotFound => no_lab(error),
            GetLabError::Identity(error) => error.into(),
            GetLabError::Store(error) => error.into(),
        }
    }
}

impl From<CreateProjectError> for Failure {
    fn from(error: CreateProjectError) -> Self {
        match error {
            CreateProjectError::LabNotFound => no_lab(error),
            CreateProjectError::NameTaken => bad(code::ENTITY_ALREADY_EXISTS, error),
            CreateProjectError::NotAPerson => not_allowed(error),
            CreateProjectError::NotMade(error) => error.into(),
            CreateProjectError::Store(error) => error.into(),
        }
    }
}

impl From<SendInviteError> for Failure {
    fn from(error: SendInviteError) -> Self {
        match error {
            SendInviteError::LabNotFound => no_lab(error),
            SendInviteError::NotAPerson => not_allowed(error),
            SendInviteError::Store(error) => error.into(),
        }
    }
}

impl From<InviteError> for Failure {
    fn from(error: InviteError) -> Self {
        match error {
            InviteError::Malformed => {
                bad(code::INVALID_PARAMETER, error).details("Invitation token is malformed")
            }
            InviteError::Expired => {
                bad(code::TOKEN_EXPIRED, error).details("Invitation is expired")
            }
            InviteError::NotFound => Self::not_found(error),
            InviteError::WrongPerson | InviteError::NotAPerson => not_allowed(error),
            InviteError::NotMade(error) => error.into(),
            InviteError::Store(error) => error.into(),
        }
    }
}

impl From<CourseError> for Failure {
    fn from(error: CourseError) -> Self {
        match error {
            CourseError::NotFound(_) => Self::not_found(error),
            CourseError::Repeat(error) => error.into(),
            CourseError::Store(error) => error.into(),
        }
    }
}

impl From<CreateCourseError> for Failure {
    fn from(error: CreateCourseError) -> Self {
        match error {
            CreateCourseError::LabNotFound(_)
            | CreateCourseError::ProjectNotFound { .. }
            | CreateCourseError::InstitutionNotFound(_)
            | CreateCourseError::Gone(_) => Self::not_found(error),
            CreateCourseError::NotACourseLab => not_allowed(error),
            CreateCourseError::Taken => Self::conflict(code::ENTITY_ALREADY_EXISTS, error),
            CreateCourseError::LabClosing { .. } | CreateCourseError::TemplateTaken { .. } => {
                Self::conflict(code::NOT_ALLOWED_OP, error)
            }
            CreateCourseError::ShuttingDown => Self::unavailable_because(error),
            CreateCourseError::Repeat(error) => error.into(),
            CreateCourseError::Store(error) => error.into(),
        }
    }
}

impl From<UpdateCourseError> for Failure {
    fn from(error: UpdateCourseError) -> Self {
        match error {
            UpdateCourseError::NotFound(_) | UpdateCourseError::InstitutionNotFound(_) => {
                Self::not_found(error)
            }
            UpdateCourseError::NotADraft => Self::conflict(code::NOT_ALLOWED_OP, error),
            UpdateCourseError::Store(error) => error.into(),
        }
    }
}

impl From<ActivateCourseError> for Failure {
    fn from(error: ActivateCourseError) -> Self {
        match error {
            ActivateCourseError::NotFound(_) => Self::not_found(error),
            ActivateCourseError::Refused(why) => Self::conflict(code::NOT_ALLOWED_OP, why),
            ActivateCourseError::Repeat(error) => error.into(),
            ActivateCourseError::Store(error) => error.into(),
        }
    }
}

impl From<DeleteCourseError> for Failure {
    fn from(error: DeleteCourseError) -> Self {
        match error {
            DeleteCourseError::NotFound(_) => Self::not_found(error),
            DeleteCourseError::Active => Self::conflict(code::FORBIDDEN_OPERATION, error),
            DeleteCourseError::NotDoneYet(_) => Self::bad_gateway(error),
            DeleteCourseError::Store(error) => error.into(),
        }
    }
}

impl From<ProvisionError> for Failure {
    fn from(error: ProvisionError) -> Self {
        match error {
            ProvisionError::CourseNotFound(_) => Self::not_found(error),
            ProvisionError::CourseNotActive { .. } | ProvisionError::CourseClosing(_) => {
                Self::conflict(code::INVALID_REQUEST, error)
            }
            ProvisionError::Repeat(error) => error.into(),
            ProvisionError::Store(error) => error.into(),
        }
    }
}

impl From<BatchError> for Failure {
    fn from(error: BatchError) -> Self {
        match error {
            BatchError::NotFound(_) | BatchError::NoneMatches => Self::not_found(error),
            BatchError::Store(error) => error.into(),
        }
    }
}

impl From<TransferError> for Failure {
    fn from(error: TransferError) -> Self {
        match error {
            TransferError::CourseNotFound => Self::not_found(error),
            TransferError::Refused(why) => Self::conflict(code::INVALID_REQUEST, why),
            TransferError::Repeat(error) => error.into(),
            TransferError::Store(error) => error.into(),
        }
    }
}

impl From<AssignError> for Failure {
    fn from(error: AssignError) -> Self {
        match error {
            AssignError::CourseNotFound(_) => Self::not_found(error),
            AssignError::Refused(why) => Self::conflict(code::INVALID_REQUEST, why),
            AssignError::AlreadyEnrolled(_) => Self::conflict(code::ENTITY_ALREADY_EXISTS, error),
            // The word is not what one expects, but the one that the portal knows.
            AssignError::NotEnoughSeats { .. } => Self::conflict(code::ENTITY_NOT_FOUND, error),
            AssignError::NotStarted(error) => error.into(),
            AssignError::Repeat(error) => error.into(),
            AssignError::Store(error) => error.into(),
        }
    }
}

impl From<DropError> for Failure {
    fn from(error: DropError) -> Self {
        match error {
            DropError::CourseNotFound(_) => Self::not_found(error),
            DropError::NotStarted(error) => error.into(),
            DropError::Repeat(error) => error.into(),
            DropError::Store(error) => error.into(),
        }
    }
}

impl From<ClaimError> for Failure {
    fn from(error: ClaimError) -> Self {
        match error {
            ClaimError::NotFound => Self::not_found(error),
            ClaimError::Refused(why) => Self::conflict(code::INVALID_REQUEST, why),
            ClaimError::NotAPerson => not_allowed(error),
            ClaimError::Repeat(error) => error.into(),
            ClaimError::Store(error) => error.into(),
        }
    }
}

impl From<ResendError> for Failure {
    fn from(error: ResendError) -> Self {
        match error {
            ResendError::NotFound => Self::not_found(error),
            ResendError::Refused(why) => Self::conflict(code::INVALID_REQUEST, why),
            ResendError::TooSoon { wait } => {
                let seconds = wait.as_secs_f64().ceil() as u64;
                let status = StatusCode::TOO_MANY_REQUESTS;
                Self::new(status, code::TOO_MANY_REQUESTS, error).retry_after(seconds)
            }
            ResendError::Repeat(error) => error.into(),
            ResendError::Store(error) => error.into(),
        }
    }
}

impl From<SagaError> for Failure {
    fn from(error: SagaError) -> Self {
        match error {
            SagaError::NotFound(_) => Self::not_found(error),
            SagaError::Closed(_) | SagaError::NotToSettle => {
                Self::conflict(code::NOT_ALLOWED_OP, error)
            }
            SagaError::Store(error) => error.into(),
        }
    }
}

impl From<DriftError> for Failure {
    fn from(error: DriftError) -> Self {
        match error {
            DriftError::Store(error) => error.into(),
            DriftError::Outside(error) => error.into(),
        }
    }
}

impl From<RetryMailError> for Failure {
    fn from(error: RetryMailError) -> Self {
        match error {
            RetryMailError::NotFound(_) => Self::not_found(error),
            RetryMailError::Refused(_) => Self::conflict(code::NOT_ALLOWED_OP, error),
            RetryMailError::Store(error) => error.into(),
        }
    }
}

impl From<ActivateError> for Failure {
    fn from(error: ActivateError) -> Self {
        match error {
            ActivateError::NotAPerson => not_allowed(error),
            ActivateError::NotStarted(error) => error.into(),
            ActivateError::Repeat(error) => error.into(),
            ActivateError::Store(error) => error.into(),
        }
    }
}

fn bad(error_code: &'static str, message: impl Display) -> Failure {
    Failure::new(StatusCode::BAD_REQUEST, error_code, message)
}

fn not_allowed(message: impl Display) -> Failure {
    Failure::new(StatusCode::FORBIDDEN, code::NOT_ALLOWED_OP, message)
}

/// The word is not what one expects, but the one that the portal knows.
fn no_lab(message: impl Display) -> Failure {
    Failure::new(StatusCode::NOT_FOUND, code::DATABASE_ERROR, message)
}
