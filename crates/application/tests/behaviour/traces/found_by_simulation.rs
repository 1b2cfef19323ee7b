//! Traces that the simulation found: each failed before it was mended.

use super::found_by_reading::Dead;
use super::{Stage, beside};
use crate::database::{On, on_each_database};
use crate::shaky::Shaky;
use crate::wire::{Gate, Turn};
use crate::world::{ADMIN, students};
use chrono::TimeDelta;
use course_seats_application::settings::Settings;
use course_seats_application::use_cases::courses::{
    CreateCourseError, NewCourse, create_course, delete_course, void_course,
};
use course_seats_application::use_cases::seats::assign_seats;
use course_seats_application::{App, Ports};
use course_seats_domain::course::{Course, CourseDates};
use course_seats_sandbox::Operation;
use std::sync::Arc;
use std::time::Duration;

on_each_database! {
    a_look_that_takes_from_a_template_lands_on_its_next_course,
    a_template_whose_look_was_answered_serves_a_new_course_at_once,
    the_other_service_deletes_a_course_whose_template_is_being_funded,
    a_grant_that_is_under_way_keeps_the_next_course_from_its_template,
    a_second_delete_waits_for_the_first_one,
    a_process_that_stops_leaves_in_the_notebook_what_it_does_not_know,
}

fn again(course: &Course) -> NewCourse {
    let (lab, template_project) = (course.lab, course.template_project);
    NewCourse {
        lab,
        template_project,
        institution: course.institution,
        dates: CourseDates::default(),
    }
}

fn is_taken<T>(answer: &Result<T, CreateCourseError>) -> bool {
    matches!(answer, Err(CreateCourseError::TemplateTaken { until: Some(_), .. }))
}

impl Stage {
    /// A course that is deleted, and whose template's grant was committed after that.
    async fn deleted_course_with_credits(&self) -> Course {
        self.wire.script(Operation::Grant, 0, 1, Turn::AnsweredEarly);
        let ground = self.world.ground(0).await;
        let mut tx = self.world.ports.store.read().await.unwrap();
        let course = tx.course(ground.course).await.unwrap().unwrap();
        drop(tx);
        void_course(&self.world.app, ADMIN, course.id).await.unwrap();
        delete_course(&self.world.app, ADMIN, course.id).await.unwrap();
        self.wire.land(Operation::Grant).await;
        assert!(!self.balance(course.template_project).await.is_zero(), "the trace happened");
        course
    }
}

async fn a_look_that_takes_from_a_template_lands_on_its_next_course(on: On) {
    let stage = Stage::new(on).await;
    let course = stage.deleted_course_with_credits().await;
    stage.wire.script(Operation::DepleteProject, 0, 1, Turn::TimesOut);
    stage.look(TimeDelta::seconds(1)).await;
    let refused = create_course(&stage.world.app, ADMIN, again(&course)).await;
    assert!(is_taken(&refused), "{refused:?}");
    stage.wire.land(Operation::DepleteProject).await;
    stage.world.looked_at().await;
    let created = create_course(&stage.world.app, ADMIN, again(&course)).await.unwrap();
    assert!(created.template_project_funded);
    stage.ends_well().await;
}

async fn a_template_whose_look_was_answered_serves_a_new_course_at_once(on: On) {
    let stage = Stage::new(on).await;
    let course = stage.deleted_course_with_credits().await;
    stage.look(TimeDelta::seconds(1)).await;
    assert!(stage.balance(course.template_project).await.is_zero());
    let created = create_course(&stage.world.app, ADMIN, again(&course)).await.unwrap();
    assert!(created.template_project_funded);
    stage.ends_well().await;
}

async fn the_other_service_deletes_a_course_whose_template_is_being_funded(on: On) {
    let stage = Stage::new(on).await;
    let gate = Gate::default();
    let course = stage.course_with_a_grant_under_way(&gate).await;
    stage.sql(&format!("DELETE FROM course WHERE id = '{}'", course.id));
    let refused = create_course(&stage.world.app, ADMIN, again(&course)).await;
    let open = matches!(refused, Err(CreateCourseError::TemplateTaken { until: None, .. }));
    assert!(open, "its funding is open: {refused:?}");
    stage.wire.land(Operation::Grant).await;
    gate.open();
    stage.world.settled().await;
    let ended = "saga WHERE kind = 'fund_template' AND status = 'undone'";
    assert_eq!(stage.world.count(ended), 1);
    assert!(!stage.balance(course.template_project).await.is_zero(), "the trace happened");
    let refused = create_course(&stage.world.app, ADMIN, again(&course)).await;
    assert!(is_taken(&refused), "its credits are not taken back yet: {refused:?}");
    stage.world.looked_at().await;
    create_course(&stage.world.app, ADMIN, again(&course)).await.unwrap();
    stage.ends_well().await;
}

