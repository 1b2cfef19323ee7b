//! It writes between two of our calls.

use super::hand::Deed;
use super::{Act, ends_well};
use crate::database::{On, on_each_database};
use crate::together::{Case, together};
use crate::traces::{Stage, beside};
use crate::wire::{Gate, Turn};
use course_seats_sandbox::Operation;
use std::sync::Arc;

on_each_database! { an_assign, an_activation, a_drop, }

async fn an_assign(on: On) {
    let deeds = [
        Deed::TakesTheSeat,
        Deed::TakesTheStudentId,
        Deed::TakesTheEmail,
        Deed::TakesTheProjectName,
        Deed::VoidsTheCourse,
        Deed::DeletesTheCourse,
        Deed::DeletesTheLab,
    ];
    at_each_call(on, Act::Assign, &deeds).await;
}

async fn an_activation(on: On) {
    let deeds = [
        Deed::DropsTheEnrolment,
        Deed::ActivatesTheEnrolment,
        Deed::VoidsTheCourse,
        Deed::DeletesTheCourse,
        Deed::DeletesTheLab,
    ];
    at_each_call(on, Act::Activate, &deeds).await;
}

async fn a_drop(on: On) {
    let deeds = [
        Deed::DropsTheEnrolment,
        Deed::ActivatesTheEnrolment,
        Deed::VoidsTheCourse,
        Deed::DeletesTheCourse,
        Deed::DeletesTheLab,
    ];
    at_each_call(on, Act::Drop, &deeds).await;
}

/// The calls that it makes when nobody interferes.
async fn calls(on: On, act: Act) -> Vec<Operation> {
    let stage = Stage::new(on).await;
    let (ground, seat) = act.prepare(&stage).await;
    let before = stage.wire.seen().len();
    act.call(Arc::clone(&stage.world.app), ground, seat).await;
    let seen = stage.wire.seen();
    stage.ends_well().await;
    seen[before..].to_vec()
}

async fn at_each_call(on: On, act: Act, deeds: &[Deed]) {
    let calls = calls(on, act).await;
    let mut cases = Vec::new();
    for (place, operation) in calls.iter().enumerate() {
        let after = calls[..place].iter().filter(|made| *made == operation).count();
        let after = u32::try_from(after).unwrap();
        // After a call is before the next one, but for the last.
        let last = place + 1 == calls.len();
        for deed in deeds {
            cases.push((*operation, after, *deed, true));
            if last {
                cases.push((*operation, after, *deed, false));
            }
        }
    }
    println!("{act:?} on {on:?}: {} calls, {} cases", calls.len(), cases.len());
    together(cases.into_iter().map(|(operation, after, deed, before)| {
        move || async move {
            let when = if before { "before" } else { "after" };
            let _case =
                Case(format!("{act:?} on {on:?}: {deed:?} {when} {operation:?} number {after}"));
            let stage = Stage::new(on).await;
            let (ground, seat) = act.prepare(&stage).await;
            let gate = Gate::default();
            let turn =
                if before { Turn::Waits(gate.clone()) } else { Turn::WaitsAfter(gate.clone()) };
            stage.wire.script(operation, after, 1, turn);
            let ours = beside(act.call(Arc::clone(&stage.world.app), ground, seat));
            stage.until("it is there", || gate.is_reached()).await;
            stage.sql(&deed.prepared(&stage.world, ground).await);
            gate.open();
            let answer = ours.await.unwrap();
            stage.world.settled().await;
            act.told_the_truth(&stage, &answer);
            ends_well(stage, ground, deed).await;
        }
    }))
    .await;
}
