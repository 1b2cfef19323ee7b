#![doc = include_str!("../README.md")]

pub mod course;
pub mod enrolment;
pub mod group;
pub mod ids;
pub mod institution;
pub mod plans;
pub mod project;
pub mod saga;
pub mod seat;
pub mod values;
pub mod virtual_lab;
