//! The use cases, one a file.

pub mod courses;
pub mod enrolments;
pub mod institutions;
pub mod labs;
mod new_saga;
pub mod one_object;
pub mod operations;
pub mod requests;
pub mod seats;

pub(crate) use new_saga::new_saga;
