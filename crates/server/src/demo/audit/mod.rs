//! Looks at the rows and at the systems outside, and tells what does not fit together: orphan
//! groups, members who should not be, stranded or doubled credits, stuck seats, lost mail.
//!
//! It sees what any client sees: the API and the sandbox's books. The demo ends with it, and the
//! tests that kill the service do.

mod groups;
mod mail;
mod money;
mod rows;
#[cfg(test)]
mod tests;

use super::answers::{Accounts, Enrolment, Mailbox, Saga, Seat};
use super::client::Client;
use super::wrong::Wrong;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// How many claim mails a student may have got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mails {
    /// Exactly one.
    One,
    /// At least one for who is enrolled: after a crash a mail may arrive twice. One who was
    /// dropped in the middle may have none.
    AtLeastOne,
    /// Any number: the rows that would tell are gone with their course.
    Any,
}

/// A course, and the lab that it sits on.
#[derive(Debug, Clone)]
pub struct Watched {
    /// The lab.
    pub lab: Uuid,
    /// Its name, which its mails tell.
    pub lab_name: String,
    /// The template project.
    pub template: Uuid,
    /// The course; `None` once it is deleted.
    pub course: Option<Uuid>,
    /// An admin of the course.
    pub admin: String,
    /// What a seat grants.
    pub credits: u32,
    /// Whether all credits must have been taken back: voided, ended or deleted.
    pub closed: bool,
    /// The enrolments that were there before the course was deleted.
    pub former: Vec<Enrolment>,
    /// How many mails are right.
    pub mails: Mails,
}

/// Everything that was seen of a course.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The course.
    pub watched: Watched,
    /// Its seats.
    pub seats: Vec<Seat>,
    /// Its enrolments.
    pub enrolments: Vec<Enrolment>,
}

/// Everything that was seen at a quiet moment.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// The courses.
    pub courses: Vec<Seen>,
    /// Group name → members.
    pub groups: BTreeMap<String, BTreeSet<Uuid>>,
    /// The books of accounting.
    pub accounts: Accounts,
    /// All mails.
    pub mailbox: Mailbox,
    /// Sagas that are open, or need somebody.
    pub open: Vec<Saga>,
}

impl Snapshot {
    /// Looks at these courses and at everything outside.
    ///
    /// # Errors
    /// If something cannot be read.
    pub async fn take(client: &Client, watched: &[Watched]) -> Result<Self, Wrong> {
        let mut courses = Vec::new();
        for watched in watched {
            let (seats, enrolments) = match watched.course {
                Some(course) => (
                    client.seats(&watched.admin, course).await?,
                    client.enrolments(&watched.admin, course).await?,
                ),
                None => (Vec::new(), Vec::new()),
            };
            courses.push(Seen { watched: watched.clone(), seats, enrolments });
        }
        let groups = client.groups().await?.groups.into_iter();
        let members = |members: Vec<super::answers::Member>| {
            members.into_iter().map(|member| member.id).collect()
        };
        let mut open = Vec::new();
        for status in ["running", "undoing", "needs_attention"] {
            open.extend(client.sagas(status).await?);
        }
        Ok(Self {
            courses,
            groups: groups.map(|group| (group.name, members(group.members))).collect(),
            accounts: client.accounts().await?,
            mailbox: client.mailbox().await?,
            open,
        })
    }

    /// All that does not fit together; nothing if all adds up.
    #[must_use]
    pub fn findings(&self) -> Vec<String> {
        let open = self.open.iter().map(|saga| {
            format!("saga {} ({} on {}) is {}", saga.id, saga.kind, saga.subject, saga.status)
        });
        let mut findings: Vec<String> = open.collect();
        if !self.accounts.sum.is_zero() {
            findings.push(format!("the sum over all accounts is {}", self.accounts.sum));
        }
        for seen in &self.courses {
            findings.extend(rows::findings(seen));
            findings.extend(groups::findings(seen, &self.groups));
            findings.extend(money::findings(seen, &self.accounts));
            findings.extend(mail::findings(seen, &self.mailbox));
        }
        findings
    }

    /// Demands that all adds up.
    ///
    /// # Errors
    /// All that does not.
    pub fn adds_up(&self) -> Result<(), Wrong> {
        match self.findings().as_slice() {
            [] => Ok(()),
            findings => Err(Wrong::new("that all adds up", findings.join("; "))),
        }
    }
}

impl Seen {
    /// The enrolments that are not dropped.
    pub fn live(&self) -> impl Iterator<Item = &Enrolment> {
        self.enrolments.iter().filter(|enrolment| !enrolment.is_dropped)
    }

    /// How many seats are in this state.
    #[must_use]
    pub fn seats_in(&self, state: &str) -> usize {
        self.seats.iter().filter(|seat| seat.state == state).count()
    }
}
