use super::outside::{Outside, empty_accounts, expected, is_live, student_projects};
use super::rows::Rows;
use super::{Finding, FindingKind, Place, Repair};
use crate::ports::store::{GivenUp, StrayReservation};
use course_seats_domain::group::{GroupId, GroupName, GroupOwner, GroupRole};
use course_seats_domain::ids::{LabId, ProjectId, UserId};
use std::collections::{HashMap, HashSet};

/// What does not fit. Nothing is said of what open sagas are at work on, nor of what could not be
/// read.
pub(super) fn find(rows: &Rows, outside: &Outside) -> Vec<Finding> {
    let mut found = Vec::new();
    found.extend(
        outside.groups.iter().filter_map(|(name, id)| without_row(rows, outside, name, id)),
    );
    found.extend(expected(rows).filter_map(|name| without_group(rows, outside, &name)));
    found.extend(lab_members(rows, outside));
    found.extend(project_members(rows, outside));
    found.extend(admins(rows, outside));
    found.extend(credits(rows, outside));
    found.extend(rows.stray.iter().map(reserved));
    found.extend(droppings(rows));
    found
}

/// A group whose lab or project is in no row, if that is ours: it is in a course lab, or the ledger
/// knows it. An identity provider is shared with others.
fn without_row(rows: &Rows, outside: &Outside, name: &GroupName, id: &GroupId) -> Option<Finding> {
    let (owner, _) = name.owner()?;
    let what = match owner {
        GroupOwner::Lab(lab) if rows.labs.contains_key(&lab) || rows.busy.lab(lab) => return None,
        GroupOwner::Lab(lab) if outside.ours.contains(&owner) => format!("there is no lab {lab}"),
        GroupOwner::Lab(_) => return None,
        GroupOwner::Project(lab, project) => {
            let ours = rows.labs.contains_key(&lab) || outside.ours.contains(&owner);
            if !ours || rows.busy.project(lab, project) {
                return None;
            }
            match rows.projects.get(&project) {
                Some(row) if row.lab == lab && !row.deleted => return None,
                Some(row) if row.lab == lab => format!("the project {project} is deleted"),
                _ => format!("the lab {lab} has no project {project}"),
            }
        }
    };
    let repair = Repair::DeleteGroup(id.clone());
    let detail = format!("Group {id}: {what}");
    Some(Finding::new(FindingKind::GroupWithoutRow, name.as_str(), detail, Some(repair)))
}

/// A lab or project whose group is not there, or has another id than the row has. A person decides:
/// who was in it, nobody knows.
fn without_group(rows: &Rows, outside: &Outside, name: &GroupName) -> Option<Finding> {
    let (owner, role) = name.owner()?;
    let row = match owner {
        GroupOwner::Lab(lab) if rows.busy.lab(lab) => return None,
        GroupOwner::Lab(lab) => rows.labs.get(&lab)?.group(role),
        GroupOwner::Project(lab, project) if rows.busy.project(lab, project) => return None,
        GroupOwner::Project(_, project) => rows.projects.get(&project)?.group(role),
    };
    let detail = match outside.groups.get(name) {
        Some(id) if id == row => return None,
        Some(id) => format!("The row has the group {row}, but the one of this name is {id}"),
        None if outside.missing.contains(name) => format!("There is no group {row}"),
        None => return None,
    };
    Some(Finding::new(FindingKind::RowWithoutGroup, name.as_str(), detail, None))
}

/// Who is in the labs' member groups, against rule 9 of the ledger: who holds a live activated
/// enrolment there, or has accepted an invite. Who accepted one and was taken out since, somebody
/// meant to be out.
fn lab_members(rows: &Rows, outside: &Outside) -> Vec<Finding> {
    let mut students: HashMap<LabId, HashSet<UserId>> = HashMap::new();
    for (lab, enrolment) in rows.enrolments.values() {
        students.entry(*lab).or_default().extend(enrolment.member());
    }
    let mut found = Vec::new();
    for lab in rows.labs.values() {
        let Some(members) = outside.members.get(&lab.member_group) else {
            continue;
        };
        let wanted = students.remove(&lab.id).unwrap_or_default();
        let belongs =
            |user: &UserId| wanted.contains(user) || rows.invited.contains(&(lab.id, *user));
        let busy = |user: &UserId| rows.busy.member(lab.id, *user);
        let name = GroupName::of_lab(lab.id, GroupRole::Member);
        let place = (&name, &lab.member_group, Place::Lab(lab.id));
        let missing = wanted.iter().filter(|user| !members.contains(user) && !busy(user));
        found.extend(missing.map(|user| missing_from(place, *user)));
        let too_many = members.iter().filter(|user| !belongs(user) && !busy(user));
        found.extend(too_many.map(|user| too_many_in(place, *user)));
    }
    found
}

/// Who is in the student projects' member groups: the holder of the live activated enrolment.
fn project_members(rows: &Rows, outside: &Outside) -> Vec<Finding> {
    let mut found = Vec::new();
    for project in student_projects(rows) {
        let members = outside.members.get(&project.member_group);
        let enrolment = rows.enrolments.get(&project.id).map(|(_, enrolment)| enrolment);
        let (Some(members), Some(enrolment)) = (members, enrolment) else {
            continue;
        };
        if rows.busy.project(project.lab, project.id) {
            continue;
        }
        let wanted = enrolment.member();
        let name = GroupName::of_project(project.lab, project.id, GroupRole::Member);
        let place = (&name, &project.member_group, Place::Project(project.id, enrolment.id));
        let missing = wanted.filter(|user| !members.contains(user));
        found.extend(missing.map(|user| missing_from(place, user)));
        let too_many = members.iter().filter(|user| Some(**user) != wanted);
        found.extend(too_many.map(|user| too_many_in(place, *user)));
    }
    found
}

