//! The executor: what makes sagas go forward, back, and be looked at again (design §4).
//!
//! [`start`] is the way in: a use case that has written its sagas hands their ids over, and waits
//! with [`decided`] by reading the ledger, because another replica may be the one that finishes.

mod backward;
mod deplete;
mod drive;
mod drops;
mod forward;
mod grant;
mod groups;
mod look;
mod membership;
mod outcome;
mod run;
mod settle;
mod subjects;
mod tasks;
mod template;
mod turn;
mod wait;

pub(crate) use drive::{resume, start, start_some};
pub(crate) use look::{look, may_take_from};
pub(crate) use membership::{belongs_in_lab, gone};
pub(crate) use settle::drop_verdict;
pub(crate) use tasks::Tasks;
pub(crate) use template::keep_after_funding;
pub(crate) use wait::{Decisions, decided, turn_to_undo};
