//! The control endpoints, under `/_control`: for tests, and for whoever plays with it.

use crate::amount::Amount;
use crate::answer::Answer;
use crate::books::MovementKind;
use crate::call::json;
use crate::fault::Fault;
use crate::rules;
use crate::world::World;
use serde::Deserialize;
use serde_json::json;
use std::time::Duration;
use uuid::Uuid;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Job {
    proj_id: Uuid,
    amount: Amount,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    latency_ms: Option<u64>,
    commit_delay_ms: Option<u64>,
}

/// Answers a path below `/_control`.
pub(crate) fn answer(world: &World, method: &str, path: &str, body: &[u8]) -> Answer {
    decided(world, method, path, body).unwrap_or_else(|refused| refused)
}

fn decided(world: &World, method: &str, path: &str, body: &[u8]) -> Result<Answer, Answer> {
    match (method, path) {
        ("GET", "/accounts") => return Ok(Answer::plain(rules::report(&world.ledger))),
        ("GET", "/calls") => {
            let (calls, connections) = world.counts();
            return Ok(Answer::plain(json!({ "calls": calls, "connections": connections })));
        }
        ("POST", "/faults") => {
            let fault: Fault = json(body)?;
            world.inject(fault).map_err(Answer::invalid)?;
        }
        ("DELETE", "/faults") => world.clear_faults(),
        ("GET", "/faults") => {}
        ("GET", "/settings") => return Ok(settings(world)),
        ("POST", "/settings") => {
            let wanted: Settings = json(body)?;
            if let Some(millis) = wanted.latency_ms {
                world.set_latency(Duration::from_millis(millis));
            }
            if let Some(millis) = wanted.commit_delay_ms {
                world.ledger.set_commit_delay(Duration::from_millis(millis));
            }
            return Ok(settings(world));
        }
        ("POST", "/spend") => return job(world, MovementKind::Spend, body),
        ("POST", "/reserve") => return job(world, MovementKind::Reserve, body),
        ("POST", "/release") => return job(world, MovementKind::Release, body),
        _ => return Err(Answer::refused(404, "NOT_FOUND", "No such path")),
    }
    Ok(Answer::plain(json!({ "faults": world.faults() })))
}

fn job(world: &World, kind: MovementKind, body: &[u8]) -> Result<Answer, Answer> {
    let job: Job = json(body)?;
    Ok(rules::job(&world.ledger, kind, job.proj_id, job.amount))
}

fn settings(world: &World) -> Answer {
    let millis = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    Answer::plain(json!({
        "latency_ms": millis(world.latency()),
        "commit_delay_ms": millis(world.ledger.commit_delay()),
    }))
}
