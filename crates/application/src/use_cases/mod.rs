//! The use cases, one a file.

pub mod courses;
pub mod enrolments;
pub mod institutions;
pub mod labs;
pub mod one_object;
pub mod operations;
pub mod requests;
pub mod seats;
