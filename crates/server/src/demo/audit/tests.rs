//! The audit must find what is wrong: each defect is planted in a world that adds up.

use super::{Mails, Seen, Snapshot, Watched};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

const fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

const LAB: Uuid = id(1);
const TEMPLATE: Uuid = id(2);
const COURSE: Uuid = id(3);
const ADMIN: Uuid = id(4);
/// Of the one student who is in: enrolment, project, seat, user.
const IN: [Uuid; 4] = [id(10), id(11), id(12), id(13)];
/// Of the one who was dropped too late.
const OUT: [Uuid; 4] = [id(20), id(21), id(22), id(23)];
const FREE_SEAT: Uuid = id(30);

/// A course with one student in it, one dropped, and a free seat.
fn world() -> Snapshot {
    let seat = |seat: Uuid, state: &str, enrolment: Option<Uuid>| {
        json!({
            "id": seat, "course_id": COURSE, "is_consumed": state == "consumed",
            "previously_dropped": false, "enrolment_id": enrolment, "credit_value": 200,
            "state": state,
        })
    };
    let enrolment = |[id, project, _, user]: [Uuid; 4], dropped: bool, state: &str| {
        json!({
            "id": id, "project_id": project, "contact_email": format!("{user}@u.example"),
            "student_id": "S", "claimed_by": user, "activated_at": "2026-01-01T00:00:00Z",
            "is_dropped": dropped, "state": state, "seat": null,
        })
    };
    let account = |id: Uuid, balance: &str| json!({"id": id, "lab_id": LAB, "balance": balance});
    let moved = |from: &str, to: String, amount: &str, kind: &str| json!({"from": from, "to": to, "amount": amount, "kind": kind});
    let grant = |project: Uuid| moved("lab/1", format!("project/{project}"), "200", "assign");
    let mail = |[id, _, _, user]: [Uuid; 4]| {
        let link = format!("http://x.example/course-enrolment?enrolment_id={id}");
        json!({"to": format!("{user}@u.example"), "subject": "Your place in Lab", "links": [link]})
    };
    let accounts = json!({
        "labs": [{"id": LAB, "balance": "0"}],
        "projects": [account(TEMPLATE, "200"), account(IN[1], "140"), account(OUT[1], "0")],
        "journal": [
            grant(TEMPLATE), grant(IN[1]), grant(OUT[1]),
            moved(&format!("project/{}", IN[1]), "system".into(), "60", "spend"),
        ],
        "sum": "0",
    });
    let groups = [
        (format!("vlab/{LAB}/admin"), vec![ADMIN]),
        (format!("vlab/{LAB}/member"), vec![IN[3]]),
        (project_group(TEMPLATE, "admin"), vec![ADMIN]),
        (project_group(TEMPLATE, "member"), vec![]),
        (project_group(IN[1], "admin"), vec![ADMIN]),
        (project_group(IN[1], "member"), vec![IN[3]]),
        (project_group(OUT[1], "admin"), vec![ADMIN]),
        (project_group(OUT[1], "member"), vec![]),
    ];
    let watched = Watched {
        lab: LAB,
        lab_name: "Lab".into(),
        template: TEMPLATE,
        course: Some(COURSE),
        admin: "faculty".into(),
        credits: 200,
        closed: false,
        former: Vec::new(),
        mails: Mails::One,
    };
    let seats = json!([
        seat(IN[2], "assigned", Some(IN[0])),
        seat(OUT[2], "consumed", Some(OUT[0])),
        seat(FREE_SEAT, "free", None),
    ]);
    let enrolments = json!([enrolment(IN, false, "activated"), enrolment(OUT, true, "dropped")]);
    Snapshot {
        courses: vec![Seen {
            watched,
            seats: serde_json::from_value(seats).unwrap(),
            enrolments: serde_json::from_value(enrolments).unwrap(),
        }],
        groups: groups.into_iter().map(|(name, who)| (name, who.into_iter().collect())).collect(),
        accounts: serde_json::from_value(accounts).unwrap(),
        mailbox: serde_json::from_value(json!({"mails": [mail(IN), mail(OUT)]})).unwrap(),
        open: Vec::new(),
    }
}

