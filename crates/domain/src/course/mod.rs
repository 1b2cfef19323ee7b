//! Courses: their dates, their life, and what may be done in which state.

mod assignment;
mod dates;
mod status;

pub use assignment::{AssignRefusal, check_assign, duplicates};
pub use dates::{ActivationRefusal, CourseDates, MAX_DROP_WINDOW};
pub use status::{CourseEvent, CourseStatus, IllegalCourseEvent};

use crate::ids::{CourseId, InstitutionId, LabId, ProjectId};
use crate::values::Credits;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Why a course is being closed. Closing is forward only: nothing starts in such a course any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Closing {
    /// An administrator voided it.
    Voided,
    /// An administrator deletes it: its rows go in the end.
    Deleting,
    /// It is past its end.
    Ended,
}

/// A course on a lab.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Course {
    /// Its id.
    pub id: CourseId,
    /// The lab it sits on: at most one course a lab.
    pub lab: LabId,
    /// The institution whose seats it takes.
    pub institution: InstitutionId,
    /// The project that students' projects start from: at most one course a template.
    pub template_project: ProjectId,
    /// What every seat grants; fixed when the course is created.
    pub credits_per_seat: u32,
    /// Start, last drop and end.
    pub dates: CourseDates,
    /// Draft, active or voided.
    pub status: CourseStatus,
    /// Whether the lab was depleted when the course closed.
    pub budget_depleted: bool,
    /// Whether it is being closed, or was, and why.
    pub closing: Option<Closing>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}

impl Course {
    /// What one seat of this course grants today.
    #[must_use]
    pub fn seat_grant(&self) -> Credits {
        Credits::whole(self.credits_per_seat)
    }

    /// Active, and not on its way out: something new may start in it.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.status == CourseStatus::Active && self.closing.is_none()
    }

    /// Makes a draft active.
    ///
    /// # Errors
    /// [`ActivationRefusal`] if it is no draft, or its dates do not hold.
    pub fn activate(&mut self, now: DateTime<Utc>) -> Result<(), ActivationRefusal> {
        let status =
            self.status.after(CourseEvent::Activate).map_err(|_| ActivationRefusal::NotADraft)?;
        self.dates.check()?;
        if self.closing.is_some() {
            return Err(ActivationRefusal::NotADraft);
        }
        self.status = status;
        self.updated_at = now;
        Ok(())
    }
}
