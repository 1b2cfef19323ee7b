//! Drops.

use super::{Stage, beside, lab_members, project_members};
use crate::database::{On, on_each_database};
use crate::wire::{Gate, Turn};
use crate::world::{ADMIN, Ground, pupil};
use chrono::TimeDelta;
use course_seats_application::App;
use course_seats_application::ports::IdentityProvider;
use course_seats_application::use_cases::enrolments::{
    ClaimError, activate_enrolments, claim_enrolment,
};
use course_seats_application::use_cases::seats::{DropResult, ItemStatus, drop_seats};
use course_seats_domain::enrolment::ClaimRefusal;
use course_seats_domain::group::GroupName;
use course_seats_domain::ids::{CourseId, SeatId};
use course_seats_domain::values::Credits;
use course_seats_sandbox::Operation;
use course_seats_sandbox::people::student;
use course_seats_testkit::runtime::long_lease;
use std::sync::Arc;
use tokio::task::JoinHandle;

on_each_database! {
    trace_07_what_a_job_had_reserved_flows_back_after_the_drop,
    trace_08_the_other_service_lets_a_student_in_while_he_is_dropped,
    trace_12_a_look_at_the_assign_comes_before_the_drop_has_noted_the_balance,
    trace_13_a_student_who_is_being_dropped_leaves_the_lab_although_his_row_says_activated,
    trace_15_somebody_claims_what_is_being_dropped,
}

pub async fn drop_one(app: &Arc<App>, course: CourseId, seat: SeatId) -> DropResult {
    drop_seats(app, ADMIN, course, vec![seat]).await.unwrap().remove(0)
}

impl Stage {
    pub(super) async fn taken_seat(&self, ground: Ground) -> SeatId {
        let seats = self.world.seats(ground.course).await;
        seats.into_iter().find(|seat| seat.enrolment.is_some()).unwrap().id
    }

    pub(super) async fn drop_beside(&self, ground: Ground) -> JoinHandle<DropResult> {
        let (app, seat) = (Arc::clone(&self.world.app), self.taken_seat(ground).await);
        beside(async move { drop_one(&app, ground.course, seat).await })
    }

    /// Somebody joins a group without us.
    pub(super) async fn join(&self, group: &str, user: u8) {
        let identity = &self.world.sandbox.identity;
        let name: GroupName = serde_json::from_value(group.into()).unwrap();
        let group = identity.find_group(&name).await.unwrap().unwrap();
        identity.join(student(user), &group, &long_lease()).await.unwrap();
    }
}

async fn trace_07_what_a_job_had_reserved_flows_back_after_the_drop(on: On) {
    let stage = Stage::new(on).await;
    let ground = stage.world.ground(1).await;
    let project = stage.world.assign(ground.course, 1).await[0].project.unwrap();
    let all = Credits::whole(stage.world.settings.credits_per_seat);
    stage.world.sandbox.accounting.reserve(project, all).unwrap();
    let dropped = stage.drop_beside(ground).await.await.unwrap();
    assert_eq!((dropped.status, dropped.spent), (ItemStatus::Done, Some(all)));
    stage.world.sandbox.accounting.release(project, all).unwrap();
    assert_eq!(stage.balance(project).await, all, "the trace happened");
    stage.ends_well().await;
}

async fn trace_08_the_other_service_lets_a_student_in_while_he_is_dropped(on: On) {
    let stage = Stage::new(on).await;
    let ground = stage.world.ground(1).await;
    let enrolment = stage.world.claimed(ground.course, 1).await;
    let project = stage.enrolment(enrolment).await.project;
    let gate = Gate::default();
    stage.wire.script(Operation::DepleteProject, 0, 1, Turn::Waits(gate.clone()));
    let dropped = stage.drop_beside(ground).await;
    stage.until("he has left", || gate.is_reached()).await;
    stage.join(&project_members(ground, project), 1).await;
    stage.join(&lab_members(ground), 1).await;
    let now = stage.world.database.time(stage.world.now());
    stage.sql(&format!("UPDATE course_enrolment SET activated_at = {now}"));
    gate.open();
    assert_eq!(dropped.await.unwrap().status, ItemStatus::Done);
    assert!(stage.is_in(&lab_members(ground), 1), "the trace happened");
    stage.ends_well().await;
}

