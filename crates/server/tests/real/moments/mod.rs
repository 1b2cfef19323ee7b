//! The real binary is killed, or paused and woken again, in the middle of every step of every saga:
//! another replica takes over, and afterwards the database and the outside fit together.
//!
//! The step is held by the stand-in: it answers a minute later (killed: the effect is there, its
//! answer lost), or it acts some seconds later (paused: the effect lands after the takeover).

mod ground;

use crate::binary::{Serving, ready};
use crate::parts::{IMPATIENT, Parts};
use accounting_stand_in as accounting;
use course_seats::demo::answers::Sagas;
use course_seats::demo::api::{FACULTY, LAB_OWNER, SERVICE_ADMIN};
use course_seats::demo::{Wrong, must, until};
use ground::{Act, Ground, settled_all};
use keycloak_stand_in as keycloak;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

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
        let slow_mail = matches!(call, Call::Mail);
        let ground = Ground::prepare(&self.other.client, act, number, slow_mail).await?;
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
