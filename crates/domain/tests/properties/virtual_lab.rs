use crate::builders::{at, id};
use course_seats_domain::group::{GroupId, GroupName, GroupRole};
use course_seats_domain::ids::{LabId, ProjectId, UserId};
use course_seats_domain::virtual_lab::{ComputeCell, LabProfile, VirtualLab};

fn lab() -> VirtualLab {
    VirtualLab {
        id: id::<LabId>(1),
        profile: LabProfile {
            name: "Neuro Course 2026".parse().unwrap(),
            description: String::new(),
            reference_email: None,
            email_verified: false,
            entity: "EPFL".to_owned(),
            compute_cell: ComputeCell::default(),
        },
        owner: id::<UserId>(2),
        admin_group: GroupId("admins".to_owned()),
        member_group: GroupId("members".to_owned()),
        created_at: at(0),
        updated_at: at(0),
    }
}

#[test]
fn a_course_lab_is_one_that_the_course_lab_owner_owns() {
    assert!(lab().is_course_lab(id(2)));
    assert!(!lab().is_course_lab(id(3)));
}

#[test]
fn each_role_has_its_group() {
    assert_eq!(lab().group(GroupRole::Admin).0, "admins");
    assert_eq!(lab().group(GroupRole::Member).0, "members");
}

/// Everything that is ours in the identity provider is found by its name alone.
#[test]
fn no_two_groups_share_a_name() {
    let names = GroupRole::ALL.into_iter().flat_map(|role| {
        [
            GroupName::of_lab(id(1), role),
            GroupName::of_lab(id(2), role),
            GroupName::of_project(id(1), id::<ProjectId>(2), role),
            GroupName::of_project(id(2), id::<ProjectId>(1), role),
        ]
    });
    let names: std::collections::BTreeSet<GroupName> = names.collect();
    assert_eq!(names.len(), 8);
    let ours =
        |name: &GroupName| GroupName::PREFIXES.iter().any(|it| name.as_str().starts_with(it));
    assert!(names.iter().all(ours));
    let project = GroupName::of_project(id(1), id(2), GroupRole::Member);
    assert_eq!(
        project.as_str(),
        "proj/00000000-0000-0000-0000-000000000001/00000000-0000-0000-0000-000000000002/member"
    );
    assert_eq!(project.path(), format!("/{}", project.as_str()));
}