/// The look stops at the student, whom the drop holds. That it would take nothing from him even so, a
/// look shows that holds nobody: see `other_service::closing`.
async fn trace_12_a_look_at_the_assign_comes_before_the_drop_has_noted_the_balance(on: On) {
    let stage = Stage::new(on).await;
    let ground = stage.world.ground(1).await;
    stage.wire.script(Operation::Join, 0, 1, Turn::TimesOut);
    let project = stage.world.assign(ground.course, 1).await[0].project.unwrap();
    stage.wire.land(Operation::Join).await;
    let gate = Gate::default();
    stage.wire.script(Operation::ProjectBalance, 0, 1, Turn::Waits(gate.clone()));
    let dropped = stage.drop_beside(ground).await;
    stage.until("the drop is about to note the balance", || gate.is_reached()).await;
    stage.world.clock.advance(TimeDelta::seconds(1)).unwrap();
    stage.world.app.wake_reconcilers();
    // It came, and found that the drop holds the student.
    let looked = "saga WHERE kind = 'assign_seat' AND generation > 1 AND lease_until IS NULL";
    stage.until("the assign was looked at", || stage.world.count(looked) == 1).await;
    let all = Credits::whole(stage.world.settings.credits_per_seat);
    assert_eq!(stage.balance(project).await, all);
    gate.open();
    let dropped = dropped.await.unwrap();
    assert_eq!((dropped.recovered, dropped.spent), (Some(true), Some(Credits::ZERO)));
    stage.ends_well().await;
}

async fn trace_13_a_student_who_is_being_dropped_leaves_the_lab_although_his_row_says_activated(
    on: On,
) {
    let stage = Stage::new(on).await;
    let ground = stage.world.ground(1).await;
    let enrolment = stage.world.claimed(ground.course, 1).await;
    activate_enrolments(&stage.world.app, &pupil(1)).await.unwrap();
    assert!(stage.is_in(&lab_members(ground), 1));
    let gate = Gate::default();
    stage.wire.script(Operation::DepleteProject, 0, 1, Turn::Waits(gate.clone()));
    let dropped = stage.drop_beside(ground).await;
    stage.until("he has left", || gate.is_reached()).await;
    let row = stage.enrolment(enrolment).await;
    assert!(row.activated_at.is_some() && !row.dropped && row.dropping.is_some());
    assert!(!stage.is_in(&lab_members(ground), 1));
    assert!(!stage.is_in(&project_members(ground, row.project), 1));
    gate.open();
    assert_eq!(dropped.await.unwrap().status, ItemStatus::Done);
    stage.world.audit();
    stage.ends_well().await;
}

async fn trace_15_somebody_claims_what_is_being_dropped(on: On) {
    let stage = Stage::new(on).await;
    let ground = stage.world.ground(2).await;
    let assigned = stage.world.assign(ground.course, 2).await;
    let (one, other) = (assigned[0].enrolment.unwrap(), assigned[1].enrolment.unwrap());
    let gate = Gate::default();
    stage.wire.script(Operation::Members, 0, 1, Turn::Waits(gate.clone()));
    let (app, seat) = (Arc::clone(&stage.world.app), assigned[0].seat);
    let dropped = beside(async move { drop_one(&app, ground.course, seat).await });
    stage.until("it is marked", || gate.is_reached()).await;
    let refused = claim_enrolment(&stage.world.app, &pupil(2), one, None).await;
    assert!(matches!(refused, Err(ClaimError::Refused(ClaimRefusal::Dropped))), "{refused:?}");
    // The other service does not know the mark. The same student is being let in elsewhere.
    let claimed = student(2);
    stage.sql(&format!("UPDATE course_enrolment SET claimed_by = '{claimed}' WHERE id = '{one}'"));
    claim_enrolment(&stage.world.app, &pupil(2), other, None).await.unwrap();
    stage.sql(&format!("UPDATE course_enrolment SET claimed_by = NULL WHERE id = '{one}'"));
    let joined = Gate::default();
    stage.wire.script(Operation::Join, 1, 1, Turn::WaitsAfter(joined.clone()));
    let app = Arc::clone(&stage.world.app);
    let activated = beside(async move { activate_enrolments(&app, &pupil(2)).await.unwrap() });
    stage.until("he has joined the lab", || joined.is_reached()).await;
    stage.sql(&format!("UPDATE course_enrolment SET claimed_by = '{claimed}' WHERE id = '{one}'"));
    gate.open();
    assert_eq!(dropped.await.unwrap().status, ItemStatus::Done);
    assert!(stage.is_in(&lab_members(ground), 2), "the drop does not hold him");
    joined.open();
    assert!(activated.await.unwrap().iter().all(|result| result.status == ItemStatus::Done));
    assert!(stage.is_in(&lab_members(ground), 2));
    stage.ends_well().await;
}
