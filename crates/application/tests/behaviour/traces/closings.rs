//! Closings, and the funding of templates that they end.

use super::{Stage, beside};
use crate::database::{On, on_each_database};
use crate::wire::{Gate, Turn};
use crate::world::{ADMIN, profile};
use course_seats_application::use_cases::courses::{
    CreateCourseError, NewCourse, create_course, delete_course, void_course,
};
use course_seats_application::use_cases::labs::{NewProject, create_lab, create_project};
use course_seats_domain::course::{Course, CourseDates};
use course_seats_domain::ids::LabId;
use course_seats_domain::values::Credits;
use course_seats_sandbox::Operation;
use std::sync::Arc;

on_each_database! {
    trace_04_the_deplete_of_a_lab_lands_on_its_next_course,
    a_lab_whose_deplete_was_answered_takes_a_new_course_soon,
    a_deplete_that_is_committed_after_its_answer_takes_nothing_from_the_next_course,
    trace_05_a_template_grant_lands_after_the_course_was_voided,
    trace_06_a_funding_that_needs_attention_does_not_hold_up_a_closing,
    a_group_that_is_refused_twice_does_not_begin_all_of_them_anew,
    a_slow_group_does_not_hold_up_the_others,
}

impl Stage {
    /// What a course needs, and nothing of the course.
    pub(super) async fn new_course(&self, lab: LabId, template: &str) -> NewCourse {
        let new = NewProject { name: template.parse().unwrap(), description: None };
        let owner = self.world.owner();
        let project = create_project(&self.world.app, &owner, lab, new).await.unwrap().project;
        let mut tx = self.world.ports.store.read().await.unwrap();
        let institution = tx.institution_named("EPFL").await.unwrap().unwrap().id;
        let dates = CourseDates::default();
        NewCourse { lab, template_project: project.id, institution, dates }
    }

    /// A course of whose template's grant nobody knows whether it arrived.
    pub(super) async fn course_with_a_grant_under_way(&self, gate: &Gate) -> Course {
        self.world.ground(0).await;
        let owner = self.world.owner();
        let lab = create_lab(&self.world.app, &owner, profile("Second")).await.unwrap();
        let new = self.new_course(lab.id, "Second").await;
        self.wire.script(Operation::Grant, 0, 1, Turn::TimesOut);
        // The balance before it, and then what came of it.
        self.wire.script(Operation::ProjectBalance, 1, 1, Turn::Waits(gate.clone()));
        let app = Arc::clone(&self.world.app);
        let template = new.template_project;
        drop(beside(async move { create_course(&app, ADMIN, new).await }));
        self.until("the grant is under way", || gate.is_reached()).await;
        let mut tx = self.world.ports.store.read().await.unwrap();
        tx.course_with_template(template).await.unwrap().unwrap()
    }
}

async fn trace_04_the_deplete_of_a_lab_lands_on_its_next_course(on: On) {
    let stage = Stage::new(on).await;
    let ground = stage.world.ground(1).await;
    stage.world.assign(ground.course, 1).await;
    stage.wire.script(Operation::DepleteLab, 0, 1, Turn::TimesOut);
    void_course(&stage.world.app, ADMIN, ground.course).await.unwrap();
    stage.world.settled().await;
    delete_course(&stage.world.app, ADMIN, ground.course).await.unwrap();
    let new = stage.new_course(ground.lab, "Template 2").await;
    let opened = create_course(&stage.world.app, ADMIN, new.clone()).await;
    let blocked = matches!(opened, Err(CreateCourseError::LabClosing { until: Some(_), .. }));
    assert!(blocked, "the lab takes no new course before the last look: {opened:?}");
    stage.wire.land(Operation::DepleteLab).await;
    stage.world.looked_at().await;
    create_course(&stage.world.app, ADMIN, new).await.unwrap();
    stage.ends_well().await;
}

/// Without an unknown outcome there is nothing to wait for.
async fn a_lab_whose_deplete_was_answered_takes_a_new_course_soon(on: On) {
    let stage = Stage::new(on).await;
    let ground = stage.world.ground(1).await;
    void_course(&stage.world.app, ADMIN, ground.course).await.unwrap();
    delete_course(&stage.world.app, ADMIN, ground.course).await.unwrap();
    let new = stage.new_course(ground.lab, "Template 2").await;
    create_course(&stage.world.app, ADMIN, new).await.unwrap();
    stage.ends_well().await;
}

