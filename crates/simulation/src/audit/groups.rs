use super::Audit;
use course_seats_domain::group::{GroupName, GroupRole};
use course_seats_domain::ids::{LabId, ProjectId, UserId};
use course_seats_domain::plans::CourseStep;
use course_seats_domain::saga::Status;
use std::collections::{BTreeMap, BTreeSet};

/// Who belongs in a group, and what is known about the group.
struct Wanted {
    id: String,
    members: BTreeSet<UserId>,
    kind: Kind,
}

#[derive(Clone, Copy)]
enum Kind {
    LabAdmins,
    LabMembers(LabId),
    ProjectAdmins(ProjectId),
    ProjectMembers(ProjectId),
}

impl Audit<'_> {
    /// Exactly the groups that the rows call for, with exactly the members that they call for.
    pub(super) fn groups(&mut self) {
        let wanted = self.wanted();
        let mut found = Vec::new();
        for (name, wanted) in &wanted {
            match self.directory.groups.get(&wanted.id) {
                // Both services deleted the course: ours the groups, the other one the rows.
                None if self.is_left(wanted.kind) => {}
                None => found.push(format!("group {name} is missing")),
                Some(group) if group.name != *name => {
                    found.push(format!("group {name} is called {}", group.name));
                }
                Some(group) if !self.is_right(wanted, &group.members) => found.push(format!(
                    "group {name} holds {:?}, not {:?}",
                    spoken(&group.members),
                    spoken(&wanted.members)
                )),
                Some(_) => {}
            }
        }
        for group in self.directory.groups.values() {
            if !wanted.contains_key(&group.name) {
                found.push(format!("group {} is an orphan", group.name));
            }
        }
        self.findings.append(&mut found);
    }

    fn is_right(&self, wanted: &Wanted, members: &BTreeSet<UserId>) -> bool {
        match wanted.kind {
            Kind::LabAdmins => *members == wanted.members,
            // Those whom the other service left there are its own affair.
            Kind::LabMembers(lab) => {
                let odd = members.symmetric_difference(&wanted.members);
                let mut odd = odd.filter(|user| !self.left.members.contains(&(lab, **user)));
                odd.next().is_none()
            }
            Kind::ProjectMembers(project) => {
                self.left.projects.contains(&project) || *members == wanted.members
            }
            // An admin who came later is for the drift report, and so is one who was in the lab's
            // group for a while because his acceptance was under way.
            Kind::ProjectAdmins(_) => {
                let mut more = members.difference(&wanted.members);
                !members.is_empty() && more.all(|user| self.was_on_his_way(*user))
            }
        }
    }

    fn is_left(&self, kind: Kind) -> bool {
        match kind {
            Kind::ProjectAdmins(project) | Kind::ProjectMembers(project) => {
                self.left.projects.contains(&project)
            }
            Kind::LabAdmins | Kind::LabMembers(_) => false,
        }
    }

    /// Whether an acceptance that would have made him an admin was undone.
    fn was_on_his_way(&self, user: UserId) -> bool {
        self.tables.sagas.values().any(|row| {
            row.status == Status::Undone
                && row.plan.steps.iter().any(|planned| match &planned.step {
                    CourseStep::SettleInvite(it) => it.user == user && it.role == GroupRole::Admin,
                    _ => false,
                })
        })
    }

    fn wanted(&self) -> BTreeMap<String, Wanted> {
        let mut wanted = BTreeMap::new();
        for lab in self.tables.labs.values() {
            let accepted = |role: GroupRole| {
                let invites = self.tables.invites.values();
                invites
                    .filter(move |it| it.lab == lab.id && it.accepted && it.role == role)
                    .filter_map(|it| it.user)
            };
            let live = self.tables.enrolments.values().filter(|row| {
                self.tables.courses.get(&row.course).is_some_and(|it| it.lab == lab.id)
            });
            let members: BTreeSet<UserId> =
                live.filter_map(|row| row.member()).chain(accepted(GroupRole::Member)).collect();
            let admins: BTreeSet<UserId> = accepted(GroupRole::Admin).chain([lab.owner]).collect();
            let mut put = |name: GroupName, id: &str, members, kind| {
                let id = id.to_owned();
                wanted.insert(name.as_str().to_owned(), Wanted { id, members, kind });
            };
            let name = |role| GroupName::of_lab(lab.id, role);
            let of_lab = Kind::LabMembers(lab.id);
            put(name(GroupRole::Admin), &lab.admin_group.0, admins.clone(), Kind::LabAdmins);
            put(name(GroupRole::Member), &lab.member_group.0, members, of_lab);
            let projects = self.tables.projects.values();
            for project in projects.filter(|row| row.lab == lab.id && !row.deleted) {
                let enrolments = self.tables.enrolments.values();
                let members = enrolments
                    .filter(|row| row.project == project.id)
                    .filter_map(|row| row.member())
                    .collect();
                let name = |role| GroupName::of_project(lab.id, project.id, role);
                let (admin, member) = (&project.admin_group.0, &project.member_group.0);
                let kind = Kind::ProjectAdmins(project.id);
                put(name(GroupRole::Admin), admin, admins.clone(), kind);
                let kind = Kind::ProjectMembers(project.id);
                put(name(GroupRole::Member), member, members, kind);
            }
        }
        wanted
    }
}

fn spoken(users: &BTreeSet<UserId>) -> Vec<String> {
    users.iter().map(ToString::to_string).collect()
}
