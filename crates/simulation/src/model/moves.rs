//! What users ask of the application, and whether what they hear is so.

use super::foreign::{course_on, pick_of};
use super::promises::{Promise, Promises};
use super::script::Move;
use crate::memory::{MemoryDatabase, Tables};
use crate::runtime::{Runtime, TaskId, lock};
use crate::world::{Ground, World, caller, day_profile, owner, student, student_names};
use chrono::TimeDelta;
use course_seats_application::App;
use course_seats_application::use_cases::courses::{
    CreateCourseError, DeleteCourseError, NewCourse, activate_course, create_course, delete_course,
    void_course,
};
use course_seats_application::use_cases::enrolments::{activate_enrolments, claim_enrolment};
use course_seats_application::use_cases::labs::{
    CreateLabError, CreateProjectError, InviteError, NewProject, accept_invite, create_lab,
    create_project, send_invite,
};
use course_seats_application::use_cases::one_object::NotMade;
use course_seats_application::use_cases::operations::expire_courses;
use course_seats_application::use_cases::seats::{
    AssignError, ItemStatus, assign_seats, drop_seats, provision_seats, transfer_seats,
};
use course_seats_domain::course::{Course, CourseStatus};
use course_seats_domain::enrolment::Enrolment;
use course_seats_domain::ids::{CourseId, EnrolmentId, SagaId, SeatId, UserId};
use course_seats_domain::plans::CourseStep;
use course_seats_domain::seat::{Seat, TransferAmount};
use course_seats_domain::values::{EmailAddress, SeatCount, StudentId};
use std::collections::BTreeSet;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// Where answers are held against the rows, at the moment at which they are given.
#[derive(Clone)]
struct Desk {
    database: Arc<MemoryDatabase>,
    promises: Arc<Promises>,
    runtime: Runtime,
    history: Arc<crate::history::History>,
}

type Asking = Pin<Box<dyn Future<Output = ()> + Send>>;

impl Move {
    /// Asks a replica for it, in a task of its own. `None`: there is nothing to ask for, or nobody
    /// to ask.
    pub fn ask(
        &self,
        world: &World,
        replica: usize,
        grounds: &[Ground],
        promises: &Arc<Promises>,
    ) -> Option<TaskId> {
        let replica = world.replica(replica).or_else(|| world.replica(1 - replica.min(1)))?;
        let desk = Desk {
            database: Arc::clone(&world.database),
            promises: Arc::clone(promises),
            runtime: world.runtime.clone(),
            history: Arc::clone(&world.history),
        };
        let asking = self.asking(world, Arc::clone(&replica.app), grounds, desk)?;
        world.runtime.spawn(replica.process, asking)
    }

