//! The real binary is killed, or paused and woken again, in the middle of every step of every saga:
//! another replica takes over, and afterwards the database and the outside fit together.
//!
//! The step is held by the stand-in: it answers a minute later (killed: the effect is there, its
//! answer lost), or it acts some seconds later (paused: the effect lands after the takeover).

use crate::audit::{course, id, settled, students};
use crate::binary::{Serving, ready};
use crate::parts::{IMPATIENT, Parts};
use accounting_stand_in as accounting;
use course_seats::demo::answers::Sagas;
use course_seats::demo::api::{FACULTY, LAB_OWNER, SERVICE_ADMIN, assigned};
use course_seats::demo::{Client, Mails, Reply, Seen, Watched, Wrong, must, same, until};
use keycloak_stand_in as keycloak;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
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

/// Which call is held: so many of its kind go before.
#[derive(Debug, Clone, Copy)]
enum Call {
    Keycloak(keycloak::Operation, u32),
    Accounting(accounting::Operation, u32),
    /// The mail server holds mails to some addresses.
    Mail,
}

use Call::{Accounting as A, Keycloak as K};
use accounting::Operation as Books;
use keycloak::Operation as Realm;

/// Saga, step, what is done, and the call that the step makes.
type Moment = (&'static str, &'static str, Act, Call);

const LABS: &[Moment] = &[
    ("create_lab", "create_group", Act::CreateLab, K(Realm::CreateGroup, 0)),
    ("create_lab", "create_group", Act::CreateLab, K(Realm::CreateGroup, 1)),
    ("create_lab", "join_own_group", Act::CreateLab, K(Realm::Join, 0)),
    ("create_lab", "open_lab_account", Act::CreateLab, A(Books::OpenLab, 0)),
    ("create_project", "create_group", Act::CreateProject, K(Realm::CreateGroup, 1)),
    ("create_project", "join_own_group", Act::CreateProject, K(Realm::Join, 0)),
    ("create_project", "open_project_account", Act::CreateProject, A(Books::OpenProject, 0)),
    ("accept_invite", "join_lab", Act::AcceptInvite, K(Realm::Join, 0)),
    ("fund_template", "grant_template", Act::CreateCourse, A(Books::Grant, 0)),
];

const ASSIGNS: &[Moment] = &[
    ("assign_seat", "create_group", Act::Assign, K(Realm::CreateGroup, 0)),
    ("assign_seat", "create_group", Act::Assign, K(Realm::CreateGroup, 1)),
    ("assign_seat", "join_own_group", Act::Assign, K(Realm::Join, 0)),
    ("assign_seat", "open_project_account", Act::Assign, A(Books::OpenProject, 0)),
    ("assign_seat", "grant", Act::Assign, A(Books::Grant, 0)),
    ("outbox", "mail", Act::Assign, Call::Mail),
];

const DROPS: &[Moment] = &[
    ("activate", "join_project", Act::Activate, K(Realm::Join, 0)),
    ("activate", "join_lab", Act::Activate, K(Realm::Join, 1)),
    ("drop_seat", "empty_project", Act::Drop, K(Realm::Leave, 0)),
    ("drop_seat", "leave_lab", Act::Drop, K(Realm::Leave, 1)),
    ("drop_seat", "deplete_project", Act::Drop, A(Books::DepleteProject, 0)),
];

const CLOSINGS: &[Moment] = &[
    ("close_course", "deplete_lab", Act::Void, A(Books::DepleteLab, 0)),
    ("close_course", "delete_student_groups", Act::Delete, K(Realm::DeleteGroup, 0)),
];

/// Steps that make no call: they are done with a write of their own, or with the settle.
const LOCAL: &[&str] = &["hold", "mark_dropping", "drop_all"];

/// How the replica is taken out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    Killed,
    Paused,
}

/// Longer than a lease, shorter than the first look: what a sleeper had sent lands in between.
const LANDS_AFTER: Duration = Duration::from_millis(4500);

struct Stage {
    parts: Parts,
    other: Serving,
    /// Sagas that were seen: kind → steps.
    steps: BTreeMap<String, BTreeSet<String>>,
}

async fn play(how: How, moments: &[Moment]) {
    let parts = Parts::start().await;
    parts.migrate();
    let other = parts.serve("other.log", IMPATIENT).await.unwrap();
    let mut stage = Stage { parts, other, steps: BTreeMap::new() };
    for (number, moment) in moments.iter().enumerate() {
        if let Err(wrong) = stage.moment(how, number, *moment).await {
            let log = stage.parts.log("other.log");
            panic!("{how:?} in {moment:?}: {wrong}\n{log}");
        }
    }
    // Every step of the sagas that were played here has its moment, or makes no call.
    let known: BTreeSet<&str> = moments.iter().map(|(_, step, _, _)| *step).collect();
    for (kind, steps) in &stage.steps {
        if moments.iter().all(|(saga, ..)| saga != kind) {
            continue;
        }
        for step in steps {
            let local = LOCAL.contains(&step.as_str()) || step.starts_with("settle_");
            let there = known.contains(step.as_str()) || local;
            assert!(there, "{kind}: {step} has no moment");
        }
    }
    println!("{} moments {how:?}, every one clean", moments.len());
    stage.other.stop().await.unwrap();
}

