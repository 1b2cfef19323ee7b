//! What is done in the middle of which a process is taken out, and what it is done to.

use crate::audit::{course, id, settled, students};
use crate::settled::{object, sagas_of, settled_all};
use course_seats::demo::answers::{Mailbox, Saga};
use course_seats::demo::api::{FACULTY, LAB_OWNER, SERVICE_ADMIN, assigned};
use course_seats::demo::{Client, Mails, Reply, Seen, Watched, Wrong, must, same, until};
use serde_json::{Value, json};
use std::collections::BTreeSet;
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
    End,
}

/// What an act needs to be there.
pub struct Ground {
    pub act: Act,
    /// The course that is done something to, and then those of earlier acts.
    pub watched: Vec<Watched>,
    pub lab: Uuid,
    pub course: Uuid,
    pub students: Vec<(String, String)>,
    /// Who claims.
    pub user: String,
    pub seat: Uuid,
    /// Of an invitation.
    pub token: String,
    number: usize,
    institution: Uuid,
    template: Uuid,
    /// The sagas of its kind that were there before.
    before: BTreeSet<Uuid>,
}

impl Act {
    /// The saga that it begins.
    pub const fn saga(self) -> &'static str {
        match self {
            Self::CreateLab => "create_lab",
            Self::CreateProject => "create_project",
            Self::AcceptInvite => "accept_invite",
            Self::CreateCourse => "fund_template",
            Self::Assign => "assign_seat",
            Self::Activate => "activate",
            Self::Drop => "drop_seat",
            Self::Void | Self::Delete | Self::End => "close_course",
        }
    }

    fn has_student(self) -> bool {
        matches!(self, Self::Activate | Self::Drop | Self::Void | Self::Delete | Self::End)
    }
}

impl Ground {
    /// Makes it, beside what is there of earlier acts. So many students can be assigned; no other
    /// ground may have this number.
    pub async fn prepare(
        client: &Client,
        act: Act,
        number: usize,
        count: u32,
        earlier: &[Watched],
    ) -> Seen<Self> {
        let name = format!("Moment {number}");
        let mut ground = Self {
            act,
            watched: Vec::new(),
            lab: Uuid::nil(),
            course: Uuid::nil(),
            students: students(&format!("m{number}"), count),
            user: format!("student-{}", number % 9 + 1),
            seat: Uuid::nil(),
            token: String::new(),
            number,
            institution: Uuid::nil(),
            template: Uuid::nil(),
            before: BTreeSet::new(),
        };
        match act {
            Act::CreateLab => {}
            Act::CreateProject | Act::CreateCourse | Act::AcceptInvite => {
                ground.lab = client.create_lab(&name).await?;
                ground.institution = client.create_institution(&name).await?;
                ground.template = client.create_project(ground.lab, "Template").await?;
            }
            _ => {
                let watched = course(client, &name, 4).await?;
                (ground.lab, ground.course) = (watched.lab, id(&watched)?);
                ground.watched.push(watched);
            }
        }
        if act == Act::AcceptInvite {
            client.invite(ground.lab, "faculty@sandbox.example").await?.ok()?;
            ground.token = invitation(client, &name).await?;
        }
        if act.has_student() {
            let reply = client.assign(LAB_OWNER, ground.course, &ground.students).await?;
            let results = assigned(reply)?;
            let first = results.first().ok_or_else(|| Wrong::new("a result", "none"))?;
            ground.seat = first.seat_id;
            let enrolment = first.enrolment_id.unwrap_or_default();
            client.claim(&ground.user, enrolment).await?.ok()?;
            if act != Act::Activate {
                client.log_in(&ground.user).await?;
            }
        }
        if act == Act::Delete {
            let former = client.enrolments(LAB_OWNER, ground.course).await?;
            client.void_course(ground.course).await?.ok()?;
            ground.watched[0].closed = true;
            settled(client, &ground.watched).await?;
            (ground.watched[0].former, ground.watched[0].course) = (former, None);
            ground.watched[0].mails = Mails::Any;
        }
        if matches!(act, Act::Void | Act::End) {
            ground.watched[0].closed = true;
        }
        ground.watched.extend_from_slice(earlier);
        let before = sagas_of(client, act.saga()).await?;
        ground.before = before.into_iter().map(|saga| saga.id).collect();
        Ok(ground)
    }

