//! Assigns: nothing is left of those that fail, and those that settle stay.

use super::{Stage, beside};
use crate::database::{On, on_each_database};
use crate::wire::{Gate, Turn};
use crate::world::{ADMIN, Ground, students};
use course_seats_application::App;
use course_seats_application::ports::Accounting;
use course_seats_application::use_cases::courses::void_course;
use course_seats_application::use_cases::seats::{ItemStatus, assign_seats};
use course_seats_domain::values::Credits;
use course_seats_sandbox::Operation;
use course_seats_testkit::runtime::long_lease;
use std::sync::Arc;
use tokio::task::JoinHandle;

on_each_database! {
    trace_01_a_group_whose_maker_died_lands_after_all_is_undone,
    trace_09_the_answer_to_a_settle_is_lost_and_it_is_repeated,
    trace_09_an_owner_that_wakes_repeats_a_settle,
    trace_11_a_deplete_of_an_undo_lands_after_another_owner_went_on,
    trace_16_a_course_is_voided_between_the_reservation_and_the_settle,
    trace_17_a_grant_is_committed_after_the_deplete_of_its_undo,
}

impl Stage {
    /// Another process assigns a seat to one student.
    pub(super) fn assign_elsewhere(&self, ground: Ground) -> (Arc<App>, JoinHandle<ItemStatus>) {
        let owner = self.world.replica();
        let app = Arc::clone(&owner);
        let answer = beside(async move {
            let results = assign_seats(&app, ADMIN, ground.course, students(1)).await.unwrap();
            results[0].status
        });
        (owner, answer)
    }
}

async fn trace_01_a_group_whose_maker_died_lands_after_all_is_undone(on: On) {
    let stage = Stage::new(on).await;
    let ground = stage.world.ground(1).await;
    stage.wire.script(Operation::CreateGroup, 0, 1, Turn::Dies);
    // The first owner makes both groups at once; the next one begins with the third call.
    stage.wire.script(Operation::CreateGroup, 2, 1, Turn::Rejected);
    let (_owner, answer) = stage.assign_elsewhere(ground);
    assert_eq!(answer.await.unwrap(), ItemStatus::Failed, "the other owner was refused");
    stage.world.settled().await;
    stage.world.audit();
    stage.wire.land(Operation::CreateGroup).await;
    let groups = stage.world.sandbox.identity.groups_json().to_string();
    assert_eq!(groups.matches("\"name\":\"proj/").count(), 2 + 1, "the trace happened");
    stage.ends_well().await;
}

async fn trace_09_the_answer_to_a_settle_is_lost_and_it_is_repeated(on: On) {
    let stage = Stage::new(on).await;
    let ground = stage.world.ground(1).await;
    stage.shaky.lose_the_commit_after("enqueue");
    let results = assign_seats(&stage.world.app, ADMIN, ground.course, students(1)).await.unwrap();
    assert_eq!(results[0].status, ItemStatus::Done, "{results:?}");
    stage.world.settled().await;
    assert_eq!(
        stage.world.count("saga_event WHERE CAST(event AS text) LIKE '%turned_to_undo%'"),
        0
    );
    stage.ends_well().await;
}

/// The same by two owners: one settles, the other wakes and settles again.
async fn trace_09_an_owner_that_wakes_repeats_a_settle(on: On) {
    let stage = Stage::new(on).await;
    let ground = stage.world.ground(1).await;
    let gate = Gate::default();
    stage.wire.script(Operation::Grant, 0, 1, Turn::WaitsAfter(gate.clone()));
    let (owner, answer) = stage.assign_elsewhere(ground);
    assert_eq!(answer.await.unwrap(), ItemStatus::Done, "by the other owner");
    gate.open();
    owner.begin_shutdown();
    owner.drained().await;
    stage.world.settled().await;
    assert_eq!(stage.world.count("course_enrolment"), 1);
    stage.ends_well().await;
}

async fn trace_11_a_deplete_of_an_undo_lands_after_another_owner_went_on(on: On) {
    let stage = Stage::new(on).await;
    let ground = stage.world.ground(1).await;
    stage.wire.script(Operation::Grant, 0, 1, Turn::TimesOut);
    stage.wire.script(Operation::DepleteProject, 0, 1, Turn::Dies);
    let (_owner, answer) = stage.assign_elsewhere(ground);
    let died = || stage.wire.under_way(Operation::DepleteProject) == 1;
    stage.until("the owner has died in the undo", died).await;
    // Whoever went forward would find the grant, and settle.
    stage.wire.land(Operation::Grant).await;
    assert_eq!(answer.await.unwrap(), ItemStatus::Failed);
    stage.world.settled().await;
    assert_eq!(stage.world.count("course_enrolment"), 0);
    stage.wire.land(Operation::DepleteProject).await;
    stage.ends_well().await;
}

async fn trace_16_a_course_is_voided_between_the_reservation_and_the_settle(on: On) {
    let stage = Stage::new(on).await;
    let ground = stage.world.ground(1).await;
    let gate = Gate::default();
    stage.wire.script(Operation::Grant, 0, 1, Turn::Waits(gate.clone()));
    let (_owner, answer) = stage.assign_elsewhere(ground);
    stage.until("the assign is about to grant", || gate.is_reached()).await;
    // The other service voids the course: it sees no enrolment, and depletes.
    let course = ground.course;
    stage.sql(&format!(
        "UPDATE course SET status = 'VOIDED', budget_depleted = TRUE WHERE id = '{course}'"
    ));
    stage.world.sandbox.accounting.deplete_lab(ground.lab, &long_lease()).await.unwrap();
    gate.open();
    assert_eq!(answer.await.unwrap(), ItemStatus::Failed);
    void_course(&stage.world.app, ADMIN, ground.course).await.unwrap();
    stage.world.settled().await;
    stage.world.audit();
    stage.ends_well().await;
}

async fn trace_17_a_grant_is_committed_after_the_deplete_of_its_undo(on: On) {
    let stage = Stage::new(on).await;
    let ground = stage.world.ground(1).await;
    stage.wire.script(Operation::Grant, 0, 1, Turn::AnsweredEarly);
    // The settle is refused: the other service has taken the seat away.
    let assigning = "new.kind = 'assign_seat'";
    let database = &stage.world.database;
    database.whenever("AFTER INSERT ON saga", assigning, "DELETE FROM seat");
    let (_owner, answer) = stage.assign_elsewhere(ground);
    stage.until("nothing was there", || stage.wire.made(Operation::DepleteProject) > 0).await;
    stage.wire.land(Operation::Grant).await;
    assert_eq!(answer.await.unwrap(), ItemStatus::Failed);
    stage.world.settled().await;
    let accounts = stage.world.sandbox.accounting.accounts_json();
    let template = Credits::whole(stage.world.settings.credits_per_seat).amount().to_string();
    let projects = accounts["projects"].as_array().unwrap();
    let left: Vec<_> = projects
        .iter()
        .filter_map(|project| project["balance"].as_str())
        .filter(|balance| *balance != "0")
        .collect();
    assert_eq!(left, [template.as_str()], "before any look");
    stage.ends_well().await;
}