async fn a_grant_that_is_under_way_keeps_the_next_course_from_its_template(on: On) {
    let stage = Stage::new(on).await;
    let gate = Gate::default();
    let course = stage.course_with_a_grant_under_way(&gate).await;
    void_course(&stage.world.app, ADMIN, course.id).await.unwrap();
    gate.open();
    delete_course(&stage.world.app, ADMIN, course.id).await.unwrap();
    let refused = create_course(&stage.world.app, ADMIN, again(&course)).await;
    assert!(is_taken(&refused), "{refused:?}");
    stage.wire.land(Operation::Grant).await;
    stage.world.looked_at().await;
    create_course(&stage.world.app, ADMIN, again(&course)).await.unwrap();
    stage.ends_well().await;
}

/// The first one waits for the closing of a void. The second one must wait for the same as the
/// first, not for that.
async fn a_second_delete_waits_for_the_first_one(on: On) {
    let stage = Stage::new(on).await;
    let ground = stage.world.ground(1).await;
    stage.world.assign(ground.course, 1).await;
    let (voids, deletes) = (Gate::default(), Gate::default());
    stage.wire.script(Operation::DepleteLab, 0, 1, Turn::Waits(voids.clone()));
    let app = Arc::clone(&stage.world.app);
    drop(beside(async move { void_course(&app, ADMIN, ground.course).await }));
    stage.until("the void is at the lab", || voids.is_reached()).await;
    stage.wire.script(Operation::DeleteGroup, 0, 1, Turn::Waits(deletes.clone()));
    let app = Arc::clone(&stage.world.app);
    let first = beside(async move { delete_course(&app, ADMIN, ground.course).await });
    let open = "saga WHERE kind = 'close_course' AND status = 'running'";
    stage.until("the delete is written down", || stage.world.count(open) == 2).await;
    // It only writes down and waits: somebody else does the work.
    let shaky = Shaky::on(Arc::clone(&stage.world.ports.store));
    let (store, spawner) = (shaky.clone(), Arc::new(Dead));
    let app = App::new(
        Ports { store, spawner, ..stage.world.ports.clone() },
        Settings { answer_deadline: Duration::from_secs(14), ..stage.world.settings.clone() },
    );
    let second = beside(async move { delete_course(&app, ADMIN, ground.course).await });
    stage.until("the second one is written down", || shaky.begun() > 0).await;
    voids.open();
    stage.until("the delete is at its groups", || deletes.is_reached()).await;
    let reads = shaky.reads();
    stage.until("the second one has looked again", || shaky.reads() > reads + 2).await;
    assert!(!second.is_finished());
    deletes.open();
    first.await.unwrap().unwrap();
    second.await.unwrap().unwrap();
    assert_eq!(stage.world.count("course"), 0);
    stage.ends_well().await;
}

/// Two groups are made at once: of one nobody hears, the other is refused; the process is asked to stop
/// meanwhile. Whoever goes on must know that the first may be there.
async fn a_process_that_stops_leaves_in_the_notebook_what_it_does_not_know(on: On) {
    let stage = Stage::new(on).await;
    let ground = stage.world.ground(1).await;
    let (owner, _) = stage.with_own_database(stage.world.settings.clone());
    let gate = Gate::default();
    stage.wire.script(Operation::CreateGroup, 0, 1, Turn::TimesOutAt(gate.clone()));
    // The other one, and what whoever goes on tries first.
    stage.wire.script(Operation::CreateGroup, 0, 2, Turn::Rejected);
    let app = Arc::clone(&owner);
    let assigned =
        beside(async move { assign_seats(&app, ADMIN, ground.course, students(1)).await });
    stage.until("a group is being made", || gate.is_reached()).await;
    owner.begin_shutdown();
    gate.open();
    assigned.await.unwrap().unwrap();
    stage.world.settled().await;
    assert_eq!(stage.world.count("saga WHERE kind = 'assign_seat' AND status = 'undone'"), 1);
    stage.wire.land(Operation::CreateGroup).await;
    stage.ends_well().await;
}
