//! To the other service, a course that ended and got a new end is active, whatever we are doing to it.

use super::{Deed, Stage};
use crate::database::{On, on_each_database};
use crate::traces::beside;
use crate::wire::{Gate, Turn};
use crate::world::ADMIN;
use chrono::TimeDelta;
use course_seats_application::ports::Accounting;
use course_seats_application::use_cases::courses::void_course;
use course_seats_application::use_cases::operations::expire_courses;
use course_seats_application::use_cases::seats::drop_seats;
use course_seats_domain::ids::{ProjectId, SeatId};
use course_seats_domain::values::Credits;
use course_seats_sandbox::Operation;
use std::sync::Arc;

on_each_database! {
    who_is_let_in_while_an_ended_course_closes_is_dropped_too,
    what_a_template_was_just_granted_is_taken_back_from_a_deleted_course_too,
    a_look_at_a_closing_takes_nothing_from_who_is_let_in_later_nor_while_he_is_dropped,
}

/// Found by the simulation (seed 2052304): his credits were taken with the lab's, and he stayed.
async fn who_is_let_in_while_an_ended_course_closes_is_dropped_too(on: On) {
    let stage = Stage::new(on).await;
    let ground = stage.world.ground(3).await;
    stage.world.assign(ground.course, 1).await;
    stage.world.clock.advance(TimeDelta::days(91)).unwrap();
    let gate = Gate::default();
    stage.wire.script(Operation::DepleteLab, 0, 1, Turn::Waits(gate.clone()));
    let app = Arc::clone(&stage.world.app);
    let closing = beside(async move { expire_courses(&app, ADMIN).await.unwrap() });
    stage.until("the lab is about to be depleted", || gate.is_reached()).await;
    let sql = Deed::TakesTheSeat.prepared(&stage.world, ground).await;
    stage.sql(&sql);
    gate.open();
    assert_eq!(closing.await.unwrap().expired_courses_found, 1);
    stage.world.settled().await;
    assert_eq!(stage.world.count("course_enrolment WHERE is_dropped"), 2);
    stage.ends_well().await;
}

/// Found by the simulation (seed 7197945): the template was looked up in the row of the course.
async fn what_a_template_was_just_granted_is_taken_back_from_a_deleted_course_too(on: On) {
    let stage = Stage::new(on).await;
    stage.wire.script(Operation::Grant, 0, 1, Turn::AnsweredEarly);
    let ground = stage.world.ground(0).await;
    let [first, second] = [Gate::default(), Gate::default()];
    stage.wire.script(Operation::DepleteLab, 0, 1, Turn::Waits(first.clone()));
    stage.wire.script(Operation::DepleteLab, 0, 1, Turn::Waits(second.clone()));
    let app = Arc::clone(&stage.world.app);
    let closing = beside(async move { void_course(&app, ADMIN, ground.course).await.unwrap() });
    stage.until("the lab is about to be depleted", || first.is_reached()).await;
    let sql = Deed::DeletesTheCourse.prepared(&stage.world, ground).await;
    stage.sql(&sql);
    first.open();
    stage.until("it is about to be depleted again", || second.is_reached()).await;
    stage.wire.land(Operation::Grant).await;
    second.open();
    closing.await.unwrap();
    stage.world.settled().await;
    stage.ends_well().await;
}

/// The looks of a closing see to every project of the course and hold no student: nothing but the
/// rows tells them whose credits they may take (trace 12).
async fn a_look_at_a_closing_takes_nothing_from_who_is_let_in_later_nor_while_he_is_dropped(
    on: On,
) {
    let stage = Stage::new(on).await;
    let ground = stage.world.ground(1).await;
    void_course(&stage.world.app, ADMIN, ground.course).await.unwrap();
    // It was at work on him when the course was voided.
    let sql = Deed::TakesTheSeat.prepared(&stage.world, ground).await;
    stage.sql(&sql);
    let project: ProjectId = stage.world.only("project_id", "course_enrolment");
    let seat: SeatId = stage.world.only("id", "seat");
    let all = Credits::whole(stage.world.settings.credits_per_seat);
    let balance = async || stage.world.sandbox.accounting.project_balance(project).await.unwrap();
    stage.looks_at_the_closing().await;
    assert_eq!(balance().await, all, "he is live");
    let gate = Gate::default();
    stage.wire.script(Operation::Members, 0, 1, Turn::Waits(gate.clone()));
    let app = Arc::clone(&stage.world.app);
    let dropped =
        beside(async move { drop_seats(&app, ADMIN, ground.course, vec![seat]).await.unwrap() });
    stage.until("he is marked", || gate.is_reached()).await;
    stage.looks_at_the_closing().await;
    assert_eq!(balance().await, all, "he is being dropped");
    gate.open();
    let dropped = dropped.await.unwrap().remove(0);
    assert_eq!((dropped.recovered, dropped.spent), (Some(true), Some(Credits::ZERO)));
    stage.ends_well().await;
}

impl Stage {
    /// Its next look is due now, and over then.
    async fn looks_at_the_closing(&self) {
        let now = self.world.database.time(self.world.now());
        self.sql(&format!("UPDATE saga SET look_at = {now} WHERE kind = 'close_course'"));
        let due = format!("saga WHERE kind = 'close_course' AND look_at <= {now}");
        self.world
            .eventually("the closing was looked at", async || {
                self.world.app.wake_reconcilers();
                self.world.count(&due) == 0 && self.world.count("saga WHERE looking") == 0
            })
            .await;
    }
}