    /// The call, with what is there now put in.
    fn asking(
        &self,
        world: &World,
        app: Arc<App>,
        grounds: &[Ground],
        desk: Desk,
    ) -> Option<Asking> {
        let tables = world.tables();
        let ground = |lab: usize| grounds.get(lab);
        let course = |lab: usize| course_on(&tables, ground(lab)?.lab);
        Some(match self {
            Self::Assign { lab, picks } => {
                let course = course(*lab)?;
                let careless = picks.iter().any(|pick| is_careless(*pick));
                if !course.is_open() && !careless {
                    return None;
                }
                let students: BTreeSet<u8> =
                    picks.iter().map(|pick| candidate(&tables, &course, *pick)).collect();
                let students = students.into_iter().map(student_names).collect();
                Box::pin(assign(app, desk, course.id, students))
            }
            Self::Drop { lab, picks } => {
                let course = course(*lab)?.id;
                let seats: BTreeSet<SeatId> =
                    picks.iter().filter_map(|pick| taken_seat(&tables, course, *pick)).collect();
                if seats.is_empty() {
                    return None;
                }
                Box::pin(drop_these(app, desk, course, seats.into_iter().collect()))
            }
            Self::Claim { pick, user } => {
                let free = |row: &_| is_free(row);
                let enrolment = pick_of(&tables, *pick, free)?.id;
                Box::pin(claim(app, desk, enrolment, student(*user)))
            }
            Self::Activate { pick } => match who_waits(&tables, *pick) {
                Some(user) => Box::pin(activate(app, desk, user)),
                None if is_careless(*pick) => Box::pin(activate(app, desk, student(*pick))),
                None => {
                    return Self::Claim { pick: *pick, user: *pick }
                        .asking(world, app, grounds, desk);
                }
            },
            Self::Void { lab } => Box::pin(void(app, desk, course(*lab)?.id)),
            Self::Delete { lab } => match course(*lab)? {
                course if course.status == CourseStatus::Active => {
                    Box::pin(void(app, desk, course.id))
                }
                course => Box::pin(delete(app, desk, course.id)),
            },
            Self::CreateCourse { lab, template, minutes } => {
                let ground = ground(*lab)?;
                let (last_drop, end) = *minutes;
                let (last_drop, end) = (TimeDelta::minutes(last_drop), TimeDelta::minutes(end));
                let new = NewCourse {
                    lab: ground.lab,
                    template_project: *ground.templates.get(*template)?,
                    institution: ground.institution,
                    dates: crate::world::dates(world.now(), last_drop, end),
                };
                course(*lab).is_none().then(|| Box::pin(new_course(app, desk, new)))?
            }
            Self::ActivateCourse { lab } => {
                let course = course(*lab)?.id;
                Box::pin(async move {
                    let answer = activate_course(&app, "admin", course).await;
                    desk.heard("activate course", &answer.as_ref().map(|course| course.status));
                })
            }
            Self::Provision { lab, seats } => {
                let (course, seats) = (course(*lab)?, SeatCount::new(i64::from(*seats)).ok()?);
                if course.status == CourseStatus::Voided {
                    return None;
                }
                Box::pin(provision(app, desk, course.id, seats))
            }
            Self::Transfer { from, seats } => {
                let (source, target) = (course(*from)?.id, course(1 - (*from).min(1))?.id);
                let amount = match seats {
                    0 => TransferAmount::All,
                    seats => TransferAmount::Exactly(*seats),
                };
                Box::pin(transfer(app, desk, source, target, amount))
            }
            Self::Invite { lab, user, role } => {
                let (lab, role) = (ground(*lab)?.lab, *role);
                let invited = caller(student(*user)).email?;
                Box::pin(async move {
                    let answer = send_invite(&app, &caller(owner()), lab, invited, role).await;
                    desk.heard("invite", &answer);
                })
            }
            Self::Accept { pick } => {
                let (token, user) = invitation(world, *pick)?;
                Box::pin(accept(app, desk, token, user))
            }
            Self::Expire => Box::pin(async move {
                let answer = expire_courses(&app, "operator").await;
                desk.heard("expire", &answer);
            }),
            Self::CreateLab { name } => Box::pin(new_lab(app, desk, format!("Another lab {name}"))),
            Self::CreateProject { lab, name } => {
                // Some have the name that a student's project would have.
                let name = format!("S{name}").parse().ok()?;
                Box::pin(new_project(app, desk, ground(*lab)?.lab, name))
            }
            // These do not ask the application.
            Self::Spend { .. } | Self::Reserve { .. } => return None,
        })
    }
}

fn is_free(row: &Enrolment) -> bool {
    row.claimed_by.is_none() && !row.dropped
}

/// How many students the university has.
const STUDENTS: u8 = 24;

/// Whether a pick is one of the few that do not look whether it makes sense.
fn is_careless(pick: u8) -> bool {
    pick.is_multiple_of(6)
}

/// Most often somebody who is not in the course yet.
fn candidate(tables: &Tables, course: &Course, pick: u8) -> u8 {
    let enrolled = |number: &u8| {
        let (id, _) = student_names(*number);
        tables.enrolments.values().any(|row| row.course == course.id && row.student_id == id)
    };
    let new: Vec<u8> = (0..STUDENTS).filter(|number| !enrolled(number)).collect();
    let found = new.get(usize::from(pick) % new.len().max(1));
    found.copied().filter(|_| !is_careless(pick)).unwrap_or(pick % STUDENTS)
}

