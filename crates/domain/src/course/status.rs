use serde::{Deserialize, Serialize};

/// The life of a course: draft → active → voided, or draft → voided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CourseStatus {
    /// Can be changed; has no seats yet.
    Draft,
    /// Has seats and students.
    Active,
    /// Over, for good.
    Voided,
}

/// What can happen to a course's status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CourseEvent {
    /// Somebody changes its fields.
    Change,
    /// It is opened.
    Activate,
    /// It is voided.
    Void,
    /// It is deleted.
    Delete,
}

/// An event that the status does not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a course in '{status}' status does not allow {event:?}")]
pub struct IllegalCourseEvent {
    /// The status that it has.
    pub status: CourseStatus,
    /// What was asked.
    pub event: CourseEvent,
}

impl CourseStatus {
    /// The status after `event`: the whole state machine.
    ///
    /// ```
    /// use course_seats_domain::course::{CourseEvent::*, CourseStatus::*};
    /// assert_eq!(Draft.after(Activate), Ok(Active));
    /// assert_eq!(Voided.after(Void), Ok(Voided), "voiding twice is the same as once");
    /// assert!(Active.after(Delete).is_err(), "void it first");
    /// ```
    ///
    /// # Errors
    /// [`IllegalCourseEvent`] if the status does not allow it.
    pub fn after(self, event: CourseEvent) -> Result<Self, IllegalCourseEvent> {
        match (self, event) {
            (Self::Draft, CourseEvent::Change | CourseEvent::Delete) => Ok(Self::Draft),
            (Self::Draft, CourseEvent::Activate) => Ok(Self::Active),
            (_, CourseEvent::Void) | (Self::Voided, CourseEvent::Delete) => Ok(Self::Voided),
            (Self::Active, CourseEvent::Change | CourseEvent::Activate | CourseEvent::Delete)
            | (Self::Voided, CourseEvent::Change | CourseEvent::Activate) => {
                Err(IllegalCourseEvent { status: self, event })
            }
        }
    }

    /// The word under which it is known in JSON and in messages.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Active => "active",
            Self::Voided => "voided",
        }
    }
}

impl std::fmt::Display for CourseStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
