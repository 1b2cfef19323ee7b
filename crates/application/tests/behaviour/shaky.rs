//! A database that fails when a test wants it: a transaction that does not begin or is not taken, or a
//! commit that is written although its answer is lost.

use crate::moody::quiet_panic;
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use course_seats_application::ports::store::*;
use course_seats_application::ports::{Store, Tx};
use course_seats_domain::course::Course;
use course_seats_domain::enrolment::Enrolment;
use course_seats_domain::group::GroupRole;
use course_seats_domain::ids::*;
use course_seats_domain::institution::Institution;
use course_seats_domain::plans::{CourseEvent, CoursePlan, CourseSaga, CourseStep, SagaKind};
use course_seats_domain::project::Project;
use course_seats_domain::saga::recovery::Head;
use course_seats_domain::saga::{Claim, Ledger, LedgerError, NewSaga, Status, Ticket};
use course_seats_domain::seat::Seat;
use course_seats_domain::values::EmailAddress;
use course_seats_domain::virtual_lab::{Invite, VirtualLab};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use uuid::Uuid;

/// A database in front of which somebody stands.
pub struct Shaky {
    inner: Arc<dyn Store>,
    moods: Arc<Moods>,
}

/// What becomes of one write to the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is not made, and its caller knows that.
    Refused,
    /// Its caller panics before it is made.
    Panics,
    /// It is made, and its answer lost.
    AnswerLost,
    /// Its process dies, before it is made or right after it.
    DiesBefore,
    DiesAfter,
}

/// The methods that write to a saga's notebook.
const LEDGER: [&str; 7] = ["open", "claim", "claim_new", "record", "release", "close", "seize"];

/// What goes wrong next.
#[derive(Default)]
struct Moods {
    ledger: Mutex<Option<(u32, Fate)>>,
    written: AtomicU32,
    dead: AtomicBool,
    refused: AtomicU32,
    refused_reads: AtomicU32,
    panics: AtomicU32,
    begun: AtomicU32,
    reads: AtomicU32,
    lost: Mutex<Option<&'static str>>,
}

impl Shaky {
    pub fn on(inner: Arc<dyn Store>) -> Arc<Self> {
        Arc::new(Self { inner, moods: Arc::default() })
    }

    /// The next so many transactions that would write do not begin.
    pub fn refuse(&self, transactions: u32) {
        self.moods.refused.store(transactions, Ordering::SeqCst);
    }

    /// The next so many transactions that would only read do not begin.
    pub fn refuse_reads(&self, transactions: u32) {
        self.moods.refused_reads.store(transactions, Ordering::SeqCst);
    }

    /// The next transaction that would write panics.
    pub fn panic_once(&self) {
        self.moods.panics.store(1, Ordering::SeqCst);
    }

    pub fn has_panicked(&self) -> bool {
        self.moods.panics.load(Ordering::SeqCst) == 0
    }

    /// The n-th write to the ledger from now on, counted from 0, has this fate.
    pub fn fate(&self, n: u32, fate: Fate) {
        self.moods.written.store(0, Ordering::SeqCst);
        *self.moods.ledger.lock().unwrap() = Some((n, fate));
    }

    /// How many times the ledger was written to, since the start or since a fate was set.
    pub fn written(&self) -> u32 {
        self.moods.written.load(Ordering::SeqCst)
    }

    /// Whether the process that uses it has died.
    pub fn is_dead(&self) -> bool {
        self.moods.dead.load(Ordering::SeqCst)
    }

    /// How many transactions that would write were asked for.
    pub fn begun(&self) -> u32 {
        self.moods.begun.load(Ordering::SeqCst)
    }

    /// How many transactions that would only read were asked for.
    pub fn reads(&self) -> u32 {
        self.moods.reads.load(Ordering::SeqCst)
    }

    /// The answer to the next commit of a transaction that called `method` is lost.
    pub fn lose_the_commit_after(&self, method: &'static str) {
        *self.moods.lost.lock().unwrap() = Some(method);
    }
}

#[async_trait]
impl Store for Shaky {
    async fn begin(&self) -> Result<Box<dyn Tx>, StoreError> {
        self.moods.goes_on().await;
        self.moods.begun.fetch_add(1, Ordering::SeqCst);
        assert!(!takes_one(&self.moods.panics), "a panic, as the test wants it");
        if takes_one(&self.moods.refused) {
            return Err(StoreError::Unavailable("as the test wants it".into()));
        }
        let inner = self.inner.begin().await?;
        Ok(Box::new(ShakyTx { inner, moods: Arc::clone(&self.moods), called: Vec::new() }))
    }

