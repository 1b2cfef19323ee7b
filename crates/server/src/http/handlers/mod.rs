//! One function for each endpoint: who may, what is read, which use case, what is answered.

pub mod courses;
pub mod drift;
pub mod enrolments;
pub mod health;
pub mod institutions;
pub mod invites;
pub mod jobs;
pub mod labs;
pub mod metrics;
pub mod openid;
pub mod operator;
pub mod outbox;
pub mod portal;
pub mod problems;
pub mod projects;
pub mod sandbox;
pub mod seats;
pub mod words;
