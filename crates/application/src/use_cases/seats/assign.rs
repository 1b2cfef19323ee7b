use super::{GOES_ON, ItemStatus};
use crate::app::{App, finish};
use crate::engine::{Decisions, decided, start};
use crate::ports::store::{AssignItem, BegunAssign, MailStatus, Request, Reservation, Work};
use crate::ports::{StoreError, Tx};
use crate::reconcilers::wait_for_mail;
use crate::use_cases::new_saga;
use crate::use_cases::one_object::NotMade;
use crate::use_cases::requests::{Asked, RepeatError, Turn, begin_job, once, over_or_due, record};
use course_seats_domain::course::{AssignRefusal, Course, check_assign};
use course_seats_domain::group::GroupRole;
use course_seats_domain::ids::{
    CourseId, EnrolmentId, ProjectId, RequestId, SagaId, SeatId, UserId,
};
use course_seats_domain::plans::{AssignSeat, SagaKind, Subject};
use course_seats_domain::saga::Status;
use course_seats_domain::values::{Credits, EmailAddress, ProjectName, StudentId};
use course_seats_domain::virtual_lab::VirtualLab;
use serde_json::json;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// What became of one student of a request.
#[derive(Debug, Clone)]
pub struct AssignResult {
    /// The student, as asked.
    pub student_id: StudentId,
    /// The address, as asked.
    pub email: EmailAddress,
    /// The seat that was reserved for him.
    pub seat: SeatId,
    /// What became of it.
    pub status: ItemStatus,
    /// The enrolment, once done.
    pub enrolment: Option<EnrolmentId>,
    /// The student's project, once done.
    pub project: Option<ProjectId>,
    /// What it was granted.
    pub credits: Credits,
    /// Whether the claim link is on its way.
    pub email_sent: bool,
    /// Why not, or not yet.
    pub error: Option<String>,
}

