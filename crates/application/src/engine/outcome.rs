use crate::ports::PortError;
use course_seats_domain::plans::Note;

/// What came of one attempt at a step, an undo or a part of a look.
#[derive(Debug)]
pub(super) enum Outcome {
    /// It is done, or was done before.
    Done(Option<Note>),
    /// It surely had no effect; asking again may help.
    NotDone(String),
    /// Nobody knows whether it had an effect.
    Unknown(String),
    /// It will not be done however often it is asked; it had no effect.
    Refused(String),
    /// Somebody else has what it needs: it waits its turn.
    Busy(String),
    /// Money that nobody can account for: it stops being tried, and needs a person.
    Undecidable(String),
    /// A settle closed the saga.
    Closed,
}

impl Outcome {
    pub(super) const DONE: Self = Self::Done(None);
}

impl From<PortError> for Outcome {
    fn from(error: PortError) -> Self {
        match error {
            PortError::NotFound | PortError::Conflict | PortError::Unavailable(_) => {
                Self::NotDone(error.to_string())
            }
            PortError::Unknown(_) => Self::Unknown(error.to_string()),
            PortError::Rejected(_) => Self::Refused(error.to_string()),
        }
    }
}

/// Why a run must not go on with what it has in hand.
#[derive(Debug)]
pub(super) enum Stop {
    /// The saga is somebody else's, or closed: change nothing.
    Lost,
    /// The database may or may not have written: read the saga again.
    Reread,
    /// The service is being stopped.
    Draining,
}
