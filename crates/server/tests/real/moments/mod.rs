//! The real binary is killed, or paused and woken again, in the middle of every step of every saga
//! that calls a system outside, and of every undo, which all do: another replica takes over, and
//! afterwards the database and the outside fit together. Steps that write in the database alone are
//! not held here.
//!
//! The step is held by the stand-in: it answers a minute later (killed after the effect, whose answer
//! is lost), or it acts some seconds later (killed before the effect, or paused: the effect lands
//! after the takeover). A mail that is held before it arrives never does: the mail server is silent.

mod answer;
mod planned;
mod silent;
mod told;

use crate::acts::{Act, Ground};
use crate::binary::{Serving, ready};
use crate::parts::{IMPATIENT, Parts};
use accounting_stand_in as accounting;
use answer::is_true;
use course_seats::demo::{Stopwatch, Watched, Wrong, must, pause, until};
use keycloak_stand_in as keycloak;
use silent::Silent;
use std::sync::Arc;
use std::time::Duration;
use told::Told;

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

/// Why a step is given up, so that what was done before is taken back.
#[derive(Debug, Clone, Copy)]
enum Fails {
    /// Its call is refused.
    Refused(Call),
    /// Its call is answered with an error, and never does anything.
    Broken(Call),
    /// Its call is answered with an error, and does what it should.
    Lying(Call),
}

use Fails::{Broken, Lying, Refused};

/// Saga, its step or undo, what is done, the call that it makes, and why there is an undo.
type Moment = (&'static str, &'static str, Act, Call, Option<Fails>);

const fn at(saga: &'static str, step: &'static str, act: Act, call: Call) -> Moment {
    (saga, step, act, call, None)
}

/// The step before is given up, and this is taken back.
const fn undo(what: &'static str, act: Act, fails: Fails, call: Call) -> Moment {
    (act.saga(), what, act, call, Some(fails))
}

const LABS: &[Moment] = &[
    at("create_lab", "create_group", Act::CreateLab, K(Realm::CreateGroup, 0)),
    at("create_lab", "create_group", Act::CreateLab, K(Realm::CreateGroup, 1)),
    at("create_lab", "join_own_group", Act::CreateLab, K(Realm::Join, 0)),
    at("create_lab", "open_lab_account", Act::CreateLab, A(Books::OpenLab, 0)),
    at("create_project", "create_group", Act::CreateProject, K(Realm::CreateGroup, 1)),
    at("create_project", "join_own_group", Act::CreateProject, K(Realm::Join, 0)),
    at("create_project", "open_project_account", Act::CreateProject, A(Books::OpenProject, 0)),
    at("accept_invite", "join_lab", Act::AcceptInvite, K(Realm::Join, 0)),
    at("fund_template", "grant_template", Act::CreateCourse, A(Books::Grant, 0)),
];

const ASSIGNS: &[Moment] = &[
    at("assign_seat", "create_group", Act::Assign, K(Realm::CreateGroup, 0)),
    at("assign_seat", "create_group", Act::Assign, K(Realm::CreateGroup, 1)),
    at("assign_seat", "join_own_group", Act::Assign, K(Realm::Join, 0)),
    at("assign_seat", "open_project_account", Act::Assign, A(Books::OpenProject, 0)),
    at("assign_seat", "grant", Act::Assign, A(Books::Grant, 0)),
    at("outbox", "mail", Act::Assign, Call::Mail),
];

const DROPS: &[Moment] = &[
    at("activate", "join_project", Act::Activate, K(Realm::Join, 0)),
    at("activate", "join_lab", Act::Activate, K(Realm::Join, 1)),
    at("drop_seat", "empty_project", Act::Drop, K(Realm::Leave, 0)),
    at("drop_seat", "leave_lab", Act::Drop, K(Realm::Leave, 1)),
    at("drop_seat", "deplete_project", Act::Drop, A(Books::DepleteProject, 0)),
];

const CLOSINGS: &[Moment] = &[
    at("close_course", "deplete_lab", Act::Void, A(Books::DepleteLab, 0)),
    at("close_course", "deplete_lab", Act::End, A(Books::DepleteLab, 0)),
    at("close_course", "delete_student_groups", Act::Delete, K(Realm::DeleteGroup, 0)),
];

/// Every undo of every saga: these, and those below.
const UNDONE_LABS: &[Moment] = &[
    undo("delete_group", Act::CreateLab, Refused(A(Books::OpenLab, 0)), K(Realm::DeleteGroup, 0)),
    undo("give_up_lab", Act::CreateLab, Broken(A(Books::OpenLab, 0)), A(Books::DepleteLab, 0)),
    undo(
        "delete_group",
        Act::CreateProject,
        Refused(A(Books::OpenProject, 0)),
        K(Realm::DeleteGroup, 0),
    ),
    undo(
        "give_up_project",
        Act::CreateProject,
        Broken(A(Books::OpenProject, 0)),
        A(Books::DepleteProject, 0),
    ),
    undo("leave_lab", Act::AcceptInvite, Lying(K(Realm::Join, 0)), K(Realm::Leave, 0)),
];