    async fn read(&self) -> Result<Box<dyn Tx>, StoreError> {
        self.moods.goes_on().await;
        self.moods.reads.fetch_add(1, Ordering::SeqCst);
        if takes_one(&self.moods.refused_reads) {
            return Err(StoreError::Unavailable("as the test wants it".into()));
        }
        self.inner.read().await
    }

    async fn ready(&self) -> Result<(), StoreError> {
        self.inner.ready().await
    }
}

fn takes_one(left: &AtomicU32) -> bool {
    left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok()
}

impl Moods {
    /// The dead do nothing any more.
    async fn goes_on(&self) {
        if self.dead.load(Ordering::SeqCst) {
            std::future::pending().await
        }
    }

    /// What becomes of a commit after these calls.
    fn fate_of(&self, called: &[&str]) -> Option<Fate> {
        if !called.iter().any(|method| LEDGER.contains(method)) {
            return None;
        }
        let n = self.written.fetch_add(1, Ordering::SeqCst);
        let fate = *self.ledger.lock().unwrap();
        fate.filter(|(wanted, _)| *wanted == n).map(|(_, fate)| fate)
    }
}

struct ShakyTx {
    inner: Box<dyn Tx>,
    moods: Arc<Moods>,
    called: Vec<&'static str>,
}

#[async_trait]
impl Tx for ShakyTx {
    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        let fate = self.moods.fate_of(&self.called);
        if fate == Some(Fate::DiesBefore) {
            self.moods.dead.store(true, Ordering::SeqCst);
        }
        if self.moods.dead.load(Ordering::SeqCst) {
            // What a dead process had begun is taken back.
            self.inner.rollback().await?;
            return std::future::pending().await;
        }
        match fate {
            Some(Fate::Refused) => {
                self.inner.rollback().await?;
                return Err(StoreError::Unavailable("as the test wants it".into()));
            }
            Some(Fate::Panics) => quiet_panic(),
            _ => self.inner.commit().await?,
        }
        match fate {
            Some(Fate::DiesAfter) => {
                self.moods.dead.store(true, Ordering::SeqCst);
                return std::future::pending().await;
            }
            Some(_) => return Err(StoreError::Unavailable("the answer was lost".into())),
            None => {}
        }
        let called = self.called;
        match self.moods.lost.lock().unwrap().take_if(|method| called.contains(method)) {
            Some(_) => Err(StoreError::Unavailable("the answer was lost".into())),
            None => Ok(()),
        }
    }

    async fn rollback(self: Box<Self>) -> Result<(), StoreError> {
        self.inner.rollback().await
    }
}

/// Every method of a trait does what the database does.
macro_rules! pass {
    ($trait:path { $($name:ident($($arg:ident: $type:ty),*) -> $answer:ty;)* }) => {
        #[async_trait]
        impl $trait for ShakyTx {
            $(async fn $name(&mut self, $($arg: $type),*) -> $answer {
                self.called.push(stringify!($name));
                self.inner.$name($($arg),*).await
            })*
        }
    };
}

pass! { Institutions {
    insert_institution(institution: &Institution) -> Result<(), StoreError>;
    update_institution(institution: &Institution) -> Result<(), StoreError>;
    institution(id: InstitutionId) -> Result<Option<Institution>, StoreError>;
    institution_named(name: &str) -> Result<Option<Institution>, StoreError>;
    search_institutions(text: Option<&str>, page: Option<Page>) -> Result<Listed<Institution>, StoreError>;
}}

pass! { Labs {
    insert_lab(lab: &VirtualLab) -> Result<(), StoreError>;
    lab(id: LabId) -> Result<Option<VirtualLab>, StoreError>;
    lab_name_taken(name: &str) -> Result<bool, StoreError>;
}}

pass! { Projects {
    insert_project(project: &Project) -> Result<(), StoreError>;
    project(id: ProjectId) -> Result<Option<Project>, StoreError>;
    project_names_taken(lab: LabId, folded: &[String]) -> Result<Vec<String>, StoreError>;
    student_projects(course: CourseId) -> Result<Vec<Project>, StoreError>;
    delete_projects(projects: &[ProjectId], by: Option<UserId>, at: DateTime<Utc>) -> Result<(), StoreError>;
}}