/// Why nothing was assigned at all. The texts are the API's messages.
#[derive(Debug, thiserror::Error)]
pub enum AssignError {
    /// There is no such course.
    #[error("Course {0} not found")]
    CourseNotFound(CourseId),
    /// The rules refuse.
    #[error(transparent)]
    Refused(#[from] AssignRefusal),
    /// Students that are in the course, dropped or not, or being assigned.
    #[error("Students already enrolled in this course: {}", spoken(.0))]
    AlreadyEnrolled(Vec<(StudentId, EmailAddress)>),
    /// Too few seats.
    #[error("Not enough available seats: requested {requested}, found {found}")]
    NotEnoughSeats {
        /// How many were asked for.
        requested: usize,
        /// How many there are.
        found: usize,
    },
    /// Nothing was started.
    #[error(transparent)]
    NotStarted(#[from] NotMade),
    /// A repeat that is not answered.
    #[error(transparent)]
    Repeat(#[from] RepeatError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn spoken(students: &[(StudentId, EmailAddress)]) -> String {
    let named: Vec<String> =
        students.iter().map(|(id, email)| format!("{id} ({})", email.as_str())).collect();
    named.join(", ")
}

/// Assigns seats to students. `students` has no duplicates. Either nothing happens at all, or each
/// student succeeds or fails alone.
///
/// # Errors
/// [`AssignError`]; then nothing was started.
pub async fn assign_seats(
    app: &Arc<App>,
    asked: impl Into<Asked>,
    course: CourseId,
    students: Vec<(StudentId, EmailAddress)>,
) -> Result<Vec<AssignResult>, AssignError> {
    let asked = asked.into();
    let deadline = app.ports.clock.monotonic() + app.settings.answer_deadline;
    let request = match once(app, &asked, begin(app, &asked, course, students)).await? {
        Turn::First(request) => {
            let sagas = request.work.sagas();
            let driven = start(app, sagas.clone());
            let decisions = decided(app, &sagas, driven, deadline).await?;
            wait_for_mail(app, &settled(items(&request.work)?.1, &decisions)).await?;
            request
        }
        Turn::Again(request) => {
            over_or_due::<AssignError>(app, &request).await?;
            *request
        }
    };
    let (grant, students) = items(&request.work)?;
    Ok(assign_results(app, grant, students).await?)
}

/// The same, without waiting for what becomes of the students: the job tells.
///
/// # Errors
/// [`AssignError`]; then nothing was started.
pub async fn begin_assign(
    app: &Arc<App>,
    asked: impl Into<Asked>,
    course: CourseId,
    students: Vec<(StudentId, EmailAddress)>,
) -> Result<RequestId, AssignError> {
    let asked = asked.into();
    Ok(begin_job(app, once(app, &asked, begin(app, &asked, course, students)).await?))
}

/// Reserves everything and writes the sagas and the request down.
async fn begin(
    app: &App,
    asked: &Asked,
    course: CourseId,
    students: Vec<(StudentId, EmailAddress)>,
) -> Result<Request, AssignError> {
    if app.is_shutting_down() {
        return Err(NotMade::ShuttingDown.into());
    }
    let (lab, admins) = look_first(app, course, &students).await?;
    let mut tx = app.begin().await?;
    let result = reserve(app, &mut *tx, asked, course, &lab, &admins, students).await;
    match finish(tx, result).await {
        // Somebody reserved one of the names or seats between our look and our write.
        Err(AssignError::Store(StoreError::Conflict(why))) => {
            Err(StoreError::Unavailable(why).into())
        }
        result => result,
    }
}

fn items(work: &Work) -> Result<(Credits, &[AssignItem]), StoreError> {
    match work {
        Work::Assign { grant, students } => Ok((*grant, students)),
        other => Err(other.misplaced("an assign")),
    }
}

/// What claim mails are about.
fn settled(students: &[AssignItem], decisions: &Decisions) -> Vec<uuid::Uuid> {
    students
        .iter()
        .filter_map(|item| item.begun)
        .filter(|begun| decisions.get(&begun.saga) == Some(&Status::Completed))
        .map(|begun| begun.enrolment.uuid())
        .collect()
}

/// Before anything is reserved: refuses what will be refused anyway, and asks the identity
/// provider for the lab's admins and accounting for its balance, once.
async fn look_first(
    app: &App,
    id: CourseId,
    students: &[(StudentId, EmailAddress)],
) -> Result<(VirtualLab, Vec<UserId>), AssignError> {
    let mut tx = app.read().await?;
    let course = tx.course(id).await?.ok_or(AssignError::CourseNotFound(id))?;
    check(app, &mut *tx, &course, students).await?;
    let lab = tx.lab(course.lab).await?.ok_or(AssignError::CourseNotFound(id))?;
    drop(tx);
    let admins = async {
        match app.settings.admins_join_student_projects {
            true => app.ports.identity.members(lab.group(GroupRole::Admin)).await,
            false => app.ports.identity.ready().await.map(|()| Vec::new()),
        }
    };
    let (admins, balance) = futures::join!(admins, app.ports.accounting.lab_balance(course.lab));
    let admins = admins.map_err(NotMade::from)?;
    balance.map_err(NotMade::from)?;
    Ok((lab, admins))
}

/// In this order: status, last drop date, duplicates, seats (design §6).
async fn check(
    app: &App,
    tx: &mut dyn Tx,
    course: &Course,
    students: &[(StudentId, EmailAddress)],
) -> Result<Vec<SeatId>, AssignError> {
    let (id, now) = (course.id, app.now());
    check_assign(course, now)?;
    let taken = already_enrolled(tx, id, students).await?;
    if !taken.is_empty() {
        return Err(AssignError::AlreadyEnrolled(taken));
    }
    let requested = students.len();
    let limit = u32::try_from(requested).ok();
    let seats = tx.available_seats(id, now, limit).await?;
    if seats.len() < requested {
        return Err(AssignError::NotEnoughSeats { requested, found: seats.len() });
    }
    Ok(seats.into_iter().map(|seat| seat.id).collect())
}

/// Who of them is in the course (as he is known there) or is being assigned to it.
async fn already_enrolled(
    tx: &mut dyn Tx,
    course: CourseId,
    students: &[(StudentId, EmailAddress)],
) -> Result<Vec<(StudentId, EmailAddress)>, StoreError> {
    let ids: Vec<String> = students.iter().map(|(id, _)| id.to_string()).collect();
    let emails: Vec<String> = students.iter().map(|(_, email)| email.folded()).collect();
    let mut enrolled: HashMap<Reservation, Vec<(StudentId, EmailAddress)>> = HashMap::new();
    for found in tx.enrolled(course, &ids, &emails).await? {
        let student = (found.student_id, found.email);
        for name in names(course, &student) {
            enrolled.entry(name).or_default().push(student.clone());
        }
    }
    let wanted: Vec<Reservation> = students.iter().flat_map(|s| names(course, s)).collect();
    let reserved: HashSet<Reservation> = tx.taken(&wanted).await?.into_iter().collect();
    // In the order of the request; one student may be in the way of two, and two of one.
    let (mut taken, mut told) = (Vec::new(), HashSet::new());
    for student in students {
        let names = names(course, student);
        let same = names.iter().filter_map(|name| enrolled.get(name)).flatten();
        let being_assigned = names.iter().any(|name| reserved.contains(name));
        for known in same.chain(being_assigned.then_some(student)) {
            if told.insert(known) {
                taken.push(known.clone());
            }
        }
    }
    Ok(taken)
}

/// The names that are the student's own within a course.
fn names(course: CourseId, (id, email): &(StudentId, EmailAddress)) -> [Reservation; 2] {
    [Reservation::StudentId(course, id.to_string()), Reservation::Email(course, email.folded())]
}

/// One transaction reserves the whole batch and writes its sagas, before the first call outside.
async fn reserve(
    app: &App,
    tx: &mut dyn Tx,
    asked: &Asked,
    id: CourseId,
    lab: &VirtualLab,
    admins: &[UserId],
    students: Vec<(StudentId, EmailAddress)>,
) -> Result<Request, AssignError> {
    let course = tx.lock_course(id).await?.ok_or(AssignError::CourseNotFound(id))?;
    let seats = check(app, tx, &course, &students).await?;
    let grant = course.seat_grant();
    let request: RequestId = app.new_id();
    let mut taken_names = taken_project_names(tx, lab, &students).await?;
    let mut items = Vec::with_capacity(students.len());
    let mut reservations = Vec::new();
    let mut sagas = Vec::new();
    for (student, seat) in students.into_iter().zip(seats) {
        let (student_id, email) = student.clone();
        let project_name = ProjectName::from(&student_id).folded();
        // Somebody whose project name is taken in the lab fails alone, before anything outside.
        // Student ids are exact, project names are not: of `s1` and `S1` the first gets it.
        if !taken_names.insert(project_name.clone()) {
            items.push(AssignItem { student_id, email, seat, begun: None });
            continue;
        }
        let assign = AssignSeat {
            course: id,
            lab: course.lab,
            seat,
            enrolment: app.new_id(),
            project: app.new_id(),
            owner: lab.owner,
            student_id: student_id.clone(),
            email: email.clone(),
            grant,
        };
        let saga: SagaId = app.new_id();
        let subject = Subject::Enrolment(assign.enrolment);
        let all = names(id, &student).into_iter().chain([
            Reservation::Seat(seat),
            Reservation::ProjectName(course.lab, project_name),
            Reservation::Subject(subject),
        ]);
        reservations.extend(all.map(|reservation| (saga, reservation)));
        let begun = BegunAssign { saga, enrolment: assign.enrolment, project: assign.project };
        items.push(AssignItem { student_id, email, seat, begun: Some(begun) });
        let plan = assign.plan(admins.to_vec());
        let kind = SagaKind::AssignSeat;
        sagas.push(new_saga(saga, kind, subject, Some(id), Some(request), plan));
    }
    tx.reserve_all(&reservations).await?;
    tx.open_all(sagas).await.map_err(StoreError::from)?;
    let detail = json!({ "request": request, "students": items.len() });
    tx.audit(&app.audit(&asked.subject, "assign_seats", id, detail)).await?;
    let work = Work::Assign { grant, students: items };
    Ok(record(app, tx, asked, request, Some(id), work).await?)
}

/// The folded project names of these students that are taken.
async fn taken_project_names(
    tx: &mut dyn Tx,
    lab: &VirtualLab,
    students: &[(StudentId, EmailAddress)],
) -> Result<HashSet<String>, StoreError> {
    let folded: Vec<String> =
        students.iter().map(|(id, _)| ProjectName::from(id).folded()).collect();
    let mut taken: HashSet<String> =
        tx.project_names_taken(lab.id, &folded).await?.into_iter().collect();
    let wanted: Vec<Reservation> =
        folded.iter().map(|name| Reservation::ProjectName(lab.id, name.clone())).collect();
    taken.extend(tx.taken(&wanted).await?.iter().map(Reservation::key));
    Ok(taken)
}

/// What has become of each student by now.
pub(crate) async fn assign_results(
    app: &App,
    grant: Credits,
    students: &[AssignItem],
) -> Result<Vec<AssignResult>, StoreError> {
    let sagas: Vec<SagaId> =
        students.iter().filter_map(|item| item.begun).map(|begun| begun.saga).collect();
    let mut tx = app.read().await?;
    let decisions: Decisions = tx.statuses(&sagas).await?.into_iter().collect();
    let mails = tx.mails_about(&settled(students, &decisions)).await?;
    let mails = mails.into_iter().map(|(enrolment, _, status)| (enrolment, status)).collect();
    Ok(students.iter().map(|item| answer(item, grant, &decisions, &mails)).collect())
}

fn answer(
    item: &AssignItem,
    grant: Credits,
    decisions: &Decisions,
    mails: &HashMap<uuid::Uuid, MailStatus>,
) -> AssignResult {
    let decision = item.begun.and_then(|begun| decisions.get(&begun.saga));
    let (status, error) = match (item.begun, decision) {
        (None, _) => {
            let why = "A project with this student id already exists in the virtual lab";
            (ItemStatus::Failed, Some(why.to_owned()))
        }
        (_, Some(Status::Completed)) => (ItemStatus::Done, None),
        (_, Some(Status::Undone | Status::Undoing)) => {
            let why = "Failed to assign the seat: nothing is left of it, please try again";
            (ItemStatus::Failed, Some(why.to_owned()))
        }
        (_, Some(Status::Running) | None) => (ItemStatus::Pending, Some(GOES_ON.to_owned())),
    };
    let done = item.begun.filter(|_| status == ItemStatus::Done);
    AssignResult {
        student_id: item.student_id.clone(),
        email: item.email.clone(),
        seat: item.seat,
        status,
        enrolment: done.map(|begun| begun.enrolment),
        project: done.map(|begun| begun.project),
        credits: if done.is_some() { grant } else { Credits::ZERO },
        email_sent: done
            .is_some_and(|begun| mails.get(&begun.enrolment.uuid()) == Some(&MailStatus::Sent)),
        error,
    }
}
