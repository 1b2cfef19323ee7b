use super::Seen;
use crate::demo::answers::{Enrolment, Seat};
use std::collections::HashMap;
use uuid::Uuid;

/// Seats and enrolments, held against each other.
pub fn findings(seen: &Seen) -> Vec<String> {
    let mut findings = Vec::new();
    let enrolments: HashMap<Uuid, &Enrolment> =
        seen.enrolments.iter().map(|enrolment| (enrolment.id, enrolment)).collect();
    let mut sits: HashMap<Uuid, Uuid> = HashMap::new();
    for seat in &seen.seats {
        let on_it = seat.enrolment_id.and_then(|id| enrolments.get(&id).copied());
        if let Some(why) = misfit(seat, on_it) {
            findings.push(format!("seat {} is {}: {why}", seat.id, seat.state));
        }
        if let Some(enrolment) = seat.enrolment_id
            && let Some(other) = sits.insert(enrolment, seat.id)
        {
            findings.push(format!("enrolment {enrolment} has two seats: {other} and {}", seat.id));
        }
    }
    for enrolment in seen.live() {
        if !sits.contains_key(&enrolment.id) {
            findings.push(format!("enrolment {} is live and has no seat", enrolment.id));
        }
    }
    for enrolment in &seen.enrolments {
        if enrolment.state == "dropping" {
            findings.push(format!("enrolment {} is being dropped for ever", enrolment.id));
        }
    }
    findings
}

fn misfit(seat: &Seat, on_it: Option<&Enrolment>) -> Option<&'static str> {
    let live = on_it.map(|enrolment| !enrolment.is_dropped);
    match (seat.state.as_str(), live) {
        ("free", None) if !seat.is_consumed && seat.enrolment_id.is_none() => None,
        ("free", _) => Some("it is used up, or somebody sits on it"),
        ("assigned", Some(true)) if !seat.is_consumed => None,
        ("assigned", _) => Some("nobody who is enrolled sits on it"),
        ("consumed", Some(true)) => Some("somebody sits on it"),
        ("consumed", _) if seat.is_consumed => None,
        ("reserved" | "dropping", _) => Some("it is stuck"),
        _ => Some("it should not be"),
    }
}
