//! What creating a lab, creating a project and accepting an invite have in common: one saga, and
//! an answer that waits for its end (design §6, "One object").

use crate::app::App;
use crate::engine::{decided, start, turn_to_undo};
use crate::ports::{PortError, StoreError};
use course_seats_domain::ids::SagaId;
use course_seats_domain::saga::Status;
use std::sync::Arc;

/// Why one object was not made.
#[derive(Debug, thiserror::Error)]
pub enum NotMade {
    /// A system outside refused, or kept failing: nothing is left of it.
    #[error("An external service failed; nothing was changed")]
    Undone,
    /// It took too long: it is being undone, and the same request can be sent again.
    #[error("An external service did not answer in time; nothing is changed, please try again")]
    TookTooLong,
    /// A system that is asked before anything starts cannot be reached.
    #[error("An external service cannot be reached; nothing was changed, please try again")]
    NothingStarted,
    /// The service is being stopped.
    #[error("The service is being stopped; please try again")]
    ShuttingDown,
}

impl From<PortError> for NotMade {
    fn from(error: PortError) -> Self {
        tracing::warn!(%error, "nothing was started: a system outside did not give what is needed");
        Self::NothingStarted
    }
}

/// Drives a saga that was just written, and waits for its end. At the deadline it is turned to
/// undo, stored as such: once said, it never settles.
pub(crate) async fn see_through<E: From<NotMade> + From<StoreError>>(
    app: &Arc<App>,
    saga: SagaId,
) -> Result<(), E> {
    let deadline = app.ports.clock.monotonic() + app.settings.answer_deadline;
    let driven = start(app, vec![saga]);
    let decisions = decided(app, &[saga], driven, deadline).await?;
    match decisions.get(&saga) {
        Some(Status::Completed) => Ok(()),
        Some(Status::Undone | Status::Undoing) => Err(NotMade::Undone.into()),
        Some(Status::Running) | None => {
            let why = "the answer was due";
            match turn_to_undo(app, saga, why).await? {
                Status::Completed => Ok(()),
                _ => Err(NotMade::TookTooLong.into()),
            }
        }
    }
}