/// One of the course's seats that somebody sits on, or once sat on.
fn taken_seat(tables: &Tables, course: CourseId, pick: u8) -> Option<SeatId> {
    let live = |seat: &&Arc<Seat>| {
        let enrolment = seat.enrolment.and_then(|id| tables.enrolments.get(&id));
        enrolment.is_some_and(|row| row.is_live() || is_careless(pick))
    };
    let seats = tables.seats.values();
    let taken: Vec<_> = seats.filter(|seat| seat.course == course).filter(live).collect();
    taken.get(usize::from(pick) % taken.len().max(1)).map(|seat| seat.id)
}

/// Somebody who has claimed an enrolment and was not let in yet.
fn who_waits(tables: &Tables, pick: u8) -> Option<UserId> {
    let waits = |row: &&Arc<Enrolment>| row.is_live() && row.activated_at.is_none();
    let rows = tables.enrolments.values();
    let waiting: Vec<UserId> = rows.filter(waits).filter_map(|row| row.claimed_by).collect();
    waiting.get(usize::from(pick) % waiting.len().max(1)).copied()
}

/// The token of one of the invitations that arrived, and to whom it was sent.
fn invitation(world: &World, pick: u8) -> Option<(String, UserId)> {
    let mailbox = lock(&world.mailbox);
    let invitations: Vec<_> = mailbox
        .deliveries
        .iter()
        .filter_map(|delivery| {
            let (_, rest) = delivery.mail.text.split_once("invite?token=")?;
            let token = rest.split_whitespace().next()?;
            let user = (0..10).map(student);
            let to = &delivery.mail.to;
            let user = user.into_iter().find(|user| caller(*user).email.as_ref() == Some(to))?;
            Some((token.to_owned(), user))
        })
        .collect();
    invitations.get(usize::from(pick) % invitations.len().max(1)).cloned()
}

impl Desk {
    fn heard(&self, what: &str, answer: &dyn std::fmt::Debug) {
        self.history.note(self.runtime.now(), || format!("heard: {what}: {answer:?}"));
    }

    fn tables(&self) -> Tables {
        self.database.tables()
    }

    /// The sagas that the call which this task is has written down.
    fn opened(&self) -> Vec<SagaId> {
        let me = self.runtime.current().map_or(0, TaskId::number);
        let tables = self.tables();
        let mine = tables.sagas.iter().filter(|(_, row)| row.opened_by == me);
        mine.map(|(id, _)| *id).collect()
    }

    /// The saga of this call whose plan has such a step.
    fn opened_for(&self, wanted: impl Fn(&CourseStep) -> bool) -> Option<SagaId> {
        let tables = self.tables();
        self.opened().into_iter().find(|id| {
            let row = tables.sagas.get(id);
            row.is_some_and(|row| row.plan.steps.iter().any(|planned| wanted(&planned.step)))
        })
    }

    fn said(&self, promise: Promise) {
        self.promises.said(promise, &self.tables());
    }

    fn said_all(&self, promise: impl Fn(SagaId) -> Promise) {
        for saga in self.opened() {
            self.said(promise(saga));
        }
    }

    /// Nothing was started, it was said.
    fn nothing_started(&self, what: &str) {
        let opened = self.opened();
        if !opened.is_empty() {
            self.promises.lie(format!("{what}: it was said that nothing was started: {opened:?}"));
        }
    }

    fn must(&self, is_so: bool, what: impl FnOnce() -> String) {
        if !is_so {
            self.promises.lie(what());
        }
    }
}

