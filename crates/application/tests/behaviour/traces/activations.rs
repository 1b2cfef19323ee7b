//! Activations: students who were let in and are, and who were not and are not.

use super::{Stage, beside, lab_members, project_members};
use crate::database::{On, on_each_database};
use crate::wire::{Gate, Turn};
use crate::world::pupil;
use chrono::TimeDelta;
use course_seats_application::App;
use course_seats_application::settings::Settings;
use course_seats_application::use_cases::enrolments::activate_enrolments;
use course_seats_application::use_cases::seats::ItemStatus;
use course_seats_domain::ids::EnrolmentId;
use course_seats_sandbox::Operation;
use std::sync::Arc;
use std::time::Duration;

on_each_database! {
    trace_02_an_old_leave_lands_on_a_student_who_was_let_in_since,
    trace_03_the_leave_of_a_last_look_lands_on_a_student_who_was_let_in_since,
    trace_10_an_owner_settles_what_its_caller_was_told_has_failed,
    trace_14_a_process_dies_in_a_look_that_holds_the_subject,
}

async fn activate(app: &Arc<App>) -> ItemStatus {
    let results = activate_enrolments(app, &pupil(1)).await.unwrap();
    assert_eq!(results.len(), 1);
    results[0].status
}

impl Stage {
    async fn is_activated(&self, enrolment: EnrolmentId) -> bool {
        self.enrolment(enrolment).await.activated_at.is_some()
    }
}

async fn trace_02_an_old_leave_lands_on_a_student_who_was_let_in_since(on: On) {
    let stage = Stage::new(on).await;
    let ground = stage.world.ground(1).await;
    let enrolment = stage.world.claimed(ground.course, 1).await;
    let project = stage.enrolment(enrolment).await.project;
    // Refused in the lab; of the undo both leaves time out, and their repeats succeed.
    stage.wire.script(Operation::Join, 1, 1, Turn::Rejected);
    stage.wire.script(Operation::Leave, 0, 1, Turn::TimesOut);
    stage.wire.script(Operation::Leave, 2, 1, Turn::TimesOut);
    assert_eq!(activate(&stage.world.app).await, ItemStatus::Failed);
    stage.world.settled().await;
    assert_eq!(stage.wire.under_way(Operation::Leave), 2);

    assert_eq!(activate(&stage.world.app).await, ItemStatus::Done);
    stage.wire.land(Operation::Leave).await;
    assert!(!stage.is_in(&lab_members(ground), 1), "the trace happened");
    assert!(!stage.is_in(&project_members(ground, project), 1), "the trace happened");
    stage.ends_well().await;
}

async fn trace_03_the_leave_of_a_last_look_lands_on_a_student_who_was_let_in_since(on: On) {
    let stage = Stage::new(on).await;
    let ground = stage.world.ground(1).await;
    let enrolment = stage.world.claimed(ground.course, 1).await;
    let members = project_members(ground, stage.enrolment(enrolment).await.project);
    // A join is in flight while the activation is undone.
    stage.wire.script(Operation::Join, 0, 1, Turn::TimesOut);
    stage.wire.script(Operation::Join, 1, 1, Turn::Rejected);
    assert_eq!(activate(&stage.world.app).await, ItemStatus::Failed);
    stage.look(TimeDelta::seconds(1)).await;
    stage.look(TimeDelta::minutes(11)).await;
    stage.wire.land(Operation::Join).await;
    assert!(stage.is_in(&members, 1));
    // The last look takes the student out; its first leave times out.
    stage.wire.script(Operation::Leave, 0, 1, Turn::TimesOut);
    stage.look(TimeDelta::hours(25)).await;
    assert_eq!(stage.wire.under_way(Operation::Leave), 1);
    assert!(!stage.is_in(&members, 1));

    assert_eq!(activate(&stage.world.app).await, ItemStatus::Done);
    stage.wire.land(Operation::Leave).await;
    assert!(!stage.is_in(&members, 1), "the trace happened");
    stage.ends_well().await;
}

async fn trace_10_an_owner_settles_what_its_caller_was_told_has_failed(on: On) {
    let stage = Stage::new(on).await;
    let ground = stage.world.ground(1).await;
    let enrolment = stage.world.claimed(ground.course, 1).await;
    let soon = Settings {
        answer_deadline: Duration::from_millis(200),
        // The owner has all the time that it needs.
        saga_lease: Duration::from_secs(30),
        ..stage.world.settings.clone()
    };
    let owner = App::new(stage.world.ports.clone(), soon);
    let gate = Gate::default();
    // The last call before the settle.
    stage.wire.script(Operation::Join, 1, 1, Turn::Waits(gate.clone()));
    assert_eq!(activate(&owner).await, ItemStatus::Failed, "the answer was due");
    assert!(gate.is_reached());
    gate.open();
    stage.world.settled().await;
    owner.begin_shutdown();
    owner.drained().await;
    assert!(!stage.is_activated(enrolment).await, "once said, it never settles");
    stage.ends_well().await;
}

async fn trace_14_a_process_dies_in_a_look_that_holds_the_subject(on: On) {
    let stage = Stage::new(on).await;
    let ground = stage.world.ground(1).await;
    stage.world.claimed(ground.course, 1).await;
    stage.wire.script(Operation::Join, 0, 1, Turn::TimesOut);
    assert_eq!(activate(&stage.world.app).await, ItemStatus::Done);
    stage.wire.land(Operation::Join).await;
    stage.wire.script(Operation::Members, 0, 1, Turn::Dies);
    stage.world.clock.advance(TimeDelta::seconds(1)).unwrap();
    stage.world.app.wake_reconcilers();
    stage.until("the look has died", || stage.wire.under_way(Operation::Members) == 1).await;
    assert!(stage.world.count("reservation WHERE kind = 'subject'") > 0, "and holds the student");
    // Nobody takes the look over: the hold ends by itself.
    stage.world.app.begin_shutdown();
    let other = stage.world.replica();
    let seat = stage.world.seats(ground.course).await[0].id;
    let app = Arc::clone(&other);
    let dropped = beside(async move { super::drops::drop_one(&app, ground.course, seat).await });
    assert_eq!(dropped.await.unwrap().status, ItemStatus::Done);
    let world = crate::world::World { app: other, ..stage.world };
    world.app.start_reconcilers();
    Stage { world, ..stage }.ends_well().await;
}