const UNDONE_SEATS: &[Moment] = &[
    undo("take_back", Act::Assign, Broken(A(Books::Grant, 0)), A(Books::DepleteProject, 0)),
    undo("delete_group", Act::Assign, Refused(A(Books::Grant, 0)), K(Realm::DeleteGroup, 1)),
    undo(
        "give_up_project",
        Act::Assign,
        Broken(A(Books::OpenProject, 0)),
        A(Books::DepleteProject, 0),
    ),
    undo("leave_lab", Act::Activate, Lying(K(Realm::Join, 1)), K(Realm::Leave, 0)),
    undo("leave_project", Act::Activate, Lying(K(Realm::Join, 1)), K(Realm::Leave, 1)),
];

/// All of them.
const ALL: [&[Moment]; 6] = [LABS, ASSIGNS, DROPS, CLOSINGS, UNDONE_LABS, UNDONE_SEATS];

/// How the replica is taken out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    /// Before the effect, which comes all the same. (Of a mail it does not.)
    KilledBefore,
    /// After the effect.
    Killed,
    Paused,
}

/// Longer than a lease, shorter than the first look: what was on its way lands in between.
const LANDS_AFTER: Duration = Duration::from_millis(4500);

/// More often than anything is tried.
const ALWAYS: u32 = 10_000;

struct Stage {
    parts: Parts,
    other: Serving,
    /// In place of the mail server, while a mail is held before it arrives.
    silent: Option<Silent>,
    /// The courses of the moments so far: they still add up.
    watched: Vec<Watched>,
    told: Told,
}

async fn play(how: How, moments: &[Moment]) {
    let parts = Parts::start().await;
    parts.migrate();
    let other = parts.serve("other.log", IMPATIENT).await.unwrap();
    let mut stage =
        Stage { parts, other, silent: None, watched: Vec::new(), told: Told::default() };
    for (number, moment) in moments.iter().enumerate() {
        if let Err(wrong) = stage.moment(how, number, *moment).await {
            let log = stage.parts.log("other.log");
            panic!("{how:?} in {moment:?}: {wrong}\n{log}");
        }
    }
    stage.told.has_moments();
    stage.told.tells_of(moments);
    println!("{} moments {how:?}, every one clean", moments.len());
    stage.other.stop().await.unwrap();
}

impl Stage {
    async fn moment(&mut self, how: How, number: usize, moment: Moment) -> Result<(), Wrong> {
        let (_, _, act, call, fails) = moment;
        let log = format!("one-{number}.log");
        let one = self.parts.serve(&log, IMPATIENT).await?;
        ready(&one.client).await?;
        let slow_mail = matches!(call, Call::Mail);
        let students = if slow_mail || fails.is_some() { 1 } else { 2 };
        let mut ground =
            Ground::prepare(&self.other.client, act, number, students, &self.watched).await?;
        match how {
            How::KilledBefore if slow_mail => {
                self.silent = Some(Silent::in_place_of(&self.parts.smtp)?);
            }
            // The mail server keeps mails to this address, and answers a minute later.
            _ if slow_mail => ground.students[0].1 = "slow@u.example".into(),
            _ => {}
        }
        if act == Act::End {
            self.end(&ground);
        }
        for user in ground.people() {
            one.client.token(user).await?;
        }
        self.no_look_soon().await?;
        let before = self.arrived(call);
        self.hold(how, call);
        if let Some(fails) = fails {
            self.fail(fails);
        }
        let client = Arc::clone(&one.client);
        let acted = ground.act(&client);
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
        let arrived = Stopwatch::start();
        let other = &self.other.client;
        let sagas = match how {
            How::Killed | How::KilledBefore => {
                drop(one);
                if let Some(silent) = self.silent.take() {
                    silent.go_away(&self.parts.smtp);
                }
                ground.judged(other).await?;
                self.landed(how, arrived).await;
                ground.judged(other).await?
            }
            How::Paused => {
                // It does nothing any more, and holds what it holds.
                one.signal("-STOP")?;
                let sagas = ground.judged(other).await?;
                // It goes on as if no time had passed.
                one.signal("-CONT")?;
                is_true(&ground, other, &sagas, acted.await).await?;
                self.landed(how, arrived).await;
                let sagas = ground.judged(other).await?;
                one.stop().await?;
                sagas
            }
        };
        if fails.is_some() {
            must(
                sagas.iter().all(|saga| saga.status == "undone"),
                "sagas that are undone",
                &sagas,
            )?;
        }
        self.parts.keycloak.stand_in(|stand_in| stand_in.clear_faults());
        self.parts.accounting(|stand_in| stand_in.clear_faults());
        ground.once_more(other, &sagas).await?;
        self.watched.clone_from(&ground.watched);
        self.told.read(other).await
    }