async fn assign(
    app: Arc<App>,
    desk: Desk,
    course: CourseId,
    students: Vec<(StudentId, EmailAddress)>,
) {
    let answer = assign_seats(&app, "faculty", course, students).await;
    desk.heard("assign", &answer);
    let results = match answer {
        Ok(results) => results,
        // The database was away: nobody knows.
        Err(AssignError::Store(_)) => return,
        Err(error) => return desk.nothing_started(&format!("assign: {error}")),
    };
    for result in results {
        let is_his = |step: &CourseStep| matches!(step, CourseStep::SettleAssign(it) if it.student_id == result.student_id);
        match (result.status, desk.opened_for(is_his)) {
            (ItemStatus::Done, Some(saga)) => {
                desk.said(Promise::Done(saga));
                desk.must(result.enrolment.is_some(), || "done without enrolment".into());
            }
            (ItemStatus::Done, None) => {
                desk.promises.lie(format!("{} was assigned by nothing", result.student_id));
            }
            (ItemStatus::Failed, Some(saga)) => desk.said(Promise::Failed(saga)),
            (ItemStatus::Failed, None) | (ItemStatus::Pending, _) => {}
        }
    }
}

async fn drop_these(app: Arc<App>, desk: Desk, course: CourseId, seats: Vec<SeatId>) {
    let before = desk.tables();
    let answer = drop_seats(&app, "faculty", course, seats).await;
    desk.heard("drop", &answer);
    for result in answer.into_iter().flatten() {
        let saga = desk.opened_for(
            |step| matches!(step, CourseStep::SettleDrop(it) if it.seat == Some(result.seat)),
        );
        let Some(saga) = saga else { continue };
        match result.status {
            ItemStatus::Done => {
                desk.said(Promise::Done(saga));
                let seat = before.seats.get(&result.seat);
                if let Some(enrolment) = seat.and_then(|seat| seat.enrolment) {
                    desk.said(Promise::Dropped(enrolment));
                    if let Some(recovered) = result.recovered {
                        desk.said(Promise::Seat { seat: result.seat, enrolment, recovered });
                    }
                }
            }
            ItemStatus::Failed => desk.said(Promise::Failed(saga)),
            ItemStatus::Pending => {}
        }
    }
}

async fn claim(app: Arc<App>, desk: Desk, enrolment: EnrolmentId, user: UserId) {
    let answer = claim_enrolment(&app, &caller(user), enrolment, None).await;
    desk.heard("claim", &answer.as_ref().map(|_| ()));
    if answer.is_ok() {
        desk.said(Promise::Claimed(enrolment, user));
    }
}

async fn activate(app: Arc<App>, desk: Desk, user: UserId) {
    let answer = activate_enrolments(&app, &caller(user)).await;
    desk.heard("activate", &answer);
    for result in answer.into_iter().flatten() {
        let saga = desk.opened_for(
            |step| matches!(step, CourseStep::SettleActivate(it) if it.enrolment == result.enrolment),
        );
        match (result.status, saga) {
            (ItemStatus::Done, Some(saga)) => desk.said(Promise::Done(saga)),
            (ItemStatus::Failed, Some(saga)) => desk.said(Promise::Failed(saga)),
            (ItemStatus::Done, None) => {
                desk.promises.lie(format!("{} was activated by nothing", result.enrolment));
            }
            (ItemStatus::Failed, None) | (ItemStatus::Pending, _) => {}
        }
    }
}

async fn void(app: Arc<App>, desk: Desk, course: CourseId) {
    let answer = void_course(&app, "admin", course).await;
    desk.heard("void", &answer.as_ref().map(|course| course.closing));
    if answer.is_ok() {
        let tables = desk.tables();
        let row = tables.courses.get(&course);
        let voided = row.is_none_or(|row| row.status == CourseStatus::Voided);
        desk.must(voided, || format!("{course} was said to be voided"));
    }
}