fn project_group(project: Uuid, role: &str) -> String {
    format!("proj/{LAB}/{project}/{role}")
}

/// Plants a defect, and demands that a finding has this in it.
fn finds(plant: impl FnOnce(&mut Snapshot), wanted: &str) {
    let mut world = world();
    plant(&mut world);
    let findings = world.findings();
    assert!(findings.iter().any(|finding| finding.contains(wanted)), "{wanted}: {findings:?}");
}

fn members(groups: &mut BTreeMap<String, BTreeSet<Uuid>>, name: String) -> &mut BTreeSet<Uuid> {
    groups.get_mut(&name).unwrap()
}

#[test]
fn a_good_world_has_no_findings() {
    assert_eq!(world().findings(), Vec::<String>::new());
}

#[test]
fn groups_and_members() {
    let group = |role| project_group(IN[1], role);
    finds(|w| drop(w.groups.remove(&group("member"))), "should have the members");
    finds(|w| members(&mut w.groups, group("member")).clear(), "should have the members");
    finds(|w| members(&mut w.groups, group("admin")).clear(), "the admins of project");
    finds(
        |w| members(&mut w.groups, project_group(OUT[1], "member")).extend([OUT[3]]),
        "(dropped) should have the members {}",
    );
    finds(
        |w| members(&mut w.groups, format!("vlab/{LAB}/member")).extend([OUT[3]]),
        "should have the members",
    );
    finds(
        |w| drop(w.groups.insert(project_group(id(99), "admin"), BTreeSet::new())),
        "belongs to nothing",
    );
    finds(|w| drop(w.groups.remove(&project_group(TEMPLATE, "admin"))), "is gone");
}

#[test]
fn credits() {
    finds(|w| w.accounts.sum = 1.into(), "the sum over all accounts is 1");
    finds(|w| w.accounts.projects[1].balance = 200.into(), "holds 200, not 140");
    finds(|w| w.accounts.projects[2].balance = 5.into(), "holds 5, not 0");
    finds(|w| w.accounts.projects[2].reservation = 5.into(), "holds 5, not 0");
    finds(|w| w.accounts.projects[1].id = id(98), "has no account");
    finds(|w| w.accounts.labs[0].balance = 7.into(), "holds 7");
    finds(
        |w| {
            let again = w.accounts.journal[1].clone();
            w.accounts.journal.push(again);
        },
        "not 200 once",
    );
    finds(|w| w.courses[0].watched.closed = true, "holds 200, not 0");
}

#[test]
fn seats_and_enrolments() {
    finds(|w| w.courses[0].seats[0].state = "reserved".into(), "it is stuck");
    finds(|w| w.courses[0].seats[0].enrolment_id = None, "is live and has no seat");
    finds(|w| w.courses[0].seats[0].enrolment_id = None, "nobody who is enrolled");
    finds(|w| w.courses[0].seats[2].enrolment_id = Some(IN[0]), "has two seats");
    finds(|w| w.courses[0].seats[1].state = "free".into(), "it is used up");
    finds(|w| w.courses[0].enrolments[0].state = "dropping".into(), "dropped for ever");
}

#[test]
fn mails() {
    finds(|w| drop(w.mailbox.mails.pop()), "got 0 mails");
    finds(
        |w| {
            let again = w.mailbox.mails[0].clone();
            w.mailbox.mails.push(again);
        },
        "got 2 mails",
    );
    finds(|w| w.mailbox.mails[0].to = "x@u.example".into(), "went to another");
    finds(|w| drop(w.courses[0].enrolments.pop()), "which is nobody");
    // A lab whose name begins like ours is another one.
    let mut seen = world();
    let mut other = seen.mailbox.mails[0].clone();
    other.subject = "Your place in Lab 2".into();
    seen.mailbox.mails.push(other);
    assert_eq!(seen.findings(), Vec::<String>::new());
}

#[test]
fn open_sagas() {
    let saga = json!({
        "id": id(50), "kind": "assign_seat", "status": "running", "needs_attention": false,
        "subject": "enrolment:x",
    });
    finds(|w| w.open.push(serde_json::from_value(saga).unwrap()), "is running");
}