    /// The looks of what was before come after this: they make such calls, too, and would be held in
    /// place of the act's own.
    async fn no_look_soon(&self) -> Result<(), Wrong> {
        let put_off = "WITH put_off AS (UPDATE saga SET look_at = now() + interval '1 hour' \
                       WHERE look_at IS NOT NULL AND NOT looking) \
                       SELECT count(*) FROM saga WHERE looking";
        let looking =
            async || Ok(tokio::task::block_in_place(|| self.parts.postgres.psql("seats", put_off)));
        until(Duration::from_secs(20), looking, |count| must(count == "0", "no look", count))
            .await
            .map(drop)
    }

    /// Waits until what was on its way has landed.
    async fn landed(&self, how: How, arrived: Stopwatch) {
        if how != How::Killed {
            pause(LANDS_AFTER.saturating_sub(arrived.elapsed())).await;
        }
    }

    /// The course is past its end.
    fn end(&self, ground: &Ground) {
        let sql = format!(
            "UPDATE course SET last_drop_date = now() - interval '2 s', \
             end_date = now() - interval '1 s' WHERE id = '{}'",
            ground.course,
        );
        tokio::task::block_in_place(|| self.parts.postgres.psql("seats", &sql));
    }

    /// From now on such calls fail.
    fn fail(&self, fails: Fails) {
        let (call, is_done, status) = match fails {
            Refused(call) => (call, false, 400),
            Broken(call) => (call, false, 500),
            Lying(call) => (call, true, 500),
        };
        match call {
            K(operation, after) => {
                use keycloak::{
                    Fault,
                    FaultKind::{ErrorAfter, ErrorBefore},
                };
                let kind = if is_done { ErrorAfter } else { ErrorBefore };
                let once = Fault::once(operation, kind);
                let fault = Fault { after, status, times: ALWAYS, ..once };
                self.parts.keycloak.stand_in(|stand_in| stand_in.inject(fault)).unwrap();
            }
            A(operation, after) => {
                use accounting::{
                    Fault,
                    FaultKind::{ErrorAfter, ErrorBefore},
                };
                let kind = if is_done { ErrorAfter } else { ErrorBefore };
                let once = Fault::once(operation, kind);
                let fault = Fault { after, status, times: ALWAYS, ..once };
                self.parts.accounting(|stand_in| stand_in.inject(fault)).unwrap();
            }
            Call::Mail => {}
        }
    }

    fn hold(&self, how: How, call: Call) {
        // A fault that waits a minute outlives the case: nobody hears its answer any more.
        let (late, delay) = match how {
            How::Killed => (false, Duration::from_secs(60)),
            How::KilledBefore | How::Paused => (true, LANDS_AFTER),
        };
        let delay_ms = u64::try_from(delay.as_millis()).unwrap();
        match call {
            K(operation, after) => {
                use keycloak::{
                    Fault,
                    FaultKind::{SlowAfter, SlowBefore},
                };
                let kind = if late { SlowBefore } else { SlowAfter };
                let fault = Fault { after, delay_ms, ..Fault::once(operation, kind) };
                self.parts.keycloak.stand_in(|stand_in| stand_in.inject(fault)).unwrap();
            }
            A(operation, after) => {
                use accounting::{
                    Fault,
                    FaultKind::{SlowAfter, SlowBefore},
                };
                let kind = if late { SlowBefore } else { SlowAfter };
                let fault = Fault { after, delay_ms, ..Fault::once(operation, kind) };
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
            Call::Mail => match &self.silent {
                Some(silent) => silent.callers(),
                None => self.parts.smtp.lock().unwrap().mails().len() as u64,
            },
        }
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

/// Named by what is done to whom; each how on parts of its own, all at once.
macro_rules! moments {
    ($($name:ident: [$($how:ident),+] in $moments:ident;)+) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            futures::join!($(play(How::$how, $moments)),+);
        }
    )+};
}

moments! {
    killed_while_labs_are_made: [KilledBefore, Killed] in LABS;
    killed_while_seats_are_assigned: [KilledBefore, Killed] in ASSIGNS;
    killed_while_students_come_and_go: [KilledBefore, Killed] in DROPS;
    killed_while_courses_are_closed: [KilledBefore, Killed] in CLOSINGS;
    paused_while_labs_are_made: [Paused] in LABS;
    paused_while_seats_are_assigned: [Paused] in ASSIGNS;
    paused_while_students_come_and_go: [Paused] in DROPS;
    paused_while_courses_are_closed: [Paused] in CLOSINGS;
    taken_out_while_labs_are_undone: [KilledBefore, Killed, Paused] in UNDONE_LABS;
    taken_out_while_seats_are_undone: [KilledBefore, Killed, Paused] in UNDONE_SEATS;
}
