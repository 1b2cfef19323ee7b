//! What is done at a moment, on what, and what must be true afterwards.

use crate::audit::{course, id, settled, students};
use course_seats::demo::answers::Sagas;
use course_seats::demo::api::{FACULTY, LAB_OWNER, SERVICE_ADMIN, assigned};
use course_seats::demo::{Client, Mails, Reply, Seen, Watched, Wrong, must, same, until};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use uuid::Uuid;

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    CreateLab,
    CreateProject,
    AcceptInvite,
    CreateCourse,
    Assign,
    Activate,
    Drop,
    Void,
    Delete,
}

/// What an act needs to be there.
pub struct Ground {
    watched: Vec<Watched>,
    lab: Uuid,
    course: Uuid,
    number: usize,
    students: Vec<(String, String)>,
    seat: Uuid,
    token: String,
    institution: Uuid,
    template: Uuid,
}

impl Ground {
    pub async fn prepare(client: &Client, act: Act, number: usize, slow_mail: bool) -> Seen<Self> {
        let name = format!("Moment {number}");
        let mut ground = Self {
            watched: Vec::new(),
            lab: Uuid::nil(),
            course: Uuid::nil(),
            number,
            students: students(&format!("m{number}"), 2),
            seat: Uuid::nil(),
            token: String::new(),
            institution: Uuid::nil(),
            template: Uuid::nil(),
        };
        if slow_mail {
            // The mail server keeps mails to this address, and answers a minute later.
            ground.students.truncate(1);
            ground.students[0].1 = "slow@u.example".into();
        }
        match act {
            Act::CreateLab => {}
            Act::CreateProject | Act::CreateCourse | Act::AcceptInvite => {
                ground.lab = client.create_lab(&name).await?;
                ground.institution = client.create_institution(&name).await?;
                ground.template = client.create_project(ground.lab, "Template").await?;
            }
            Act::Assign | Act::Activate | Act::Drop | Act::Void | Act::Delete => {
                let watched = course(client, &name, 4).await?;
                (ground.lab, ground.course) = (watched.lab, id(&watched)?);
                ground.watched.push(watched);
            }
        }
        if act == Act::AcceptInvite {
            client.invite(ground.lab, "faculty@sandbox.example").await?.ok()?;
            ground.token = ground.invitation(client, &name).await?;
        }
        if matches!(act, Act::Activate | Act::Drop | Act::Void | Act::Delete) {
            let reply = client.assign(LAB_OWNER, ground.course, &ground.students).await?;
            let results = assigned(reply)?;
            let first = results.first().ok_or_else(|| Wrong::new("a result", "none"))?;
            ground.seat = first.seat_id;
            let enrolment = first.enrolment_id.unwrap_or_default();
            client.claim("student-1", enrolment).await?.ok()?;
            if act != Act::Activate {
                client.log_in("student-1").await?;
            }
        }
        if act == Act::Delete {
            let former = client.enrolments(LAB_OWNER, ground.course).await?;
            client.void_course(ground.course).await?.ok()?;
            ground.watched[0].closed = true;
            settled_all(client, &ground).await?;
            (ground.watched[0].former, ground.watched[0].course) = (former, None);
            ground.watched[0].mails = Mails::Any;
        }
        if act == Act::Void {
            ground.watched[0].closed = true;
        }
        Ok(ground)
    }

    async fn invitation(&self, client: &Client, lab: &str) -> Seen<String> {
        let find = |mailbox: &course_seats::demo::answers::Mailbox| {
            let mail = mailbox.mails.iter().find(|mail| mail.subject.ends_with(lab));
            mail.and_then(|mail| mail.parameter("token").map(str::to_owned))
        };
        let limit = Duration::from_secs(10);
        let there = |mailbox: &_| must(find(mailbox).is_some(), "an invitation", "none");
        let mailbox = until(limit, || client.mailbox(), there).await?;
        Ok(find(&mailbox).unwrap_or_default())
    }