pass! { Courses {
    insert_course(course: &Course) -> Result<(), StoreError>;
    update_course(course: &Course) -> Result<(), StoreError>;
    course(id: CourseId) -> Result<Option<Course>, StoreError>;
    lock_course(id: CourseId) -> Result<Option<Course>, StoreError>;
    hold_course(id: CourseId) -> Result<Option<Course>, StoreError>;
    course_on_lab(lab: LabId) -> Result<Option<Course>, StoreError>;
    course_with_template(template: ProjectId) -> Result<Option<Course>, StoreError>;
    course_details(id: CourseId) -> Result<Option<CourseDetails>, StoreError>;
    search_courses(lab_name: &str, page: Option<Page>) -> Result<Listed<CourseDetails>, StoreError>;
    expired_courses(now: DateTime<Utc>) -> Result<Vec<Course>, StoreError>;
    delete_course(id: CourseId) -> Result<(), StoreError>;
}}

pass! { Seats {
    insert_seats(seats: &[Seat]) -> Result<(), StoreError>;
    update_seat(seat: &Seat) -> Result<(), StoreError>;
    seat(id: SeatId) -> Result<Option<Seat>, StoreError>;
    seats_by_id(ids: &[SeatId]) -> Result<Vec<Seat>, StoreError>;
    seat_of(enrolment: EnrolmentId) -> Result<Option<Seat>, StoreError>;
    available_seats(course: CourseId, now: DateTime<Utc>, limit: Option<u32>) -> Result<Vec<Seat>, StoreError>;
    move_seats(seats: &[SeatId], to: CourseId) -> Result<(), StoreError>;
    list_seats(course: CourseId, now: DateTime<Utc>, filter: &SeatFilter, page: Option<Page>) -> Result<Listed<SeatView>, StoreError>;
    list_batches(filter: &BatchFilter, page: Option<Page>) -> Result<Listed<Batch>, StoreError>;
    delete_seats(course: CourseId) -> Result<(), StoreError>;
}}

pass! { Enrolments {
    insert_enrolment(enrolment: &Enrolment) -> Result<(), StoreError>;
    update_enrolment(enrolment: &Enrolment) -> Result<(), StoreError>;
    enrolment(id: EnrolmentId) -> Result<Option<Enrolment>, StoreError>;
    enrolment_of(project: ProjectId) -> Result<Option<Enrolment>, StoreError>;
    enrolments_by_id(ids: &[EnrolmentId]) -> Result<Vec<Enrolment>, StoreError>;
    enrolled(course: CourseId, student_ids: &[String], folded_emails: &[String]) -> Result<Vec<Enrolment>, StoreError>;
    live_enrolments(course: CourseId) -> Result<Vec<Enrolment>, StoreError>;
    claimed_by(user: UserId) -> Result<Vec<Enrolment>, StoreError>;
    has_live_activated(lab: LabId, user: UserId) -> Result<bool, StoreError>;
    list_enrolments(course: CourseId, filter: &EnrolmentFilter, page: Option<Page>) -> Result<Listed<EnrolmentView>, StoreError>;
    delete_enrolments(course: CourseId) -> Result<(), StoreError>;
}}

pass! { Invites {
    insert_invite(invite: &Invite) -> Result<(), StoreError>;
    update_invite(invite: &Invite) -> Result<(), StoreError>;
    invite(id: InviteId) -> Result<Option<Invite>, StoreError>;
    has_accepted_invite(lab: LabId, user: UserId, role: GroupRole) -> Result<bool, StoreError>;
}}

pass! { Reservations {
    reserve(saga: SagaId, what: &Reservation, until: Option<DateTime<Utc>>) -> Result<bool, StoreError>;
    reserve_all(these: &[(SagaId, Reservation)]) -> Result<(), StoreError>;
    taken(these: &[Reservation]) -> Result<Vec<Reservation>, StoreError>;
    taken_until(what: &Reservation) -> Result<Option<Option<DateTime<Utc>>>, StoreError>;
    unreserve(saga: SagaId, what: &Reservation) -> Result<(), StoreError>;
}}

