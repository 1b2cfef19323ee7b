//! The control endpoints of its own, under `/_control`.

use crate::amount::Amount;
use crate::books::MovementKind;
use crate::call::json;
use crate::ledger::Ledger;
use crate::rules;
use serde::Deserialize;
use stand_in_kit::{Answer, Request};
use uuid::Uuid;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Job {
    proj_id: Uuid,
    amount: Amount,
}

/// Answers a path below `/_control`, if it is one of these.
pub(crate) fn answer(ledger: &Ledger, path: &str, request: &Request) -> Option<Answer> {
    match (request.method.as_str(), path) {
        ("GET", "/accounts") => Some(Answer::json(200, rules::report(ledger))),
        ("POST", "/spend") => Some(job(ledger, MovementKind::Spend, request)),
        ("POST", "/reserve") => Some(job(ledger, MovementKind::Reserve, request)),
        ("POST", "/release") => Some(job(ledger, MovementKind::Release, request)),
        _ => None,
    }
}

fn job(ledger: &Ledger, kind: MovementKind, request: &Request) -> Answer {
    match json::<Job>(request) {
        Ok(job) => rules::job(ledger, kind, job.proj_id, job.amount),
        Err(refused) => refused,
    }
}
