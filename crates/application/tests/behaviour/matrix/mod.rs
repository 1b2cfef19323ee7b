//! The fault matrix: each call outside that an act makes when nothing goes wrong, going forward or
//! back, goes wrong in each way that such a call can; the answer tells the truth, and the audit is
//! clean when all is settled and again after every late look. And each write is made twice, which
//! changes nothing more. Which calls there are, a run of each act without any fault tells; that they
//! are those of every step and every undo, [`steps`] knows. The calls of the late looks go well
//! here, and steps that only write are cut in [`crate::notebook`].

mod acts;
mod steps;

use crate::database::{On, on_each_database};
use crate::moody::{Mood, Moody, Which};
use crate::shape::Shape;
use crate::together::{Case, together};
use crate::world::{Ground, World, settings};
use acts::Act;
use course_seats_application::App;
use course_seats_application::ports::Clock;
use course_seats_application::ports::store::{Page, SagaFilter};
use course_seats_application::settings::Settings;
use course_seats_domain::ids::SagaId;
use course_seats_domain::saga::Status;
use course_seats_sandbox::{Fault, FaultKind, Operation, System};
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

/// How a call goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wrong {
    /// Refused before the effect.
    Refused,
    /// Refused for good.
    Rejected,
    /// A 4xx that heals.
    Heals,
    /// A 5xx; nothing has happened.
    ServerError,
    AnswerLost,
    /// Nobody hears of it, and it lands when all is settled, or undone.
    Late,
    /// It lands a little later, while it is asked for, or while it is taken back.
    LateWhileAsked,
    Garbage,
    TimesOut,
    CommitsAfterTheAnswer,
    PanicsBefore,
    PanicsAfter,
    /// Nothing is wrong but that it is made twice, and once more when all is over.
    Twice,
}

/// How late a grant is that lands while somebody waits for it: longer than a student's is asked for,
/// shorter than a template's is.
const LATE: Duration = Duration::from_millis(300);

impl Wrong {
    const ALL: [Self; 13] = [
        Self::Refused,
        Self::Rejected,
        Self::Heals,
        Self::ServerError,
        Self::AnswerLost,
        Self::Late,
        Self::LateWhileAsked,
        Self::Garbage,
        Self::TimesOut,
        Self::CommitsAfterTheAnswer,
        Self::PanicsBefore,
        Self::PanicsAfter,
        Self::Twice,
    ];

    /// Whether that can happen to such a call of this act. What has no effect cannot lose its answer.
    fn can_happen_to(self, act: Act, operation: Operation) -> bool {
        let accounting = operation.system() == System::Accounting;
        let gone_is_done = matches!(operation, Operation::Leave | Operation::DeleteGroup);
        match self {
            // A read's answer decides, too: it can be none, or its reader can panic.
            Self::Refused
            | Self::ServerError
            | Self::TimesOut
            | Self::Garbage
            | Self::PanicsBefore => true,
            // Soon after an account was opened it may not be there yet, also for who looks. To who
            // takes something away "not there" is an answer.
            Self::Heals => accounting || operation.is_write() && !gone_is_done,
            Self::CommitsAfterTheAnswer => operation.is_write() && accounting,
            Self::LateWhileAsked => operation == Operation::Grant,
            // A template is granted again after the grace; what lands even later pays twice.
            Self::Late if act == Act::CreateCourse => {
                operation.is_write() && operation != Operation::Grant
            }
            // A grant is never sent again: whose step is done again asks first.
            Self::Twice => operation.is_write() && operation != Operation::Grant,
            _ => operation.is_write(),
        }
    }

    /// What the sandbox does then; the rest is a mood in which the caller is met.
    fn fault(self) -> Option<FaultKind> {
        Some(match self {
            Self::Refused => FaultKind::Refuse,
            Self::Rejected => FaultKind::Reject,
            Self::Heals => FaultKind::NotFound,
            Self::ServerError => FaultKind::ServerError,
            Self::AnswerLost => FaultKind::LoseAnswer,
            Self::LateWhileAsked => FaultKind::Late,
            Self::Garbage => FaultKind::Garbage,
            Self::TimesOut
            | Self::Late
            | Self::CommitsAfterTheAnswer
            | Self::PanicsBefore
            | Self::PanicsAfter
            | Self::Twice => return None,
        })
    }

    fn mood(self, settings: &Settings) -> Mood {
        match self {
            Self::Twice => Mood::Twice,
            Self::Late => Mood::Late,
            Self::TimesOut => Mood::TimesOut(settings.outside_timeout),
            Self::PanicsBefore => Mood::PanicsBefore,
            Self::PanicsAfter => Mood::PanicsAfter,
            _ => Mood::CommitsLater(settings.grant_patience / 2),
        }
    }