    /// Does it; a connection that breaks is an answer, too.
    pub async fn act(&self, client: &Client) -> Option<Reply> {
        let answer = match self.act {
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
                client.post(&self.user, "/courses/activate-enrolments", Value::Null).await
            }
            Act::Drop => client.drop_seats(LAB_OWNER, self.course, &[self.seat]).await,
            Act::Void => client.void_course(self.course).await,
            Act::Delete => client.delete_course(self.course).await,
            Act::End => client.post(SERVICE_ADMIN, "/operator/expire-courses", Value::Null).await,
        };
        answer.ok()
    }

    /// Who must be able to sign in for it.
    pub fn people(&self) -> [&str; 4] {
        [SERVICE_ADMIN, LAB_OWNER, FACULTY, &self.user]
    }

    /// What became of it once all is settled: its sagas, each completed or undone, and the rows and
    /// the outside as they say.
    pub async fn judged(&self, client: &Client) -> Seen<Vec<Saga>> {
        settled_all(client, &self.watched).await?;
        let mut sagas = sagas_of(client, self.act.saga()).await?;
        sagas.retain(|saga| !self.before.contains(&saga.id));
        let count = if self.act == Act::Assign { self.students.len() } else { 1 };
        must(sagas.len() == count, "one saga for each", &sagas)?;
        let completed = sagas.iter().filter(|saga| saga.status == "completed").count();
        match self.act {
            Act::CreateLab => {
                let path = format!("/virtual-labs/{}", object(&sagas[0])?);
                let shown = client.call(Some(LAB_OWNER), reqwest::Method::GET, &path, None).await?;
                let status = if completed == 1 { 200 } else { 404 };
                must(shown.status == status, "a lab only if its saga is completed", shown)?;
            }
            // What is there of it, and that it is not there in part, was seen with all others.
            Act::CreateProject => {}
            Act::AcceptInvite => self.is_in(client, completed == 1).await?,
            Act::CreateCourse => {
                same("funded templates", completed, 1)?;
                let books = client.accounts().await?;
                let holds = books.project(self.template).map(|account| account.balance);
                let grants: Vec<_> = books.grants(self.template).map(|it| it.amount).collect();
                same("the template holds", holds, Some(200.into()))?;
                same("grants of the template", grants, vec![200.into()])?;
            }
            Act::Assign => {
                let rows = client.enrolments(LAB_OWNER, self.course).await?;
                same("students with a seat", rows.len(), completed)?;
            }
            Act::Activate => {
                let rows = client.enrolments(LAB_OWNER, self.course).await?;
                let is_in = rows.iter().filter(|row| row.activated_at.is_some()).count();
                same("students who are let in", is_in, completed)?;
            }
            Act::Drop => {
                same("completed drops", completed, 1)?;
                let rows = client.enrolments(LAB_OWNER, self.course).await?;
                let dropped = rows.iter().filter(|row| row.is_dropped).count();
                same("students who are dropped", dropped, 1)?;
            }
            Act::Void | Act::Delete | Act::End => {
                same("completed closings", completed, 1)?;
                let shown = client.course(self.course).await?;
                let gone = if self.act == Act::Delete { 404 } else { 200 };
                must(shown.status == gone, "a course that is gone if it is deleted", shown)?;
            }
        }
        Ok(sagas)
    }

    /// The invited person is in the lab, and the invitation accepted, or neither.
    async fn is_in(&self, client: &Client, completed: bool) -> Seen<()> {
        let name = format!("vlab/{}/admin", self.lab);
        let groups = client.groups().await?.groups;
        let members = groups.into_iter().filter(|group| group.name == name);
        let mut names = members.flat_map(|group| group.members).map(|member| member.username);
        let is_in = names.any(|name| name.as_deref() == Some(FACULTY));
        same("that the invited person is in the lab", is_in, completed)?;
        let path = format!("/invites?token={}", self.token);
        let shown: Value =
            client.call(Some(FACULTY), reqwest::Method::GET, &path, None).await?.data()?;
        same("that the invitation is accepted", shown["accepted"].as_bool(), Some(completed))
    }

    /// The same request once more, after all is judged: what was undone can be had now, and what
    /// was done is not done twice.
    pub async fn once_more(&self, client: &Client, sagas: &[Saga]) -> Seen<()> {
        let completed = sagas.iter().all(|saga| saga.status == "completed");
        let missing = || Wrong::new("an answer", "none");
        match self.act {
            Act::CreateProject => {
                let reply = self.act(client).await.ok_or_else(missing)?;
                let status = if completed { 400 } else { 200 };
                must(reply.status == status, "a project only if there is none", reply)?;
            }
            Act::AcceptInvite => {
                let told: Value = self.act(client).await.ok_or_else(missing)?.data()?;
                let told = told["status"].as_str().map(str::to_owned);
                let status = if completed { "already_accepted" } else { "accepted" };
                same("the same invitation", told.as_deref(), Some(status))?;
            }
            Act::Assign if !completed => {
                let rows = client.enrolments(LAB_OWNER, self.course).await?;
                let mut left = self.students.clone();
                left.retain(|(student, _)| rows.iter().all(|row| row.student_id != *student));
                let results = assigned(client.assign(LAB_OWNER, self.course, &left).await?)?;
                must(results.iter().all(|it| it.status == "done"), "all of the others", results)?;
            }
            Act::Activate if !completed => {
                let results = client.log_in(&self.user).await?;
                must(results.iter().all(|it| it.activated), "that the student is let in", results)?;
            }
            _ => return Ok(()),
        }
        settled_all(client, &self.watched).await
    }
}

async fn invitation(client: &Client, lab: &str) -> Seen<String> {
    let find = |mailbox: &Mailbox| {
        let mail = mailbox.mails.iter().find(|mail| mail.subject.ends_with(lab));
        mail.and_then(|mail| mail.parameter("token").map(str::to_owned))
    };
    let limit = Duration::from_secs(10);
    let there = |mailbox: &_| must(find(mailbox).is_some(), "an invitation", "none");
    let mailbox = until(limit, || client.mailbox(), there).await?;
    Ok(find(&mailbox).unwrap_or_default())
}