async fn trace_05_a_template_grant_lands_after_the_course_was_voided(on: On) {
    let stage = Stage::new(on).await;
    let gate = Gate::default();
    let course = stage.course_with_a_grant_under_way(&gate).await;
    void_course(&stage.world.app, ADMIN, course.id).await.unwrap();
    gate.open();
    stage.world.settled().await;
    assert_eq!(stage.world.count("course WHERE budget_depleted"), 1);
    stage.wire.land(Operation::Grant).await;
    assert!(!stage.balance(course.template_project).await.is_zero(), "the trace happened");
    stage.ends_well().await;
}

async fn trace_06_a_funding_that_needs_attention_does_not_hold_up_a_closing(on: On) {
    let stage = Stage::new(on).await;
    let gate = Gate::default();
    let course = stage.course_with_a_grant_under_way(&gate).await;
    stage.wire.land(Operation::Grant).await;
    let half = Credits::whole(stage.world.settings.credits_per_seat / 2);
    stage.world.sandbox.accounting.spend(course.template_project, half).unwrap();
    gate.open();
    let flagged = || stage.world.count("saga WHERE needs_attention") == 1;
    stage.until("the funding needs attention", flagged).await;
    void_course(&stage.world.app, ADMIN, course.id).await.unwrap();
    assert_eq!(stage.world.count("course WHERE budget_depleted"), 1, "done with the answer");
    assert_eq!(stage.world.count("saga WHERE needs_attention"), 0, "and nobody is needed");
    stage.ends_well().await;
}

/// Of thousands of groups some call always fails.
async fn a_group_that_is_refused_twice_does_not_begin_all_of_them_anew(on: On) {
    let stage = Stage::new(on).await;
    let ground = stage.world.ground(3).await;
    stage.world.assign(ground.course, 3).await;
    void_course(&stage.world.app, ADMIN, ground.course).await.unwrap();
    stage.wire.script(Operation::DeleteGroup, 1, 2, Turn::Rejected);
    delete_course(&stage.world.app, ADMIN, ground.course).await.unwrap();
    assert_eq!(stage.wire.made(Operation::DeleteGroup), 3 * 2 + 2);
    stage.ends_well().await;
}

/// A thousand students have two thousand groups: one after the other they would outlast the answer.
async fn a_slow_group_does_not_hold_up_the_others(on: On) {
    let stage = Stage::new(on).await;
    let ground = stage.world.ground(2).await;
    stage.world.assign(ground.course, 2).await;
    void_course(&stage.world.app, ADMIN, ground.course).await.unwrap();
    let gates = [Gate::default(), Gate::default()];
    for gate in &gates {
        stage.wire.script(Operation::DeleteGroup, 0, 1, Turn::Waits(gate.clone()));
    }
    let app = Arc::clone(&stage.world.app);
    let deleted = beside(async move { delete_course(&app, ADMIN, ground.course).await });
    stage.until("two groups wait", || gates.iter().all(Gate::is_reached)).await;
    assert_eq!(stage.wire.made(Operation::DeleteGroup), 2 * 2, "and nobody waits for them");
    gates.iter().for_each(Gate::open);
    deleted.await.unwrap().unwrap();
    stage.ends_well().await;
}

/// Found by the simulation (seed 4078704). A new course waits a moment, without being told to.
async fn a_deplete_that_is_committed_after_its_answer_takes_nothing_from_the_next_course(on: On) {
    let stage = Stage::new(on).await;
    let ground = stage.world.ground(1).await;
    stage.wire.script(Operation::DepleteLab, 0, 1, Turn::AnsweredEarly);
    void_course(&stage.world.app, ADMIN, ground.course).await.unwrap();
    let new = stage.new_course(ground.lab, "Template 2").await;
    let grants = stage.wire.made(Operation::Grant);
    delete_course(&stage.world.app, ADMIN, ground.course).await.unwrap();
    let app = Arc::clone(&stage.world.app);
    let opened = beside(async move { create_course(&app, ADMIN, new).await.unwrap() });
    stage.wire.land(Operation::DepleteLab).await;
    assert_eq!(stage.wire.made(Operation::Grant), grants, "it waits");
    assert!(opened.await.unwrap().template_project_funded);
    // The audit finds its template empty otherwise.
    stage.ends_well().await;
}
