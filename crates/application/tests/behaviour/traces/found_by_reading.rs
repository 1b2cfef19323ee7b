//! Further traces, found by reading the engine: each failed before it was mended.

use super::drops::drop_one;
use super::{Stage, beside};
use crate::database::{On, on_each_database};
use crate::wire::{Gate, Turn};
use crate::world::{ADMIN, profile, pupil, students};
use chrono::TimeDelta;
use course_seats_application::ports::{Clock, IdentityProvider, Spawner};
use course_seats_application::settings::Settings;
use course_seats_application::use_cases::courses::{
    CreateCourseError, NewCourse, create_course, delete_course, void_course,
};
use course_seats_application::use_cases::enrolments::activate_enrolments;
use course_seats_application::use_cases::labs::create_lab;
use course_seats_application::use_cases::seats::{ItemStatus, assign_seats};
use course_seats_application::{App, Ports};
use course_seats_domain::course::CourseDates;
use course_seats_domain::group::GroupName;
use course_seats_domain::values::Credits;
use course_seats_sandbox::Operation;
use course_seats_sandbox::people::student;
use course_seats_testkit::runtime::long_lease;
use futures::future::BoxFuture;
use std::sync::Arc;
use std::time::Duration;

on_each_database! {
    a_look_at_a_funding_leaves_the_next_course_of_its_template_alone,
    a_template_grant_is_committed_after_the_deplete_of_the_lab,
    an_unknown_outcome_that_could_not_be_written_down_is_not_forgotten,
    a_look_puts_no_admin_back_who_has_left,
    a_fresh_grant_of_the_other_service_is_waited_for_before_the_balance_is_noted,
    the_other_service_drops_what_is_being_dropped,
    a_settle_that_the_database_does_not_take_is_not_repeated_in_one_breath,
    a_saga_that_cannot_be_read_is_not_tried_by_more_and_more_tasks,
    a_reconciler_that_panics_goes_on_with_its_next_round,
    a_takeover_does_not_wait_for_looks,
    a_long_queue_that_is_taken_over_does_not_become_a_crowd,
    who_waits_for_a_saga_bears_a_database_that_does_not_answer_once,
}

/// A funding of which something was unknown is looked at for a day; its template may serve another
/// course by then.
async fn a_look_at_a_funding_leaves_the_next_course_of_its_template_alone(on: On) {
    let stage = Stage::new(on).await;
    let gate = Gate::default();
    let course = stage.course_with_a_grant_under_way(&gate).await;
    stage.wire.land(Operation::Grant).await;
    gate.open();
    stage.world.settled().await;
    void_course(&stage.world.app, ADMIN, course.id).await.unwrap();
    delete_course(&stage.world.app, ADMIN, course.id).await.unwrap();
    let dates = CourseDates::default();
    let (lab, template_project) = (course.lab, course.template_project);
    let new = NewCourse { lab, template_project, institution: course.institution, dates };
    let created = create_course(&stage.world.app, ADMIN, new).await.unwrap();
    assert!(created.template_project_funded);
    // The audit finds the new course's template empty otherwise.
    stage.ends_well().await;
}

/// The same as with a student's grant, but a lab's deplete has no amount that is expected.
async fn a_template_grant_is_committed_after_the_deplete_of_the_lab(on: On) {
    let stage = Stage::new(on).await;
    stage.wire.script(Operation::Grant, 0, 1, Turn::AnsweredEarly);
    let ground = stage.world.ground(0).await;
    void_course(&stage.world.app, ADMIN, ground.course).await.unwrap();
    stage.wire.land(Operation::Grant).await;
    stage.ends_well().await;
}

/// The database does not answer in the moment in which an unknown outcome is to be written down.
async fn an_unknown_outcome_that_could_not_be_written_down_is_not_forgotten(on: On) {
    let stage = Stage::new(on).await;
    let ground = stage.world.ground(1).await;
    let (owner, shaky) = stage.with_own_database(stage.world.settings.clone());
    let gate = Gate::default();
    stage.wire.script(Operation::DepleteLab, 0, 1, Turn::TimesOutAt(gate.clone()));
    let app = Arc::clone(&owner);
    let voided = beside(async move { void_course(&app, ADMIN, ground.course).await.unwrap() });
    stage.until("the lab is about to be depleted", || gate.is_reached()).await;
    shaky.refuse(1);
    gate.open();
    voided.await.unwrap();
    stage.world.settled().await;
    delete_course(&stage.world.app, ADMIN, ground.course).await.unwrap();
    let new = stage.new_course(ground.lab, "Template 2").await;
    let opened = create_course(&stage.world.app, ADMIN, new).await;
    assert!(matches!(opened, Err(CreateCourseError::LabClosing { .. })), "{opened:?}");
    stage.ends_well().await;
}

