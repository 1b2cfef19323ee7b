//! The rules of the domain, as properties: checked for whatever values come, and at their
//! boundaries to the microsecond.
#![cfg(test)]

mod builders;
mod course;
mod credits;
mod dates;
mod enrolment;
mod recovery;
mod seat;
mod transfer;
mod values;
mod virtual_lab;
