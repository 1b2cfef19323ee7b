//! The answers of the API, as far as a client needs them here.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer};
use uuid::Uuid;

/// Whatever has an id: an institution, a lab, a project, an invite.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct WithId {
    /// The id.
    pub id: Uuid,
}

/// A course.
#[derive(Debug, Clone, Deserialize)]
pub struct Course {
    /// Its id.
    pub id: Uuid,
    /// Its lab.
    pub virtual_lab_id: Uuid,
    /// The template of its projects.
    pub template_project_id: Uuid,
    /// `draft`, `active` or `voided`.
    pub status: String,
    /// Whether its template has its credits; only said when it is made.
    #[serde(default)]
    pub template_project_funded: Option<bool>,
}

/// A seat.
#[derive(Debug, Clone, Deserialize)]
pub struct Seat {
    /// Its id.
    pub id: Uuid,
    /// The course that has it now.
    pub course_id: Uuid,
    /// Whether it is used up.
    pub is_consumed: bool,
    /// Whether it came back once.
    pub previously_dropped: bool,
    /// Who sits on it.
    pub enrolment_id: Option<Uuid>,
    /// What it grants.
    pub credit_value: u32,
    /// `free`, `reserved`, `assigned`, `dropping` or `consumed`; only in lists.
    #[serde(default)]
    pub state: String,
}

/// The seats of a course.
#[derive(Debug, Clone, Deserialize)]
pub struct Seats {
    /// They.
    pub data: Vec<Seat>,
}

/// New seats.
#[derive(Debug, Clone, Deserialize)]
pub struct Provisioned {
    /// They.
    pub seats: Vec<Seat>,
}

/// Seats that moved.
#[derive(Debug, Clone, Deserialize)]
pub struct Transferred {
    /// How many.
    pub transferred_count: usize,
    /// They.
    pub transferred_seats: Vec<Seat>,
}

/// An enrolment.
#[derive(Debug, Clone, Deserialize)]
pub struct Enrolment {
    /// Its id.
    pub id: Uuid,
    /// The student's own project.
    pub project_id: Uuid,
    /// Where the claim link went.
    pub contact_email: String,
    /// What the university calls the student.
    pub student_id: String,
    /// Who claimed it.
    pub claimed_by: Option<Uuid>,
    /// When the student was let in.
    pub activated_at: Option<DateTime<Utc>>,
    /// Whether it was dropped.
    pub is_dropped: bool,
    /// `assigned`, `claimed`, `activated`, `dropping` or `dropped`.
    pub state: String,
    /// The seat that it sits on.
    pub seat: Option<Seat>,
}

/// The enrolments of a course.
#[derive(Debug, Clone, Deserialize)]
pub struct Enrolments {
    /// They.
    pub enrolments: Vec<Enrolment>,
}

/// One result for each student or seat.
#[derive(Debug, Clone, Deserialize)]
pub struct Results<T> {
    /// In the order of the request.
    pub results: Vec<T>,
}

/// An assign or a drop, and how far it is.
#[derive(Debug, Clone, Deserialize)]
pub struct Job<T> {
    /// `running` or `done`.
    pub status: String,
    /// How many students or seats there are.
    pub total: u64,
    /// How many are done.
    pub done: u64,
    /// How many have failed.
    pub failed: u64,
    /// One for each, in the order of the request.
    pub results: Vec<T>,
}

/// What became of a student.
#[derive(Debug, Clone, Deserialize)]
pub struct Assigned {
    /// Who.
    pub student_id: String,
    /// Whether it worked.
    pub assignment_successful: bool,
    /// The seat.
    pub seat_id: Uuid,
    /// The enrolment.
    pub enrolment_id: Option<Uuid>,
    /// The student's own project.
    pub project_id: Option<Uuid>,
    /// What it was granted.
    pub credit_transferred_amount: f64,
    /// Whether the claim link is on its way.
    pub email_sent: bool,
    /// Why not.
    pub error: Option<String>,
    /// `done`, `failed` or `pending`.
    pub status: String,
}

/// What became of a seat whose student was to be dropped.
#[derive(Debug, Clone, Deserialize)]
pub struct Dropped {
    /// The seat.
    pub seat_id: Uuid,
    /// Whether it worked.
    pub is_dropped: bool,
    /// Whether the seat came back.
    pub seat_recovered: Option<bool>,
    /// What the student had spent.
    pub credits_spent: Option<f64>,
    /// Why not.
    pub error: Option<String>,
    /// `done`, `failed` or `pending`.
    pub status: String,
}

/// What became of a claimed enrolment at login.
#[derive(Debug, Clone, Deserialize)]
pub struct Activated {
    /// The enrolment.
    pub enrolment_id: Uuid,
    /// Whether the student is in.
    pub activated: bool,
    /// Why not.
    pub error: Option<String>,
}

/// What an expiry did.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Expired {
    /// Courses that were due.
    pub expired_courses_found: u64,
    /// Enrolments that were dropped.
    pub enrolments_dropped: u64,
    /// Enrolments that were not yet.
    pub enrolments_failed: u64,
    /// Labs that were depleted.
    pub vlabs_depleted: u64,
}

