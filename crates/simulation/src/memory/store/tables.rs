use chrono::{DateTime, Utc};
use course_seats_application::ports::store::{MailContent, MailStatus, Request, Reservation};
use course_seats_domain::course::Course;
use course_seats_domain::enrolment::Enrolment;
use course_seats_domain::ids::{
    CourseId, EnrolmentId, InstitutionId, InviteId, LabId, MailId, ProjectId, RequestId, SagaId,
    SeatId,
};
use course_seats_domain::institution::Institution;
use course_seats_domain::plans::{CourseEvent, CoursePlan, SagaKind};
use course_seats_domain::project::Project;
use course_seats_domain::saga::Status;
use course_seats_domain::seat::Seat;
use course_seats_domain::values::EmailAddress;
use course_seats_domain::virtual_lab::{Invite, VirtualLab};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use uuid::Uuid;

/// One table: cheap to copy, so every transaction has its own.
pub type Table<K, V> = Arc<BTreeMap<K, Arc<V>>>;

/// All rows of the database.
#[derive(Debug, Clone, Default)]
pub struct Tables {
    /// Institutions.
    pub institutions: Table<InstitutionId, Institution>,
    /// Labs that are not deleted.
    pub labs: Table<LabId, VirtualLab>,
    /// Projects, deleted or not.
    pub projects: Table<ProjectId, Project>,
    /// Courses.
    pub courses: Table<CourseId, Course>,
    /// Seats.
    pub seats: Table<SeatId, Seat>,
    /// Enrolments.
    pub enrolments: Table<EnrolmentId, Enrolment>,
    /// Invites.
    pub invites: Table<InviteId, Invite>,
    /// Reservations.
    pub reservations: Table<Reservation, ReservedRow>,
    /// The ledger.
    pub sagas: Table<SagaId, SagaRow>,
    /// Accounts given up: kind and id.
    pub given_up: Arc<BTreeSet<(bool, Uuid)>>,
    /// The outbox.
    pub mails: Table<MailId, MailRow>,
    /// Daily jobs.
    pub daily_runs: Table<String, DailyRow>,
    /// Since when something does not fit, by kind and subject.
    pub drift: Table<(String, String), DateTime<Utc>>,
    /// The calls that are remembered.
    pub requests: Table<RequestId, Request>,
}

/// Who has a reservation, and until when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReservedRow {
    /// The saga.
    pub saga: SagaId,
    /// Its own end, if it has one.
    pub until: Option<DateTime<Utc>>,
}

impl ReservedRow {
    /// Whether its time is not over.
    #[must_use]
    pub fn holds(&self, now: DateTime<Utc>) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

/// A saga's row with its story.
#[derive(Debug, Clone)]
pub struct SagaRow {
    /// What it does.
    pub kind: SagaKind,
    /// What it works on.
    pub subject: String,
    /// Its course.
    pub course: Option<CourseId>,
    /// Who wrote it down: the call whose task it was.
    pub opened_by: u64,
    /// Its plan.
    pub plan: Arc<CoursePlan>,
    /// Its story.
    pub events: Vec<CourseEvent>,
    /// Where it is.
    pub status: Status,
    /// Whether a person may want to know.
    pub needs_attention: bool,
    /// Raised by everybody who takes it.
    pub generation: i64,
    /// Somebody has held it once.
    pub begun: bool,
    /// A late look is under way.
    pub looking: bool,
    /// Until when somebody holds it.
    pub lease_until: Option<DateTime<Utc>>,
    /// When it is to be worked on next, if open.
    pub due_at: DateTime<Utc>,
    /// When it is to be looked at again, if closed.
    pub look_at: Option<DateTime<Utc>>,
    /// How many attempts did not come to a good end.
    pub attempts: u32,
    /// What the last of them said.
    pub error: Option<String>,
    /// When it was written down.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

impl SagaRow {
    /// Whether somebody holds it.
    #[must_use]
    pub fn held(&self, now: DateTime<Utc>) -> bool {
        self.lease_until.is_some_and(|until| now < until)
    }
}

/// A mail's row.
#[derive(Debug, Clone)]
pub struct MailRow {
    /// To whom.
    pub to: EmailAddress,
    /// What it says.
    pub content: MailContent,
    /// Where it is.
    pub status: MailStatus,
    /// How many attempts failed.
    pub attempts: u32,
    /// What the last of them said.
    pub error: Option<String>,
    /// When it is due.
    pub next_attempt_at: DateTime<Utc>,
    /// Until when somebody has it.
    pub lease_until: Option<DateTime<Utc>>,
    /// When it was written.
    pub created_at: DateTime<Utc>,
}

/// A daily job's row.
#[derive(Debug, Clone, Default)]
pub struct DailyRow {
    /// The latest run that was done, by when it was due.
    pub done_until: Option<DateTime<Utc>>,
    /// Until when somebody is at it.
    pub lease_until: Option<DateTime<Utc>>,
}

/// Writes one row.
pub(super) fn put<K: Ord + Clone, V>(table: &mut Table<K, V>, key: K, row: V) {
    Arc::make_mut(table).insert(key, Arc::new(row));
}

/// Removes one row.
pub(super) fn remove<K: Ord + Clone, V>(table: &mut Table<K, V>, key: &K) {
    Arc::make_mut(table).remove(key);
}

/// Copies of the rows that match.
pub(super) fn those<K, V: Clone>(table: &Table<K, V>, matches: impl Fn(&V) -> bool) -> Vec<V> {
    table.values().filter(|row| matches(row)).map(|row| V::clone(row)).collect()
}