pass! { Sagas {
    seize(saga: SagaId, status: Status, events: &[CourseEvent], look_at: Option<DateTime<Utc>>) -> Result<(), LedgerError>;
    claim_new(saga: SagaId, lease: TimeDelta) -> Result<Option<Claim<CourseStep>>, LedgerError>;
    claim_look(saga: SagaId, lease: TimeDelta) -> Result<Claim<CourseStep>, LedgerError>;
    abandoned(due_by: DateTime<Utc>, limit: u32) -> Result<Vec<(SagaId, Head)>, StoreError>;
    to_look_at(limit: u32) -> Result<Vec<(SagaId, Head)>, StoreError>;
    statuses(sagas: &[SagaId]) -> Result<Vec<(SagaId, Status)>, StoreError>;
    set_due(saga: SagaId, due_at: DateTime<Utc>) -> Result<Option<Status>, StoreError>;
    open_sagas(course: CourseId) -> Result<Vec<(SagaId, SagaKind)>, StoreError>;
    list_sagas(filter: &SagaFilter, page: Page) -> Result<Listed<SagaSummary>, StoreError>;
    describe(saga: SagaId) -> Result<Option<(SagaSummary, CourseSaga)>, StoreError>;
    give_up(account: GivenUp, saga: SagaId, at: DateTime<Utc>) -> Result<(), StoreError>;
}}

pass! { Outbox {
    enqueue(id: MailId, to: &EmailAddress, content: &MailContent, lease: Option<TimeDelta>) -> Result<(), StoreError>;
    claim_due_mails(limit: usize, lease: TimeDelta) -> Result<Vec<OutboxMail>, StoreError>;
    mail_sent(id: MailId) -> Result<(), StoreError>;
    mail_failed(id: MailId, error: &str, next: Option<DateTime<Utc>>) -> Result<(), StoreError>;
    requeue_mail(id: MailId) -> Result<bool, StoreError>;
    newest_mail_at(subject: Uuid) -> Result<Option<DateTime<Utc>>, StoreError>;
    mail(id: MailId) -> Result<Option<MailSummary>, StoreError>;
    list_mails(status: Option<MailStatus>, page: Page) -> Result<Listed<MailSummary>, StoreError>;
    cancel_mails(subjects: &[Uuid]) -> Result<(), StoreError>;
    mails_about(subjects: &[Uuid]) -> Result<Vec<(Uuid, MailId, MailStatus)>, StoreError>;
}}

pass! { Requests {
    insert_request(request: &Request, keys_since: DateTime<Utc>) -> Result<(), StoreError>;
    request_by_key(caller: &str, key: &RequestKey, keys_since: DateTime<Utc>) -> Result<Option<Request>, StoreError>;
    request(id: RequestId) -> Result<Option<Request>, StoreError>;
    requests_to_forget(now: DateTime<Utc>, limit: u32) -> Result<Vec<RequestId>, StoreError>;
    forget_requests(these: &[RequestId]) -> Result<(), StoreError>;
}}

pass! { DriftRows {
    labs_of(owner: UserId) -> Result<Vec<VirtualLab>, StoreError>;
    projects_of(labs: &[LabId]) -> Result<Vec<Project>, StoreError>;
    enrolments_on(labs: &[LabId]) -> Result<Vec<(LabId, Enrolment)>, StoreError>;
    invited_members(labs: &[LabId]) -> Result<Vec<(LabId, UserId)>, StoreError>;
    given_up_accounts() -> Result<Vec<GivenUp>, StoreError>;
    open_plans() -> Result<Vec<CoursePlan>, StoreError>;
    in_ledger(subjects: &[String]) -> Result<Vec<String>, StoreError>;
    stray_reservations() -> Result<Vec<StrayReservation>, StoreError>;
    remove_stray(stray: &StrayReservation) -> Result<(), StoreError>;
    sighted(found: &[(&'static str, String)], all: bool, now: DateTime<Utc>) -> Result<Vec<DateTime<Utc>>, StoreError>;
}}

pass! { Audit {
    audit(entry: &AuditEntry) -> Result<(), StoreError>;
}}

pass! { Counted {
    statistics() -> Result<Statistics, StoreError>;
}}

pass! { DailyRuns {
    take_run(job: &str, due: DateTime<Utc>, lease: TimeDelta) -> Result<bool, StoreError>;
    run_done(job: &str, due: DateTime<Utc>) -> Result<(), StoreError>;
}}

pass! { Ledger<CourseStep> {
    open(saga: NewSaga<CourseStep>) -> Result<(), LedgerError>;
    claim(saga: Uuid, lease: TimeDelta) -> Result<Claim<CourseStep>, LedgerError>;
    record(ticket: &Ticket, events: &[CourseEvent], lease: TimeDelta) -> Result<(), LedgerError>;
    release(ticket: &Ticket, events: &[CourseEvent], due_at: DateTime<Utc>) -> Result<(), LedgerError>;
    close(ticket: &Ticket, events: &[CourseEvent], look_at: Option<DateTime<Utc>>) -> Result<(), LedgerError>;
    load(saga: Uuid) -> Result<Option<CourseSaga>, LedgerError>;
}}