    /// The n-th such call from now on goes wrong.
    fn arm(self, world: &World, moody: &Moody, operation: Operation, n: usize) {
        let Some(kind) = self.fault() else {
            let mood = self.mood(&world.settings);
            return moody.begin(Some((Which::Call(operation, n), mood)));
        };
        moody.begin(None);
        let late_ms = u64::try_from(LATE.as_millis()).unwrap();
        let after = u32::try_from(n).unwrap();
        let fault = Fault { after, late_ms, ..Fault::once(operation, kind) };
        world.sandbox.faults.inject(fault).unwrap();
    }

    /// Whether the call has come that was to go wrong.
    fn was_met(self, world: &World, moody: &Moody) -> bool {
        match self.fault() {
            Some(_) => world.sandbox.faults.list().is_empty(),
            None => moody.is_met(),
        }
    }

    /// Whether something may still be under way when all is settled, to land by itself.
    fn may_land_by_itself(self) -> bool {
        matches!(self, Self::LateWhileAsked | Self::CommitsAfterTheAnswer)
    }

    /// Whether a step or an undo is run twice, and nothing else.
    fn only_repeats(self, operation: Operation) -> bool {
        self == Self::Twice || self == Self::PanicsAfter && operation == Operation::Grant
    }
}

/// Whether a call takes something away, so that it may come again at any time.
fn takes_away(operation: Operation) -> bool {
    use Operation::{DeleteGroup, DepleteLab, DepleteProject, Leave};
    matches!(operation, Leave | DeleteGroup | DepleteProject | DepleteLab)
}

/// The settings of an act that nothing happens to: whoever is slow today is no calamity.
fn patient() -> Settings {
    let seconds = Duration::from_secs;
    Settings {
        outside_timeout: seconds(10),
        grant_patience: seconds(10),
        saga_lease: seconds(60),
        late_arrival_grace: seconds(60),
        ..settings()
    }
}

/// The settings of one that must get over something. Looks wait until the test turns the clock: one
/// that came while the act is done would be called out of turn. A template's funding is asked for as
/// long as looks wait.
fn hasty(act: Act) -> Settings {
    let ms = Duration::from_millis;
    let Settings { late_arrival_grace, .. } = patient();
    Settings {
        outside_timeout: ms(150),
        grant_patience: ms(250),
        saga_lease: ms(900),
        late_arrival_grace: if act == Act::CreateCourse { ms(400) } else { late_arrival_grace },
        ..settings()
    }
}

/// A world with one act in it, about to be done.
async fn about_to(act: Act, on: On, settings: Settings) -> (World, Arc<Moody>, Ground) {
    let world = World::idle(on, settings).await;
    let moody = Moody::on(&world.ports, &world.sandbox.accounting);
    let app = App::new(moody.ports(), world.settings.clone());
    app.start_reconcilers();
    let world = World { app, ..world };
    let ground = act.prepare(&world).await;
    (world, moody, ground)
}

/// What an act does when nothing goes wrong.
struct DryRun {
    /// Its calls outside, in order.
    calls: Vec<Operation>,
    /// The steps of its sagas.
    steps: Vec<&'static str>,
    /// Those of them that were undone.
    undone: Vec<&'static str>,
    /// What the world is like then, and what was moved.
    end: (Shape, Shape),
}

impl DryRun {
    /// The calls that the rows of its steps tell of. Who turns back has not settled.
    fn told(&self) -> Vec<Operation> {
        let row = |name: &str| steps::ROWS.iter().find(|row| row.name == name).unwrap();
        let is_done = |name: &str| !(self.undone.contains(&name) && name.starts_with("Settle"));
        let forward = self.steps.iter().filter(|name| is_done(name)).map(|name| row(name).calls);
        let back = self.undone.iter().map(|name| row(name).undo_calls);
        forward.chain(back).flatten().copied().collect()
    }
}

async fn dry_run(act: Act, on: On) -> DryRun {
    let (world, moody, ground) = about_to(act, on, patient()).await;
    let before = sagas(&world).await;
    moody.begin(None);
    let said_done = act.perform(&world, ground).await;
    assert_eq!(said_done, !act.is_undone(), "{act:?} is not done");
    let mut run = DryRun {
        calls: moody.made(),
        steps: Vec::new(),
        undone: Vec::new(),
        end: (world.shape(), world.movements()),
    };
    let mut tx = world.ports.store.read().await.unwrap();
    for id in sagas(&world).await.into_iter().filter(|id| !before.contains(id)) {
        let saga = tx.load(id.uuid()).await.unwrap().unwrap();
        let steps = saga.plan.steps.iter().map(|planned| steps::name(&planned.step));
        match saga.status {
            Status::Undone => run.undone.extend(steps.clone()),
            status => assert_eq!(status, Status::Completed),
        }
        run.steps.extend(steps);
    }
    drop(tx);
    close(world).await;
    run
}

async fn sagas(world: &World) -> Vec<SagaId> {
    let mut tx = world.ports.store.read().await.unwrap();
    let page = Page { number: 1, size: 1000 };
    let listed = tx.list_sagas(&SagaFilter::default(), page).await.unwrap();
    listed.items.into_iter().map(|saga| saga.id).collect()
}

