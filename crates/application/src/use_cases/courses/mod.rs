//! Courses.

mod activate;
mod close;
mod create;
mod delete;
mod get;
mod search;
mod update;
mod void;

pub use activate::{ActivateCourseError, activate_course};
pub(crate) use close::{close_course, mark_closing};
pub use create::{CreateCourseError, CreatedCourse, NewCourse, create_course};
pub use delete::{DeleteCourseError, delete_course};
pub use get::get_course;
pub use search::search_courses;
pub use update::{CourseChanges, UpdateCourseError, update_course};
pub use void::void_course;

use crate::ports::StoreError;
use crate::use_cases::requests::RepeatError;
use course_seats_domain::ids::CourseId;

/// Why nothing was done about a course. The texts are the API's messages.
#[derive(Debug, thiserror::Error)]
pub enum CourseError {
    /// There is none.
    #[error("Course {0} not found")]
    NotFound(CourseId),
    /// A repeat that is not answered.
    #[error(transparent)]
    Repeat(#[from] RepeatError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}
