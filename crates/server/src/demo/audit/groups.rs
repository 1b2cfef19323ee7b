use super::Seen;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use uuid::Uuid;

type Groups = BTreeMap<String, BTreeSet<Uuid>>;

/// Groups and members, held against the rows.
pub fn findings(seen: &Seen, groups: &Groups) -> Vec<String> {
    let mut findings = Vec::new();
    let lab = seen.watched.lab;
    let name = |project: Uuid, role: &str| format!("proj/{lab}/{project}/{role}");
    let lab_admins = groups.get(&format!("vlab/{lab}/admin"));
    if lab_admins.is_none_or(BTreeSet::is_empty) {
        findings.push(format!("lab {lab} has no admin"));
    }
    for enrolment in &seen.enrolments {
        let project = enrolment.project_id;
        if groups.get(&name(project, "admin")) != lab_admins {
            findings.push(format!("the admins of project {project} are not those of its lab"));
        }
        let is_in = !enrolment.is_dropped && enrolment.activated_at.is_some();
        let belongs: BTreeSet<Uuid> = enrolment.claimed_by.filter(|_| is_in).into_iter().collect();
        let members = groups.get(&name(project, "member"));
        if members != Some(&belongs) {
            findings.push(format!(
                "project {project} ({}) should have the members {belongs:?}, not {members:?}",
                enrolment.state,
            ));
        }
    }
    let activated = seen.live().filter(|enrolment| enrolment.activated_at.is_some());
    let belong: BTreeSet<Uuid> = activated.filter_map(|enrolment| enrolment.claimed_by).collect();
    let members = groups.get(&format!("vlab/{lab}/member"));
    if members != Some(&belong) {
        findings.push(format!("lab {lab} should have the members {belong:?}, not {members:?}"));
    }
    findings.extend(orphans(seen, groups));
    findings
}

/// Groups of projects that no row names, and a template that lost its own.
fn orphans(seen: &Seen, groups: &Groups) -> Vec<String> {
    let (lab, template) = (seen.watched.lab, seen.watched.template);
    let mut known: HashSet<Uuid> =
        seen.enrolments.iter().map(|enrolment| enrolment.project_id).collect();
    known.insert(template);
    let prefix = format!("proj/{lab}/");
    let ours = groups.keys().filter_map(|name| Some((name, name.strip_prefix(&prefix)?)));
    let orphans = ours.filter(|(_, rest)| {
        let project = rest.split('/').next().and_then(|id| id.parse().ok());
        project.is_none_or(|project: Uuid| !known.contains(&project))
    });
    let mut findings: Vec<String> =
        orphans.map(|(name, _)| format!("group {name} belongs to nothing")).collect();
    for role in ["admin", "member"] {
        let name = format!("{prefix}{template}/{role}");
        if !groups.contains_key(&name) {
            findings.push(format!("group {name} is gone"));
        }
    }
    findings
}
