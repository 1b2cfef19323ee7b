use super::Time;
use crate::http::page::Pagination;
use course_seats_application::ports::store::SagaSummary;
use course_seats_application::use_cases::operations::ExpirySummary;
use course_seats_domain::plans::{CourseSaga, CourseStep};
use course_seats_domain::saga::{PlannedStep, Step, StepRecord};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

/// What an expiry did.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ExpirySummaryOut {
    /// Courses that were due.
    pub expired_courses_found: u64,
    /// Enrolments that were dropped.
    pub enrolments_dropped: u64,
    /// Enrolments that were not; they are tried again by themselves.
    pub enrolments_failed: u64,
    /// Labs whose credits were taken back.
    pub vlabs_depleted: u64,
}

impl From<ExpirySummary> for ExpirySummaryOut {
    fn from(summary: ExpirySummary) -> Self {
        Self {
            expired_courses_found: summary.expired_courses_found,
            enrolments_dropped: summary.enrolments_dropped,
            enrolments_failed: summary.enrolments_failed,
            vlabs_depleted: summary.vlabs_depleted,
        }
    }
}

/// A saga: one operation on one subject that touches the systems outside.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SagaOut {
    /// Its id.
    pub id: Uuid,
    /// What it does, such as `assign_seat`.
    pub kind: &'static str,
    /// `running`, `undoing`, `completed` or `undone`.
    pub status: &'static str,
    /// Whether a person may want to know.
    pub needs_attention: bool,
    /// What it works on.
    pub subject: String,
    /// How many attempts did not come to a good end.
    pub attempts: u32,
    /// When it was written down.
    pub created_at: Time,
    /// When it last changed.
    pub updated_at: Time,
    /// Until when somebody holds it.
    pub lease_until: Option<Time>,
    /// What its last failed attempt said.
    pub error: Option<String>,
}

impl From<SagaSummary> for SagaOut {
    fn from(saga: SagaSummary) -> Self {
        Self {
            id: saga.id.uuid(),
            kind: saga.kind.as_str(),
            status: saga.status.as_str(),
            needs_attention: saga.needs_attention,
            subject: saga.subject,
            attempts: saga.attempts,
            created_at: Time(saga.created_at),
            updated_at: Time(saga.updated_at),
            lease_until: saga.lease_until.map(Time),
            error: saga.error,
        }
    }
}

/// Sagas, newest first.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SagaList {
    /// The sagas.
    pub data: Vec<SagaOut>,
    /// Which part of the list it is.
    pub pagination: Pagination,
}

/// A saga with its notebook.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SagaDetailOut {
    /// The saga.
    #[serde(flatten)]
    pub saga: SagaOut,
    /// Its steps, in order.
    pub steps: Vec<StepOut>,
    /// Why it turned to undo, was cancelled, or needs attention.
    pub reason: Option<String>,
}

impl SagaDetailOut {
    /// A saga and its notebook.
    #[must_use]
    pub fn of(summary: SagaSummary, saga: CourseSaga) -> Self {
        let steps = saga.plan.steps.iter().zip(saga.steps);
        Self {
            saga: summary.into(),
            steps: steps.map(|(planned, record)| StepOut::of(planned, record)).collect(),
            reason: saga.reason,
        }
    }
}

/// One step of a saga.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct StepOut {
    /// What it does, such as `create_group`.
    pub name: &'static str,
    /// `pending`, `attempted`, `unknown`, `done` or `undone`.
    pub state: &'static str,
    /// What takes it back, if anything must.
    pub undo: Option<&'static str>,
    /// What was noted on the way, oldest first.
    pub output: Vec<Value>,
    /// How many attempts, forward or back, did not come to a good end.
    pub attempts: u32,
    /// What the last such attempt said.
    pub error: Option<String>,
}

impl StepOut {
    fn of<N: Serialize>(planned: &PlannedStep<CourseStep>, record: StepRecord<N>) -> Self {
        let output = record.notes.iter().filter_map(|note| serde_json::to_value(note).ok());
        Self {
            name: planned.step.name(),
            state: record.state.as_str(),
            undo: planned.undo.as_ref().map(|undo| undo.name()),
            output: output.collect(),
            attempts: record.attempts,
            error: record.error,
        }
    }
}