/// A saga, as operators see it.
#[derive(Debug, Clone, Deserialize)]
pub struct Saga {
    /// Its id.
    pub id: Uuid,
    /// Such as `assign_seat`.
    pub kind: String,
    /// `running`, `undoing`, `completed` or `undone`.
    pub status: String,
    /// Whether a person may want to know.
    pub needs_attention: bool,
    /// What it works on.
    pub subject: String,
    /// Its notebook; only when it is asked for alone.
    #[serde(default)]
    pub steps: Vec<SagaStep>,
}

/// A step of a saga.
#[derive(Debug, Clone, Deserialize)]
pub struct SagaStep {
    /// Such as `grant`.
    pub name: String,
    /// `pending`, `attempted`, `unknown`, `done` or `undone`.
    pub state: String,
    /// What was noted on the way.
    pub output: Vec<serde_json::Value>,
}

/// Sagas.
#[derive(Debug, Clone, Deserialize)]
pub struct Sagas {
    /// They.
    pub data: Vec<Saga>,
}

/// The groups of the sandbox's identity provider.
#[derive(Debug, Clone, Deserialize)]
pub struct Groups {
    /// They.
    pub groups: Vec<Group>,
}

/// A group.
#[derive(Debug, Clone, Deserialize)]
pub struct Group {
    /// Such as `vlab/{id}/admin`.
    pub name: String,
    /// Who is in it.
    pub members: Vec<Member>,
}

/// Somebody in a group.
#[derive(Debug, Clone, Deserialize)]
pub struct Member {
    /// Who.
    pub id: Uuid,
    /// Who.
    pub username: Option<String>,
}

/// The books of the sandbox's accounting.
#[derive(Debug, Clone, Deserialize)]
pub struct Accounts {
    /// Labs.
    pub labs: Vec<Account>,
    /// Projects.
    pub projects: Vec<Account>,
    /// Every movement.
    pub journal: Vec<Movement>,
    /// Over all accounts.
    pub sum: Decimal,
}

/// An account.
#[derive(Debug, Clone, Deserialize)]
pub struct Account {
    /// Whose.
    pub id: Uuid,
    /// The project's lab.
    #[serde(default, alias = "vlab_id")]
    pub lab_id: Option<Uuid>,
    /// What is in it.
    pub balance: Decimal,
    /// What running jobs have reserved.
    #[serde(default)]
    pub reservation: Decimal,
}

/// Credits that went from one account to another.
#[derive(Debug, Clone, Deserialize)]
pub struct Movement {
    /// Such as `system`.
    #[serde(deserialize_with = "account")]
    pub from: String,
    /// Such as `project/{id}`.
    #[serde(deserialize_with = "account")]
    pub to: String,
    /// How much.
    pub amount: Decimal,
    /// `top_up`, `assign`, `deplete`, `spend`, `reserve` or `release`.
    pub kind: String,
}

/// `project/{id}`, or `{"account": "project", "id": id}`, as the other stand-in writes it.
fn account<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Word(String),
        Pair { account: String, id: Option<Uuid> },
    }
    Ok(match Written::deserialize(deserializer)? {
        Written::Word(word) | Written::Pair { account: word, id: None } => word,
        Written::Pair { account, id: Some(id) } => format!("{account}/{id}"),
    })
}

impl Accounts {
    /// The account of a project.
    #[must_use]
    pub fn project(&self, id: Uuid) -> Option<&Account> {
        self.projects.iter().find(|account| account.id == id)
    }

    /// The account of a lab.
    #[must_use]
    pub fn lab(&self, id: Uuid) -> Option<&Account> {
        self.labs.iter().find(|account| account.id == id)
    }

    /// The grants that a project got.
    pub fn grants(&self, project: Uuid) -> impl Iterator<Item = &Movement> {
        let account = format!("project/{project}");
        self.journal.iter().filter(move |moved| moved.kind == "assign" && moved.to == account)
    }

    /// What was spent from a project's account.
    #[must_use]
    pub fn spent(&self, project: Uuid) -> Decimal {
        let account = format!("project/{project}");
        let spent = |moved: &&Movement| moved.kind == "spend" && moved.from == account;
        self.journal.iter().filter(spent).map(|moved| moved.amount).sum()
    }
}

/// The mailbox of everybody.
#[derive(Debug, Clone, Deserialize)]
pub struct Mailbox {
    /// Newest first.
    pub mails: Vec<Mail>,
}

/// A mail that arrived.
#[derive(Debug, Clone, Deserialize)]
pub struct Mail {
    /// To whom.
    pub to: String,
    /// What it is about.
    pub subject: String,
    /// The links in it.
    pub links: Vec<String>,
}

impl Mail {
    /// What follows `name=` in one of its links.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let start = format!("{name}=");
        self.links.iter().find_map(|link| {
            let (_, query) = link.split_once('?')?;
            query.split('&').find_map(|pair| pair.strip_prefix(&start))
        })
    }

    /// The enrolment that its link claims.
    #[must_use]
    pub fn enrolment(&self) -> Option<Uuid> {
        self.parameter("enrolment_id")?.parse().ok()
    }
}