/// Who was an admin when a student's project was made, and is none any more, stays out.
async fn a_look_puts_no_admin_back_who_has_left(on: On) {
    let stage = Stage::new(on).await;
    let ground = stage.world.ground(1).await;
    let lab_admins = format!("vlab/{}/admin", ground.lab);
    stage.join(&lab_admins, 3).await;
    stage.wire.script(Operation::Join, 0, 1, Turn::TimesOut);
    let project = stage.world.assign(ground.course, 1).await[0].project.unwrap();
    stage.wire.land(Operation::Join).await;
    let project_admins = format!("proj/{}/{project}/admin", ground.lab);
    for name in [lab_admins, project_admins.clone()] {
        let identity = &stage.world.sandbox.identity;
        let name: GroupName = serde_json::from_value(name.into()).unwrap();
        let group = identity.find_group(&name).await.unwrap().unwrap();
        identity.leave(student(3), &group, &long_lease()).await.unwrap();
    }
    stage.world.looked_at().await;
    assert!(!stage.is_in(&project_admins, 3));
    stage.ends_well().await;
}

/// The other service keeps no grant with an enrolment: it is the course's credits per seat.
async fn a_fresh_grant_of_the_other_service_is_waited_for_before_the_balance_is_noted(on: On) {
    let stage = Stage::new(on).await;
    let ground = stage.world.ground(1).await;
    let patience = Duration::from_secs(5);
    let patient = Settings { grant_patience: patience, ..stage.world.settings.clone() };
    let (app, _) = stage.with_own_database(patient);
    stage.wire.script(Operation::Grant, 0, 1, Turn::AnsweredEarly);
    stage.world.assign(ground.course, 1).await;
    stage.sql("UPDATE course_enrolment SET grant_amount = NULL");
    let asked = stage.wire.made(Operation::ProjectBalance);
    let seat = stage.taken_seat(ground).await;
    let dropped = beside(async move { drop_one(&app, ground.course, seat).await });
    let again = || stage.wire.made(Operation::ProjectBalance) > asked;
    stage.until("the balance was asked", again).await;
    stage.wire.land(Operation::Grant).await;
    let dropped = dropped.await.unwrap();
    assert_eq!((dropped.recovered, dropped.spent), (Some(true), Some(Credits::ZERO)));
    stage.ends_well().await;
}

async fn the_other_service_drops_what_is_being_dropped(on: On) {
    let stage = Stage::new(on).await;
    let ground = stage.world.ground(1).await;
    stage.world.claimed(ground.course, 1).await;
    let gate = Gate::default();
    stage.wire.script(Operation::DepleteProject, 0, 1, Turn::Waits(gate.clone()));
    let dropped = stage.drop_beside(ground).await;
    stage.until("it is nearly done", || gate.is_reached()).await;
    stage.sql("UPDATE seat SET is_consumed = TRUE");
    stage.sql("UPDATE course_enrolment SET is_dropped = TRUE");
    gate.open();
    let dropped = dropped.await.unwrap();
    assert_eq!(dropped.status, ItemStatus::Done);
    let seats = stage.world.seats(ground.course).await;
    assert!(seats[0].consumed, "the seat is left alone");
    assert_eq!((dropped.recovered, dropped.spent), (Some(false), None), "and it was told so");
    // The audit finds the mark if it stays.
    stage.ends_well().await;
}

/// A write that the database refuses, though it answers, is tried again with pauses, and shown.
async fn a_settle_that_the_database_does_not_take_is_not_repeated_in_one_breath(on: On) {
    let stage = Stage::new(on).await;
    let ground = stage.world.ground(1).await;
    stage.world.assign(ground.course, 1).await;
    let settings = Settings {
        answer_deadline: Duration::from_millis(1000),
        needs_attention_after: Duration::from_millis(100),
        ..stage.world.settings.clone()
    };
    let (owner, shaky) = stage.with_own_database(settings);
    stage.world.database.refuse("BEFORE UPDATE OF is_dropped ON course_enrolment");
    let seat = stage.taken_seat(ground).await;
    let dropped = drop_one(&owner, ground.course, seat).await;
    assert_eq!(dropped.status, ItemStatus::Pending);
    assert!(shaky.begun() < 60, "{} transactions in a second", shaky.begun());
    let flagged = || stage.world.count("saga WHERE needs_attention") == 1;
    stage.until("somebody can see it", flagged).await;
    stage.world.database.mend("course_enrolment");
    stage.ends_well().await;
}