async fn close(world: World) {
    world.app.begin_shutdown();
    world.app.drained().await;
}

/// Each call of a run going wrong in each way: which call, which of its kind, and how.
fn cases(act: Act, run: &DryRun) -> Vec<(Operation, usize, Wrong)> {
    let mut cases = Vec::new();
    for (place, operation) in run.calls.iter().enumerate() {
        let n = run.calls[..place].iter().filter(|made| *made == operation).count();
        let wrongs = Wrong::ALL.into_iter().filter(|wrong| wrong.can_happen_to(act, *operation));
        cases.extend(wrongs.map(|wrong| (*operation, n, wrong)));
    }
    cases
}

/// One act with each of its calls going wrong in each way.
async fn matrix(on: On, act: Act) {
    let run = dry_run(act, on).await;
    let cases = cases(act, &run);
    let end = Arc::new(run.end);
    together(cases.into_iter().map(|(operation, n, wrong)| {
        let end = Arc::clone(&end);
        move || async move {
            let (world, moody, ground) = about_to(act, on, hasty(act)).await;
            wrong.arm(&world, &moody, operation, n);
            let _case = Case(format!("{act:?} on {on:?}: {operation:?} number {n}: {wrong:?}"));
            act.perform(&world, ground).await;
            world.settled().await;
            assert!(wrong.was_met(&world, &moody), "nothing went wrong");
            if wrong.may_land_by_itself() {
                // Before the first look.
                world.clock.sleep(LATE).await;
            } else {
                // No look is needed for what was told, or is known to be unknown.
                world.audit();
            }
            // What was taken back may not be done again by nobody: no saga would know of it.
            let again = wrong == Wrong::Twice && (takes_away(operation) || !act.is_undone());
            if again || wrong == Wrong::Late {
                moody.make_again().await;
            }
            world.looked_at().await;
            world.audit();
            let is_dead = usize::from((operation, wrong) == (Operation::Send, Wrong::Rejected));
            assert_eq!(world.count("outbox_mail WHERE status = 'dead'"), is_dead);
            if wrong.only_repeats(operation) {
                world.shape().must_be(&end.0, "what is done twice changes nothing more");
                world.movements().must_be(&end.1, "what is done twice moves nothing more");
            }
            close(world).await;
        }
    }))
    .await;
}

/// A step that no act does, or whose calls no act makes, would have a row and no case; a call that no
/// row tells of would belong to a step whose row is not complete.
#[tokio::test(flavor = "multi_thread")]
async fn every_step_and_every_undo_is_in_the_matrix() {
    let (mut runs, mut wrong) = (Vec::new(), Vec::new());
    for act in Act::ALL {
        let run = dry_run(act, On::Sqlite).await;
        let made = steps::counted(run.calls.iter().copied());
        let mut told = run.told();
        told.retain(|call| !act.is_spared(*call));
        told.extend(act.calls_more());
        let told = steps::counted(told);
        if made != told {
            wrong.push(format!("{act:?} makes {made:?}, its rows tell {told:?}"));
        }
        runs.push(run);
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    for row in steps::ROWS {
        let name = row.name;
        let done = |run: &DryRun| run.steps.contains(&name);
        assert!(runs.iter().any(done), "{name} is done by no act");
        let undone = |run: &DryRun| run.undone.contains(&name);
        assert!(row.undo_calls.is_empty() || runs.iter().any(undone), "{name} is undone by no act");
    }
    let calls: usize = runs.iter().map(|run| run.calls.len()).sum();
    let cases: usize = Act::ALL.iter().zip(&runs).map(|(act, run)| cases(*act, run).len()).sum();
    let undos = steps::ROWS.iter().filter(|row| !row.undo_calls.is_empty()).count();
    // Past the test harness, which keeps what a test prints to itself.
    writeln!(
        std::io::stderr(),
        "the matrix: {} steps and {undos} undos make {calls} calls in {} acts; each with those of {} \
         faults that it can meet, on 2 databases: {} cases",
        steps::ROWS.len(),
        Act::ALL.len(),
        Wrong::ALL.len(),
        2 * cases
    )
    .unwrap();
}

macro_rules! matrices {
    ($($name:ident: $act:ident;)*) => {
        on_each_database! { $($name,)* }
        $(async fn $name(on: On) {
            matrix(on, Act::$act).await;
        })*
    };
}

matrices! {
    create_lab: CreateLab;
    create_project: CreateProject;
    send_invite: SendInvite;
    accept_invite: AcceptInvite;
    fund_template: CreateCourse;
    assign: Assign;
    activate: Activate;
    drop_seat: Drop;
    void: Void;
    delete: Delete;
    end: End;
    undone_lab: UndoneLab;
    undone_project: UndoneProject;
    undone_invite: UndoneInvite;
    undone_assign: UndoneAssign;
    undone_activation: UndoneActivation;
}
