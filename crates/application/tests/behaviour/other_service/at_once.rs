//! It writes at the same time: it has locked a row when we come to it, and commits while we wait.

use super::hand::Deed;
use super::{Act, ends_well};
use crate::database::On;
use crate::together::{Case, together};
use crate::traces::{Stage, beside};
use crate::wire::{Gate, Turn};
use crate::world::{ADMIN, profile, pupil};
use chrono::TimeDelta;
use course_seats_application::ports::StoreError;
use course_seats_application::use_cases::courses::activate_course;
use course_seats_application::use_cases::enrolments::{ClaimError, claim_enrolment};
use course_seats_application::use_cases::labs::create_lab;
use course_seats_application::use_cases::seats::{TransferError, transfer_seats};
use course_seats_domain::enrolment::ClaimRefusal;
use course_seats_domain::seat::TransferAmount;
use course_seats_sandbox::Operation;
use std::sync::Arc;

/// It writes, holds its locks until we wait for one of them, and commits.
async fn commits_while_we_wait(stage: &Stage, sql: &str, we_go_on: impl FnOnce()) {
    let other = stage.world.database.another_client().await;
    other.batch_execute(&format!("BEGIN; {sql}")).await.unwrap();
    we_go_on();
    let waiting = "pg_stat_activity WHERE datname = current_database() \
                   AND wait_event_type = 'Lock'";
    stage.until("we wait for its lock", || stage.world.count(waiting) > 0).await;
    other.batch_execute("COMMIT").await.unwrap();
}

/// While we settle, after our last call outside.
async fn while_we_settle(act: Act, last: (Operation, u32), deeds: &'static [Deed]) {
    together(deeds.iter().map(|deed| {
        move || async move {
            let _case = Case(format!("{act:?}: {deed:?} while we settle"));
            let stage = Stage::new(On::Postgres).await;
            let (ground, seat) = act.prepare(&stage).await;
            let sql = deed.prepared(&stage.world, ground).await;
            let gate = Gate::default();
            let (operation, after) = last;
            stage.wire.script(operation, after, 1, Turn::WaitsAfter(gate.clone()));
            let ours = beside(act.call(Arc::clone(&stage.world.app), ground, seat));
            stage.until("only the settle is left", || gate.is_reached()).await;
            commits_while_we_wait(&stage, &sql, || gate.open()).await;
            let answer = ours.await.unwrap();
            stage.world.settled().await;
            act.told_the_truth(&stage, &answer);
            ends_well(stage, ground, *deed).await;
        }
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_we_settle_an_assign() {
    const DEEDS: &[Deed] = &[
        Deed::TakesTheSeat,
        Deed::TakesTheStudentId,
        Deed::TakesTheProjectName,
        Deed::VoidsTheCourse,
        Deed::DeletesTheCourse,
    ];
    while_we_settle(Act::Assign, (Operation::Grant, 0), DEEDS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_we_settle_an_activation() {
    const DEEDS: &[Deed] = &[
        Deed::DropsTheEnrolment,
        Deed::ActivatesTheEnrolment,
        Deed::VoidsTheCourse,
        Deed::DeletesTheCourse,
    ];
    while_we_settle(Act::Activate, (Operation::Join, 1), DEEDS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_we_settle_a_drop() {
    const DEEDS: &[Deed] = &[
        Deed::DropsTheEnrolment,
        Deed::ActivatesTheEnrolment,
        Deed::VoidsTheCourse,
        Deed::DeletesTheCourse,
    ];
    while_we_settle(Act::Drop, (Operation::DepleteProject, 0), DEEDS).await;
}

/// Its drop is not undone by our mark.
#[tokio::test(flavor = "multi_thread")]
async fn while_we_mark_a_drop() {
    let stage = Stage::new(On::Postgres).await;
    let (ground, seat) = Act::Drop.prepare(&stage).await;
    let sql = Deed::DropsTheEnrolment.prepared(&stage.world, ground).await;
    let app = Arc::clone(&stage.world.app);
    let mut ours = None;
    let begin = || ours = Some(beside(Act::Drop.call(app, ground, seat)));
    commits_while_we_wait(&stage, &sql, begin).await;
    let answer = ours.unwrap().await.unwrap();
    stage.world.settled().await;
    Act::Drop.told_the_truth(&stage, &answer);
    ends_well(stage, ground, Deed::DropsTheEnrolment).await;
}

/// Who was faster has it.
#[tokio::test(flavor = "multi_thread")]
async fn while_we_claim() {
    let stage = Stage::new(On::Postgres).await;
    let ground = stage.world.ground(1).await;
    let enrolment = stage.world.assign(ground.course, 1).await[0].enrolment.unwrap();
    let sql = Deed::ClaimsTheEnrolment.prepared(&stage.world, ground).await;
    let app = Arc::clone(&stage.world.app);
    let mut ours = None;
    let begin = || {
        let claim = async move { claim_enrolment(&app, &pupil(1), enrolment, None).await };
        ours = Some(beside(claim));
    };
    commits_while_we_wait(&stage, &sql, begin).await;
    let answer = ours.unwrap().await.unwrap();
    let refused = matches!(answer, Err(ClaimError::Refused(ClaimRefusal::AlreadyClaimed)));
    assert!(refused, "{answer:?}");
    stage.ends_well().await;
}

/// A seat that is taken while we move it stays where its enrolment is.
#[tokio::test(flavor = "multi_thread")]
async fn while_we_transfer() {
    let stage = Stage::new(On::Postgres).await;
    let from = stage.world.ground(2).await;
    // Seats move from a course past its last drop date to one before it.
    stage.world.clock.advance(TimeDelta::days(11)).unwrap();
    let (app, owner) = (&stage.world.app, stage.world.owner());
    let lab = create_lab(app, &owner, profile("Neuro 102")).await.unwrap().id;
    let to = stage.world.course_on(lab, "Template").await.id;
    activate_course(app, ADMIN, to).await.unwrap();
    let sql = Deed::TakesTheSeat.prepared(&stage.world, from).await;
    let app = Arc::clone(app);
    let mut ours = None;
    let begin = || {
        let transfer =
            async move { transfer_seats(&app, ADMIN, from.course, to, TransferAmount::All).await };
        ours = Some(beside(transfer));
    };
    commits_while_we_wait(&stage, &sql, begin).await;
    let answer = ours.unwrap().await.unwrap();
    let refused = matches!(answer, Err(TransferError::Store(StoreError::Unavailable(_))));
    assert!(refused, "{answer:?}");
    let (source, target) = (stage.world.seats(from.course).await, stage.world.seats(to).await);
    assert_eq!((source.len(), target.len()), (2, 0));
    assert_eq!(source.iter().filter(|seat| seat.enrolment.is_some()).count(), 1);
    stage.ends_well().await;
}
