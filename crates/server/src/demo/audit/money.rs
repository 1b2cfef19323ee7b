use super::Seen;
use crate::demo::answers::{Account, Accounts};
use rust_decimal::Decimal;
use std::collections::HashSet;
use uuid::Uuid;

/// Credits, held against the rows.
pub fn findings(seen: &Seen, accounts: &Accounts) -> Vec<String> {
    let mut findings = Vec::new();
    let watched = &seen.watched;
    let credits = Decimal::from(watched.credits);
    let ours = accounts.projects.iter().filter(|account| account.lab_id == Some(watched.lab));
    let live: HashSet<Uuid> = seen.live().map(|enrolment| enrolment.project_id).collect();
    let mut found: HashSet<Uuid> = HashSet::new();
    for account in ours {
        let id = account.id;
        found.insert(id);
        let grants: Vec<Decimal> = accounts.grants(id).map(|grant| grant.amount).collect();
        if grants.len() > 1 || grants.iter().any(|amount| *amount != credits) {
            findings.push(format!("project {id} was granted {grants:?}, not {credits} once"));
        }
        let left = credits - accounts.spent(id);
        let expected = match live.contains(&id) || (id == watched.template && !watched.closed) {
            true => left,
            false => Decimal::ZERO,
        };
        if holds(account) != expected {
            findings.push(format!("project {id} holds {}, not {expected}", holds(account)));
        }
    }
    let gone = seen.enrolments.iter().chain(&watched.former);
    let projects = gone.map(|enrolment| enrolment.project_id).chain([watched.template]);
    let lost = projects.filter(|project| !found.contains(project));
    findings.extend(lost.map(|project| format!("project {project} has no account")));
    match accounts.lab(watched.lab) {
        Some(lab) if holds(lab).is_zero() => {}
        Some(lab) => findings.push(format!("lab {} holds {}", lab.id, holds(lab))),
        None => findings.push(format!("lab {} has no account", watched.lab)),
    }
    findings
}

fn holds(account: &Account) -> Decimal {
    account.balance + account.reservation
}