async fn delete(app: Arc<App>, desk: Desk, course: CourseId) {
    let answer = delete_course(&app, "admin", course).await;
    desk.heard("delete", &answer);
    match answer {
        Ok(()) => {
            let tables = desk.tables();
            let gone = !tables.courses.contains_key(&course);
            desk.must(gone, || format!("{course} was said to be deleted"));
        }
        Err(DeleteCourseError::Store(_) | DeleteCourseError::NotDoneYet(_)) => {}
        Err(error) => desk.nothing_started(&format!("delete: {error}")),
    }
}

async fn new_course(app: Arc<App>, desk: Desk, new: NewCourse) {
    let answer = create_course(&app, "admin", new).await;
    desk.heard("create course", &answer);
    if let Ok(created) = &answer {
        let answer = activate_course(&app, "admin", created.course.id).await;
        desk.heard("activate course", &answer.map(|course| course.status));
    }
    match answer {
        Ok(created) => {
            if created.template_project_funded {
                desk.said_all(Promise::Done);
            }
        }
        Err(CreateCourseError::Store(_)) => {}
        Err(error) => desk.nothing_started(&format!("create course: {error}")),
    }
}

async fn provision(app: Arc<App>, desk: Desk, course: CourseId, count: SeatCount) {
    let answer = provision_seats(&app, "admin", course, count).await;
    desk.heard("provision", &answer.as_ref().map(Vec::len));
    if let Ok(seats) = answer {
        let tables = desk.tables();
        let there = seats.iter().all(|seat| tables.seats.contains_key(&seat.id));
        let course_there = tables.courses.contains_key(&course);
        desk.must(there || !course_there, || format!("seats of {course} were not provisioned"));
    }
}

async fn transfer(
    app: Arc<App>,
    desk: Desk,
    source: CourseId,
    target: CourseId,
    amount: TransferAmount,
) {
    let answer = transfer_seats(&app, "admin", source, target, amount).await;
    desk.heard("transfer", &answer.as_ref().map(Vec::len));
    if let Ok(seats) = answer {
        let tables = desk.tables();
        let left = seats.iter().filter_map(|seat| tables.seats.get(&seat.id));
        let stayed = left.filter(|seat| seat.course == source).count();
        desk.must(stayed == 0, || format!("{stayed} seats were said to leave {source}"));
    }
}

/// What came of one object: done, or never.
fn one_object(desk: &Desk, done: bool, not_made: Option<&NotMade>) {
    match not_made {
        None if done => desk.said_all(Promise::Done),
        Some(NotMade::Undone | NotMade::TookTooLong) => desk.said_all(Promise::Failed),
        Some(NotMade::NothingStarted | NotMade::ShuttingDown) => {
            desk.nothing_started("one object");
        }
        None => {}
    }
}

async fn accept(app: Arc<App>, desk: Desk, token: String, user: UserId) {
    let answer = accept_invite(&app, &caller(user), &token).await;
    desk.heard("accept", &answer);
    match answer {
        Ok(accepted) => one_object(&desk, !accepted.already, None),
        Err(InviteError::NotMade(not_made)) => one_object(&desk, false, Some(&not_made)),
        Err(_) => {}
    }
}

async fn new_lab(app: Arc<App>, desk: Desk, name: String) {
    let answer = create_lab(&app, &caller(owner()), day_profile(&name)).await;
    desk.heard("create lab", &answer.as_ref().map(|lab| lab.id));
    match answer {
        Ok(_) => one_object(&desk, true, None),
        Err(CreateLabError::NotMade(not_made)) => one_object(&desk, false, Some(&not_made)),
        Err(_) => {}
    }
}

async fn new_project(
    app: Arc<App>,
    desk: Desk,
    lab: course_seats_domain::ids::LabId,
    name: course_seats_domain::values::ProjectName,
) {
    let new = NewProject { name, description: None };
    let answer = create_project(&app, &caller(owner()), lab, new).await;
    desk.heard("create project", &answer.as_ref().map(|created| created.project.id));
    match answer {
        Ok(_) => one_object(&desk, true, None),
        Err(CreateProjectError::NotMade(not_made)) => one_object(&desk, false, Some(&not_made)),
        Err(_) => {}
    }
}
