//! The sagas of Course Seats, as plans: what each does, in order, and how each step is taken back
//! (the table of design §4).

mod accept_invite;
mod activate;
mod assign;
mod close_course;
mod create_lab;
mod create_project;
mod drop_seat;
mod fund_template;
mod kind;
mod note;
mod settling;
mod step;
mod undo;

pub use accept_invite::AcceptInvite;
pub use activate::Activate;
pub use assign::AssignSeat;
pub use close_course::CloseCourse;
pub use create_lab::CreateLab;
pub use create_project::CreateProject;
pub use drop_seat::DropSeat;
pub use fund_template::FundTemplate;
pub use kind::{SagaKind, Subject};
pub use note::Note;
pub use settling::settling_event;
pub use step::CourseStep;
pub use undo::CourseUndo;

/// A plan made of this service's steps.
pub type CoursePlan = crate::saga::Plan<CourseStep>;
/// A saga made of this service's steps.
pub type CourseSaga = crate::saga::Saga<CourseStep>;
/// An event of such a saga.
pub type CourseEvent = crate::saga::Event<Note>;