/// In a rolling deploy an older replica may find what it cannot read.
async fn a_saga_that_cannot_be_read_is_not_tried_by_more_and_more_tasks(on: On) {
    let stage = Stage::new(on).await;
    let long_ago = stage.world.database.time(chrono::DateTime::UNIX_EPOCH);
    let id = "11111111-1111-4111-8111-111111111111";
    stage.sql(&format!(
        "INSERT INTO saga (id, kind, subject, \"plan\", status, due_at, created_at, updated_at) \
         VALUES ('{id}', 'assign_seat', 'x', '{{}}', 'running', \
         {long_ago}, {long_ago}, {long_ago})"
    ));
    let second = Duration::from_secs(1);
    stage.world.clock.sleep(second * 2).await;
    let before = stage.shaky.begun();
    stage.world.clock.sleep(second).await;
    let tries = stage.shaky.begun() - before;
    assert!(tries < 100, "{tries} transactions in a second");
    stage.sql(&format!("DELETE FROM saga WHERE id = '{id}'"));
    stage.ends_well().await;
}

async fn a_reconciler_that_panics_goes_on_with_its_next_round(on: On) {
    let stage = Stage::new(on).await;
    let ground = stage.world.ground(1).await;
    stage.shaky.panic_once();
    stage.until("the outbox has panicked", || stage.shaky.has_panicked()).await;
    let refuse = course_seats_sandbox::FaultKind::Refuse;
    let fault = course_seats_sandbox::Fault::once(Operation::Send, refuse);
    stage.world.sandbox.faults.inject(fault).unwrap();
    stage.world.assign(ground.course, 1).await;
    stage.ends_well().await;
}

/// A look that hangs holds up nobody who takes over.
async fn a_takeover_does_not_wait_for_looks(on: On) {
    let stage = Stage::new(on).await;
    let ground = stage.world.ground(2).await;
    stage.world.claimed(ground.course, 1).await;
    stage.wire.script(Operation::Join, 0, 1, Turn::TimesOut);
    activate_enrolments(&stage.world.app, &pupil(1)).await.unwrap();
    stage.wire.land(Operation::Join).await;
    stage.wire.script(Operation::Members, 0, 1, Turn::Dies);
    stage.world.clock.advance(TimeDelta::seconds(1)).unwrap();
    stage.world.app.wake_reconcilers();
    stage.until("the look hangs", || stage.wire.under_way(Operation::Members) == 1).await;
    stage.wire.script(Operation::CreateGroup, 0, 1, Turn::Dies);
    let owner = stage.world.replica();
    let new = vec![("Z1".parse().unwrap(), "z1@students.example".parse().unwrap())];
    let results = assign_seats(&owner, ADMIN, ground.course, new).await.unwrap();
    assert_eq!(results[0].status, ItemStatus::Done, "{results:?}");
    stage.wire.land(Operation::CreateGroup).await;
    // This process never ends the look: another one does.
    let world = crate::world::World { app: stage.world.replica(), ..stage.world };
    world.app.start_reconcilers();
    Stage { world, ..stage }.ends_well().await;
}

/// Its tasks never run: what it writes down waits for somebody else.
pub(super) struct Dead;

impl Spawner for Dead {
    fn spawn(&self, _: BoxFuture<'static, ()>) {}
}

async fn a_long_queue_that_is_taken_over_does_not_become_a_crowd(on: On) {
    let stage = Stage::new(on).await;
    let ground = stage.world.ground(30).await;
    let ports = Ports { spawner: Arc::new(Dead), ..stage.world.ports.clone() };
    let soon = Duration::from_millis(50);
    let settings = Settings { answer_deadline: soon, ..stage.world.settings.clone() };
    let dead = App::new(ports, settings);
    let results = assign_seats(&dead, ADMIN, ground.course, students(30)).await.unwrap();
    assert!(results.iter().all(|result| result.status == ItemStatus::Pending));
    stage.world.sandbox.faults.set_latency(Duration::from_millis(10));
    stage.world.clock.advance(TimeDelta::minutes(1)).unwrap();
    stage.world.settled().await;
    assert_eq!(stage.world.count("course_enrolment"), 30);
    // One saga makes up to two calls at once.
    let (most, sagas) = (stage.wire.most_at_once(), stage.world.settings.batch_concurrency);
    assert!(most <= sagas * 2, "{most} at once");
    stage.ends_well().await;
}

/// Who waits asks a database again that does not answer once.
async fn who_waits_for_a_saga_bears_a_database_that_does_not_answer_once(on: On) {
    let stage = Stage::new(on).await;
    let (app, shaky) = stage.with_own_database(stage.world.settings.clone());
    let gate = Gate::default();
    stage.wire.script(Operation::OpenLab, 0, 1, Turn::WaitsAfter(gate.clone()));
    let owner = stage.world.owner();
    let made = beside(async move { create_lab(&app, &owner, profile("One")).await });
    stage.until("the account is open", || gate.is_reached()).await;
    shaky.refuse_reads(1);
    gate.open();
    made.await.unwrap().unwrap();
    stage.ends_well().await;
}