    /// Does it; a connection that breaks is an answer, too.
    pub async fn act(&self, client: &Client, act: Act) -> Seen<Option<Reply>> {
        let answer = match act {
            Act::CreateLab => {
                let name = format!("Made at moment {}", self.number);
                let body = json!({ "name": name, "description": "d", "entity": "e" });
                client.post(LAB_OWNER, "/virtual-labs", body).await
            }
            Act::CreateProject => {
                let path = format!("/virtual-labs/{}/projects", self.lab);
                client.post(LAB_OWNER, &path, json!({ "name": "Another" })).await
            }
            Act::AcceptInvite => client.accept_invite(FACULTY, &self.token).await,
            Act::CreateCourse => {
                let body = json!({
                    "virtual_lab_id": self.lab,
                    "template_project_id": self.template,
                    "institution_id": self.institution,
                });
                client.post(SERVICE_ADMIN, "/courses", body).await
            }
            Act::Assign => client.assign(LAB_OWNER, self.course, &self.students).await,
            Act::Activate => {
                client.post("student-1", "/courses/activate-enrolments", Value::Null).await
            }
            Act::Drop => client.drop_seats(LAB_OWNER, self.course, &[self.seat]).await,
            Act::Void => client.void_course(self.course).await,
            Act::Delete => client.delete_course(self.course).await,
        };
        Ok(answer.ok())
    }

    /// What somebody was told who waited for a sleeper must be so.
    pub async fn is_true(&self, client: &Client, act: Act, reply: Option<Reply>) -> Seen<()> {
        let Some(reply) = reply else {
            return Err(Wrong::new("an answer of the one that woke", "none"));
        };
        let clean = matches!(reply.status, 200 | 502 | 503);
        must(clean, "200, 502 or 503", (reply.status, &reply.body))?;
        if act == Act::Assign && reply.status == 200 {
            let rows = client.enrolments(LAB_OWNER, self.course).await?;
            for result in assigned(reply)? {
                let row = rows.iter().find(|row| row.student_id == result.student_id);
                match result.status.as_str() {
                    "done" => must(row.is_some(), "the enrolment that was told", &result)?,
                    "failed" => must(row.is_none(), "no enrolment", &result)?,
                    _ => {}
                }
            }
        }
        Ok(())
    }
}

/// Waits until nothing is open, and demands that what is watched adds up, and that no lab or project
/// is there in part.
pub async fn settled_all(client: &Client, ground: &Ground) -> Result<(), Wrong> {
    let seen = settled(client, &ground.watched).await?;
    let made = async |kind: &str| {
        let path = format!("/operator/sagas?kind={kind}&status=completed&page_size=1000");
        let sagas = client.get::<Sagas>(SERVICE_ADMIN, &path).await?.data;
        let ids =
            sagas.into_iter().filter_map(|saga| saga.subject.split(':').next_back()?.parse().ok());
        Ok::<BTreeSet<Uuid>, Wrong>(ids.collect())
    };
    let (labs, projects) = (made("create_lab").await?, made("create_project").await?);
    let mut lab_groups: BTreeMap<Uuid, usize> = BTreeMap::new();
    let mut project_groups: BTreeMap<Uuid, usize> = BTreeMap::new();
    for (name, members) in &seen.groups {
        let parts: Vec<&str> = name.split('/').collect();
        match parts.as_slice() {
            ["vlab", lab, role] => {
                let empty = *role == "admin" && members.is_empty();
                must(!empty, "an admin in every lab", name)?;
                *lab_groups.entry(lab.parse().unwrap_or_default()).or_default() += 1;
            }
            ["proj", lab, project, _] if lab.parse() == Ok(ground.lab) => {
                *project_groups.entry(project.parse().unwrap_or_default()).or_default() += 1;
            }
            _ => {}
        }
    }
    let halves = |groups: &BTreeMap<Uuid, usize>| groups.values().any(|count| *count != 2);
    must(!halves(&lab_groups), "two groups a lab", &lab_groups)?;
    must(!halves(&project_groups), "two groups a project", &project_groups)?;
    same("labs", lab_groups.keys().copied().collect::<BTreeSet<_>>(), labs)?;
    if ground.watched.is_empty() {
        let ours: BTreeSet<Uuid> = project_groups.keys().copied().collect();
        must(ours.is_subset(&projects), "projects of completed sagas", ours)?;
    }
    Ok(())
}