type At<'a> = (&'a GroupName, &'a GroupId, Place);

fn missing_from((name, group, place): At<'_>, user: UserId) -> Finding {
    let detail = format!("User {user} is let in, but not in the group {group}");
    let repair = Repair::Join(user, group.clone(), place);
    let subject = format!("{} {user}", name.as_str());
    Finding::new(FindingKind::MemberMissing, subject, detail, Some(repair))
}

fn too_many_in((name, group, place): At<'_>, user: UserId) -> Finding {
    let detail = format!("User {user} is in the group {group}, and nothing says that he should be");
    let repair = Repair::Leave(user, group.clone(), place);
    let subject = format!("{} {user}", name.as_str());
    Finding::new(FindingKind::MemberTooMany, subject, detail, Some(repair))
}

/// Lab admins who are not in the admin groups of the live student projects, if they join them: who
/// came later.
fn admins(rows: &Rows, outside: &Outside) -> Vec<Finding> {
    let mut found = Vec::new();
    let live = student_projects(rows).filter(|project| is_live(rows, project.id));
    for project in live.filter(|_| rows.admins_join) {
        let lab = rows.labs.get(&project.lab);
        let admins = lab.and_then(|lab| outside.members.get(&lab.admin_group));
        let (Some(admins), Some(there)) = (admins, outside.members.get(&project.admin_group))
        else {
            continue;
        };
        if rows.busy.project(project.lab, project.id) {
            continue;
        }
        let name = GroupName::of_project(project.lab, project.id, GroupRole::Admin);
        found.extend(admins.difference(there).map(|user| {
            let (group, lab) = (&project.admin_group, project.lab);
            let detail =
                format!("User {user} is an admin of lab {lab}, but not in the group {group}");
            let repair = Repair::JoinAdmin(*user, group.clone(), lab);
            let subject = format!("{} {user}", name.as_str());
            Finding::new(FindingKind::AdminMissing, subject, detail, Some(repair))
        }));
    }
    found
}

/// Accounts that should hold nothing and hold something.
fn credits(rows: &Rows, outside: &Outside) -> Vec<Finding> {
    let mut found = Vec::new();
    for account in empty_accounts(rows) {
        let Some(balance) = outside.balances.get(&account).filter(|balance| !balance.is_zero())
        else {
            continue;
        };
        let told = match account {
            GivenUp::Lab(lab) => given_up_lab(rows, lab),
            GivenUp::Project(project) => empty_project(rows, project),
        };
        found.extend(told.map(|(subject, why)| {
            let detail = format!("The account holds {balance}, but {why}");
            let repair = Some(Repair::TakeCredits(account));
            Finding::new(FindingKind::CreditsLeft, subject, detail, repair)
        }));
    }
    found
}

/// The account, and why it should hold nothing; `None` if it may.
fn given_up_lab(rows: &Rows, lab: LabId) -> Option<(String, &'static str)> {
    let may = rows.labs.contains_key(&lab) || rows.busy.lab(lab);
    (!may).then(|| (format!("lab:{lab}"), "it was given up"))
}

fn empty_project(rows: &Rows, project: ProjectId) -> Option<(String, &'static str)> {
    let row = rows.projects.get(&project);
    if rows.busy.account(row.map(|row| row.lab), project) {
        return None;
    }
    let why = match (rows.enrolments.get(&project), row) {
        (Some((_, enrolment)), _) if enrolment.dropped => "its student was dropped",
        (None, Some(row)) if row.deleted => "the project is deleted",
        (None, None) => "it was given up",
        (Some(_), _) | (None, Some(_)) => return None,
    };
    Some((format!("project:{project}"), why))
}

/// What is reserved for a saga that is not open. What may be personal is not told.
fn reserved(stray: &StrayReservation) -> Finding {
    let StrayReservation { kind, key, saga, .. } = stray;
    let subject = match kind.as_str() {
        "student_id" | "email" | "project_name" | "lab_name" => format!("{kind} of saga {saga}"),
        _ => format!("{kind}:{key}"),
    };
    let detail = format!("Reserved for saga {saga}, which is not open");
    let repair = Some(Repair::Unreserve(stray.clone()));
    Finding::new(FindingKind::ReservationWithoutSaga, subject, detail, repair)
}

/// Enrolments that are marked as dropping and that no open saga drops. A person decides: what the
/// drop had noted is lost.
fn droppings(rows: &Rows) -> Vec<Finding> {
    let enrolments = rows.enrolments.values().map(|(_, enrolment)| enrolment);
    let marked = enrolments.filter(|one| one.dropping.is_some() && !one.dropped);
    let lost = marked.filter(|one| !rows.being_dropped.contains(&one.id));
    lost.map(|one| {
        let (id, project, course) = (one.id, one.project, one.course);
        let detail = format!("Project {project} of course {course}: no open saga drops it");
        Finding::new(FindingKind::DroppingWithoutSaga, format!("enrolment:{id}"), detail, None)
    })
    .collect()
}
