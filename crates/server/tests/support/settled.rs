//! Everything that there is in the realm and in the books, held against the ledger: also what belongs
//! to no course that is watched.

use crate::audit::settled;
use course_seats::demo::answers::{Accounts, Course, Saga, Sagas};
use course_seats::demo::api::{LAB_OWNER, SERVICE_ADMIN};
use course_seats::demo::{Client, Seen, Watched, Wrong, until};
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use uuid::Uuid;

/// How long it may take until a late look has put right what landed late.
const LOOK_LIMIT: Duration = Duration::from_secs(15);

/// What a seat grants, and a template gets.
const CREDITS: u32 = 200;

/// Waits until nothing is open, and demands that what is watched adds up, and that of no other lab or
/// project a part is there, or credits.
pub async fn settled_all(client: &Client, watched: &[Watched]) -> Seen<()> {
    settled(client, watched).await?;
    let good = |seen: &Everything| match seen.findings(watched).as_slice() {
        [] => Ok(()),
        findings => Err(Wrong::new("nothing in part", findings.join("; "))),
    };
    until(LOOK_LIMIT, || Everything::take(client), good).await.map(drop)
}

/// All sagas of a kind.
pub async fn sagas_of(client: &Client, kind: &str) -> Seen<Vec<Saga>> {
    let path = format!("/operator/sagas?kind={kind}&page_size=1000");
    Ok(client.get::<Sagas>(SERVICE_ADMIN, &path).await?.data)
}

/// What was seen.
pub struct Everything {
    /// Group name → user names.
    groups: BTreeMap<String, BTreeSet<String>>,
    accounts: Accounts,
    /// Of completed sagas.
    labs: BTreeSet<Uuid>,
    /// Of completed sagas.
    projects: BTreeSet<Uuid>,
    /// Templates that have the credits of a course which is not voided.
    funded: BTreeSet<Uuid>,
    /// Templates of which nobody can tell, which an operator was told.
    pub undecided: BTreeSet<Uuid>,
}

impl Everything {
    pub async fn take(client: &Client) -> Seen<Self> {
        let (mut funded, mut undecided) = (BTreeSet::new(), BTreeSet::new());
        for saga in sagas_of(client, "fund_template").await? {
            let reply = client.course(object(&saga)?).await?;
            // Of a course that is deleted nothing may be left.
            if reply.status == 404 {
                continue;
            }
            let course: Course = reply.data()?;
            if saga.needs_attention {
                undecided.insert(course.template_project_id);
            } else if saga.status == "completed" && course.status != "voided" {
                funded.insert(course.template_project_id);
            }
        }
        let made = async |kind: &str| {
            let sagas = sagas_of(client, kind).await?;
            let completed = sagas.iter().filter(|saga| saga.status == "completed");
            completed.map(object).collect::<Seen<BTreeSet<Uuid>>>()
        };
        let (labs, projects) = (made("create_lab").await?, made("create_project").await?);
        let groups = client.groups().await?.groups.into_iter().map(|group| {
            let names = group.members.into_iter().map(|who| who.username.unwrap_or_default());
            (group.name, names.collect())
        });
        let groups = groups.collect();
        let accounts = client.accounts().await?;
        Ok(Self { groups, accounts, labs, projects, funded, undecided })
    }

    /// All that is there in part, or too much. Students, and whoever else is in what they have, are
    /// the matter of the audit of their course.
    pub fn findings(&self, watched: &[Watched]) -> Vec<String> {
        let taught: BTreeSet<Uuid> = watched.iter().map(|watched| watched.lab).collect();
        let mut findings = self.groups_too_many(&taught);
        findings.extend(self.groups_missing());
        findings.extend(self.credits(&taught));
        findings
    }

    /// Groups of what was never made, and members who were let into nothing.
    fn groups_too_many(&self, taught: &BTreeSet<Uuid>) -> Vec<String> {
        let mut findings = Vec::new();
        let is = |ids: &BTreeSet<Uuid>, id: &str| id.parse().is_ok_and(|id| ids.contains(&id));
        for (name, members) in &self.groups {
            let parts: Vec<&str> = name.split('/').collect();
            let (made, role, lab) = match parts.as_slice() {
                ["vlab", lab, role] => (is(&self.labs, lab), *role, *lab),
                ["proj", lab, ..] if is(taught, lab) => continue,
                ["proj", lab, project, role] => (is(&self.projects, project), *role, *lab),
                // Not the service's own.
                _ => continue,
            };
            if !made {
                findings.push(format!("group {name} belongs to nothing"));
            }
            if role == "admin" && !members.contains(LAB_OWNER) {
                findings.push(format!("the owner is not in {name}"));
            }
            if role == "member" && !members.is_empty() && !is(taught, lab) {
                findings.push(format!("{members:?} should not be in {name}"));
            }
        }
        findings
    }

    fn groups_missing(&self) -> Vec<String> {
        let there = |kind: &str, id: &Uuid, role: &str| {
            let (start, end) = (format!("{kind}/"), format!("{id}/{role}"));
            self.groups.keys().any(|name| name.starts_with(&start) && name.ends_with(&end))
        };
        let labs = self.labs.iter().map(|lab| ("vlab", lab));
        let all = labs.chain(self.projects.iter().map(|project| ("proj", project)));
        let wanted = all.flat_map(|(kind, id)| ["admin", "member"].map(|role| (kind, id, role)));
        let missing = wanted.filter(|(kind, id, role)| !there(kind, id, role));
        missing.map(|(kind, id, role)| format!("{kind} {id} has no group of its {role}s")).collect()
    }

    /// Accounts that are missing, and credits that are where they should not be.
    fn credits(&self, taught: &BTreeSet<Uuid>) -> Vec<String> {
        let mut findings = Vec::new();
        let no_lab = self.labs.iter().filter(|id| self.accounts.lab(**id).is_none());
        findings.extend(no_lab.map(|id| format!("lab {id} has no account")));
        let no_project = self.projects.iter().filter(|id| self.accounts.project(**id).is_none());
        findings.extend(no_project.map(|id| format!("project {id} has no account")));
        for lab in self.accounts.labs.iter().filter(|lab| !lab.balance.is_zero()) {
            findings.push(format!("lab {} holds {}", lab.id, lab.balance));
        }
        for account in &self.accounts.projects {
            let id = account.id;
            let is_taught = account.lab_id.is_some_and(|lab| taught.contains(&lab));
            if is_taught || self.undecided.contains(&id) {
                continue;
            }
            let grants = self.accounts.grants(id).count();
            let credits = if self.funded.contains(&id) { CREDITS.into() } else { Decimal::ZERO };
            if grants > 1 || account.balance + account.reservation != credits {
                let holds = account.balance + account.reservation;
                findings
                    .push(format!("project {id} holds {holds} of {grants} grants, not {credits}"));
            }
        }
        findings
    }
}

/// What a saga is about.
pub fn object(saga: &Saga) -> Seen<Uuid> {
    let found = saga.subject.split(':').next_back().and_then(|id| id.parse().ok());
    found.ok_or_else(|| Wrong::new("a saga about something", format!("{saga:?}")))
}
