use super::rows::Rows;
use super::{DriftError, Groups};
use crate::app::App;
use crate::ports::PortError;
use crate::ports::store::GivenUp;
use course_seats_domain::group::{GroupId, GroupName, GroupOwner, GroupRole};
use course_seats_domain::ids::{ProjectId, UserId};
use course_seats_domain::project::Project;
use course_seats_domain::values::Credits;
use futures::{StreamExt, stream};
use std::collections::{HashMap, HashSet};

/// How often one call is made that does not come through.
const TRIES: u32 = 3;

/// What the systems outside say. What could not be read is missing: nothing is said about it.
#[derive(Debug, Default)]
pub(super) struct Outside {
    /// The groups that have our kind of name.
    pub(super) groups: Groups,
    /// Of the groups outside course labs, whose owners were ours and are in no row.
    pub(super) ours: HashSet<GroupOwner>,
    /// Groups of the rows that surely are not there.
    pub(super) missing: HashSet<GroupName>,
    /// Who is in the groups that count.
    pub(super) members: HashMap<GroupId, HashSet<UserId>>,
    /// What the accounts hold that should hold nothing.
    pub(super) balances: HashMap<GivenUp, Credits>,
    /// How much could not be read.
    pub(super) unread: u64,
}

impl Outside {
    /// All groups that have our kind of name.
    pub(super) async fn groups(app: &App) -> Result<Groups, PortError> {
        let mut groups = Groups::new();
        for prefix in GroupName::PREFIXES {
            let listed = again(app, || app.ports.identity.groups(prefix)).await?;
            groups.extend(listed.into_iter().map(|(id, name)| (name, id)));
        }
        Ok(groups)
    }

    /// The rest, some calls at once.
    pub(super) async fn read(
        app: &App,
        rows: &Rows,
        groups: Groups,
        ours: HashSet<GroupOwner>,
    ) -> Result<Self, DriftError> {
        let mut outside = Self { groups, ours, ..Self::default() };
        let unlisted = expected(rows).filter(|name| !outside.groups.contains_key(name));
        let unlisted: Vec<GroupName> = unlisted.collect();
        // A listing in pages may have passed one over.
        let found = each(app, unlisted, |name| async move {
            again(app, || app.ports.identity.find_group(&name)).await.map(|id| (name.clone(), id))
        });
        for (name, id) in outside.keep(found.await) {
            match id {
                Some(id) => drop(outside.groups.insert(name, id)),
                None => drop(outside.missing.insert(name)),
            }
        }
        let wanted: Vec<GroupId> = read_members_of(rows).into_iter().collect();
        let members = each(app, wanted, |group| async move {
            let members = again(app, || app.ports.identity.members(&group)).await;
            match members {
                // That it is not there is told already.
                Err(PortError::NotFound) => Ok(None),
                members => members.map(|members| Some((group.clone(), members))),
            }
        });
        for (group, members) in outside.keep(members.await).into_iter().flatten() {
            outside.members.insert(group, members.into_iter().collect());
        }
        let accounts: Vec<GivenUp> = empty_accounts(rows);
        let balances = each(app, accounts, |account| async move {
            let balance = again(app, || balance(app, account)).await;
            match balance {
                Err(PortError::NotFound) => Ok(None),
                balance => balance.map(|balance| Some((account, balance))),
            }
        });
        for (account, balance) in outside.keep(balances.await).into_iter().flatten() {
            outside.balances.insert(account, balance);
        }
        Ok(outside)
    }

    /// What was read; what was not is counted.
    fn keep<T>(&mut self, read: Vec<Result<T, PortError>>) -> Vec<T> {
        let mut kept = Vec::with_capacity(read.len());
        for one in read {
            match one {
                Ok(one) => kept.push(one),
                Err(error) => {
                    tracing::warn!(%error, "drift: something outside could not be read");
                    self.unread += 1;
                }
            }
        }
        kept
    }
}

/// The groups that the rows have.
pub(super) fn expected(rows: &Rows) -> impl Iterator<Item = GroupName> {
    let labs = rows.labs.keys().map(|lab| GroupOwner::Lab(*lab));
    let projects = rows.projects.values().filter(|project| !project.deleted);
    let projects = projects.map(|project| GroupOwner::Project(project.lab, project.id));
    let both = |owner| GroupRole::ALL.map(|role| GroupName::of(owner, role));
    labs.chain(projects).flat_map(both)
}

/// The student projects that are not deleted.
pub(super) fn student_projects(rows: &Rows) -> impl Iterator<Item = &Project> {
    let ids = rows.enrolments.keys();
    ids.filter_map(|id| rows.projects.get(id)).filter(|project| !project.deleted)
}

/// The groups whose members count: of labs and of student projects. Who is in others is not for
/// us to say.
fn read_members_of(rows: &Rows) -> HashSet<GroupId> {
    let labs = rows.labs.values();
    let mut groups: HashSet<GroupId> =
        labs.flat_map(|lab| [lab.admin_group.clone(), lab.member_group.clone()]).collect();
    for project in student_projects(rows) {
        groups.insert(project.member_group.clone());
        if rows.admins_join && is_live(rows, project.id) {
            groups.insert(project.admin_group.clone());
        }
    }
    groups
}

pub(super) fn is_live(rows: &Rows, project: ProjectId) -> bool {
    rows.enrolments.get(&project).is_some_and(|(_, enrolment)| enrolment.is_live())
}

/// The accounts that should hold nothing: of dropped enrolments, deleted projects, and given-up
/// ones.
pub(super) fn empty_accounts(rows: &Rows) -> Vec<GivenUp> {
    let dropped = rows.enrolments.values().filter(|(_, enrolment)| enrolment.dropped);
    let deleted = rows.projects.values().filter(|project| project.deleted);
    let projects = dropped.map(|(_, enrolment)| enrolment.project).chain(deleted.map(|one| one.id));
    let mut accounts: Vec<GivenUp> =
        projects.map(GivenUp::Project).chain(rows.given_up.iter().copied()).collect();
    accounts.sort();
    accounts.dedup();
    accounts
}

async fn balance(app: &App, account: GivenUp) -> Result<Credits, PortError> {
    match account {
        GivenUp::Lab(lab) => app.ports.accounting.lab_balance(lab).await,
        GivenUp::Project(project) => app.ports.accounting.project_balance(project).await,
    }
}

/// Some calls at once: as many as one request may make.
async fn each<I, T, F: Future<Output = T>>(
    app: &App,
    items: Vec<I>,
    call: impl Fn(I) -> F,
) -> Vec<T> {
    let at_once = app.settings.batch_concurrency;
    stream::iter(items).map(call).buffer_unordered(at_once).collect().await
}

/// A call that only looks, again if it did not come through.
async fn again<T, F: Future<Output = Result<T, PortError>>>(
    app: &App,
    call: impl Fn() -> F,
) -> Result<T, PortError> {
    let mut tries = 0;
    loop {
        match call().await {
            Err(PortError::Unavailable(_) | PortError::Unknown(_)) if tries + 1 < TRIES => {
                app.rest(app.backoff(tries)).await;
                tries += 1;
            }
            answer => return answer,
        }
    }
}