impl Stage {
    async fn moment(&mut self, how: How, number: usize, moment: Moment) -> Result<(), Wrong> {
        let (_, _, act, call) = moment;
        let log = format!("one-{number}.log");
        let one = self.parts.serve(&log, IMPATIENT).await?;
        ready(&one.client).await?;
        let ground = Ground::prepare(&self.other.client, act, number, call).await?;
        for user in [SERVICE_ADMIN, LAB_OWNER, FACULTY, "student-1"] {
            one.client.token(user).await?;
        }
        let before = self.arrived(call);
        self.hold(how, call);
        let client = Arc::clone(&one.client);
        let acted = ground.act(&client, act);
        let mut acted = std::pin::pin!(acted);
        let held = async {
            let seen = async || Ok(self.arrived(call));
            let wanted = before + u64::from(call.after()) + 1;
            until(Duration::from_secs(20), seen, |n| must(*n >= wanted, "the held call", n)).await
        };
        tokio::select! {
            biased;
            held = held => held?,
            answer = &mut acted => {
                return Err(Wrong::new("a call that is held", format!("{answer:?}")));
            }
        };
        match how {
            How::Killed => {
                drop(one);
                settled_all(&self.other.client, &ground).await?;
            }
            How::Paused => {
                // It does nothing any more, and holds what it holds.
                one.signal("-STOP")?;
                settled_all(&self.other.client, &ground).await?;
                // It goes on as if no time had passed.
                one.signal("-CONT")?;
                ground.is_true(&self.other.client, act, acted.await?).await?;
                settled_all(&self.other.client, &ground).await?;
                one.stop().await?;
            }
        }
        self.parts.keycloak.stand_in(|stand_in| stand_in.clear_faults());
        self.parts.accounting(|stand_in| stand_in.clear_faults());
        self.remember_steps().await
    }

    fn hold(&self, how: How, call: Call) {
        // A fault that waits a minute outlives the case: nobody hears its answer any more.
        let (late, delay) = match how {
            How::Killed => (false, Duration::from_secs(60)),
            How::Paused => (true, LANDS_AFTER),
        };
        let delay_ms = u64::try_from(delay.as_millis()).unwrap();
        match call {
            K(operation, after) => {
                let kind = if late {
                    keycloak::FaultKind::SlowBefore
                } else {
                    keycloak::FaultKind::SlowAfter
                };
                let fault =
                    keycloak::Fault { after, delay_ms, ..keycloak::Fault::once(operation, kind) };
                self.parts.keycloak.stand_in(|stand_in| stand_in.inject(fault)).unwrap();
            }
            A(operation, after) => {
                let kind = if late {
                    accounting::FaultKind::SlowBefore
                } else {
                    accounting::FaultKind::SlowAfter
                };
                let fault = accounting::Fault {
                    after,
                    delay_ms,
                    ..accounting::Fault::once(operation, kind)
                };
                self.parts.accounting(|stand_in| stand_in.inject(fault)).unwrap();
            }
            Call::Mail => {}
        }
    }

    /// How many such calls have arrived so far.
    fn arrived(&self, call: Call) -> u64 {
        match call {
            K(operation, _) => self.parts.keycloak.stand_in(|it| it.calls(operation)),
            A(operation, _) => self.parts.accounting(|it| it.calls(operation)),
            Call::Mail => self.parts.smtp.lock().unwrap().mails().len() as u64,
        }
    }

    async fn remember_steps(&mut self) -> Result<(), Wrong> {
        let client = &self.other.client;
        let sagas: Sagas = client.get(SERVICE_ADMIN, "/operator/sagas?page_size=1000").await?;
        for saga in sagas.data {
            let known = self.steps.entry(saga.kind.clone()).or_default();
            if known.is_empty() {
                let notebook = client.saga(saga.id).await?;
                known.extend(notebook.steps.into_iter().map(|step| step.name));
            }
        }
        Ok(())
    }
}

impl Call {
    fn after(self) -> u32 {
        match self {
            K(_, after) | A(_, after) => after,
            Call::Mail => 0,
        }
    }
}

/// What an act needs to be there.
struct Ground {
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
    async fn prepare(client: &Client, act: Act, number: usize, call: Call) -> Seen<Self> {
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
        if matches!(call, Call::Mail) {
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
    async fn act(&self, client: &Client, act: Act) -> Seen<Option<Reply>> {
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
    async fn is_true(&self, client: &Client, act: Act, reply: Option<Reply>) -> Seen<()> {
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
async fn settled_all(client: &Client, ground: &Ground) -> Result<(), Wrong> {
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

/// Named by who does what to whom.
macro_rules! moments {
    ($($name:ident: $how:ident in $moments:ident;)+) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            play(How::$how, $moments).await;
        }
    )+};
}

moments! {
    killed_while_labs_are_made: Killed in LABS;
    killed_while_seats_are_assigned: Killed in ASSIGNS;
    killed_while_students_come_and_go: Killed in DROPS;
    killed_while_courses_are_closed: Killed in CLOSINGS;
    paused_while_labs_are_made: Paused in LABS;
    paused_while_seats_are_assigned: Paused in ASSIGNS;
    paused_while_students_come_and_go: Paused in DROPS;
    paused_while_courses_are_closed: Paused in CLOSINGS;
}
