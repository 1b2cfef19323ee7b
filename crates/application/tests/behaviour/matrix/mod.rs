//! The fault matrix: each call outside that any saga makes, going forward or back, goes wrong in
//! each way; afterwards, and after every late look, the audit is clean and the answer told the
//! truth. And each write is made twice, which changes nothing more. Which calls there are, a run without any fault tells; that no step is missing there,
//! [`steps`] knows.

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
use std::collections::BTreeSet;
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
    /// It lands when all is settled, or undone.
    Late,
    Garbage,
    TimesOut,
    CommitsAfterTheAnswer,
    PanicsBefore,
    PanicsAfter,
    /// Nothing is wrong but that it is made twice, and once more when all is over.
    Twice,
}

const LATE: Duration = Duration::from_millis(300);

impl Wrong {
    const ALL: [Self; 12] = [
        Self::Refused,
        Self::Rejected,
        Self::Heals,
        Self::ServerError,
        Self::AnswerLost,
        Self::Late,
        Self::Garbage,
        Self::TimesOut,
        Self::CommitsAfterTheAnswer,
        Self::PanicsBefore,
        Self::PanicsAfter,
        Self::Twice,
    ];

    /// Whether that can happen to such a call. What has no effect cannot lose its answer.
    fn can_happen_to(self, operation: Operation) -> bool {
        let accounting = operation.system() == System::Accounting;
        let gone_is_done = matches!(operation, Operation::Leave | Operation::DeleteGroup);
        match self {
            Self::Refused | Self::ServerError | Self::TimesOut => true,
            // Soon after an account was opened it may not be there yet, also for who looks. To who
            // takes something away "not there" is an answer.
            Self::Heals => accounting || operation.is_write() && !gone_is_done,
            Self::CommitsAfterTheAnswer => operation.is_write() && accounting,
            // A grant is never sent again: whose step is done again asks first.
            Self::Twice => operation.is_write() && operation != Operation::Grant,
            _ => operation.is_write(),
        }
    }

    /// The n-th such call from now on goes wrong.
    fn arm(self, world: &World, moody: &Moody, operation: Operation, n: usize) {
        let kind = match self {
            Self::Refused => FaultKind::Refuse,
            Self::Rejected => FaultKind::Reject,
            Self::Heals => FaultKind::NotFound,
            Self::ServerError => FaultKind::ServerError,
            Self::AnswerLost => FaultKind::LoseAnswer,
            Self::Late => FaultKind::Late,
            Self::Garbage => FaultKind::Garbage,
            Self::TimesOut
            | Self::CommitsAfterTheAnswer
            | Self::PanicsBefore
            | Self::PanicsAfter
            | Self::Twice => {
                let mood = match self {
                    Self::Twice => Mood::Twice,
                    Self::TimesOut => Mood::TimesOut(world.settings.outside_timeout),
                    Self::PanicsBefore => Mood::PanicsBefore,
                    Self::PanicsAfter => Mood::PanicsAfter,
                    _ => Mood::CommitsLater(world.settings.grant_patience / 2),
                };
                return moody.begin(Some((Which::Call(operation, n), mood)));
            }
        };
        moody.begin(None);
        let late_ms = u64::try_from(LATE.as_millis()).unwrap();
        let after = u32::try_from(n).unwrap();
        let fault = Fault { after, late_ms, ..Fault::once(operation, kind) };
        world.sandbox.faults.inject(fault).unwrap();
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

/// A world with one act in it, about to be done.
async fn about_to(act: Act, on: On) -> (World, Arc<Moody>, Ground) {
    let ms = Duration::from_millis;
    let settings = Settings {
        outside_timeout: ms(150),
        grant_patience: ms(250),
        saga_lease: ms(900),
        late_arrival_grace: ms(400),
        ..settings()
    };
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
    steps: BTreeSet<&'static str>,
    /// Those of them that were undone.
    undone: BTreeSet<&'static str>,
    /// What the world is like then, and what was moved.
    end: (Shape, Shape),
}

async fn dry_run(act: Act, on: On) -> DryRun {
    let (world, moody, ground) = about_to(act, on).await;
    let before = sagas(&world).await;
    moody.begin(None);
    act.perform(&world, ground).await;
    let mut run = DryRun {
        calls: moody.made(),
        steps: BTreeSet::new(),
        undone: BTreeSet::new(),
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

/// One act with each of its calls going wrong in each way.
async fn matrix(on: On, act: Act) {
    let run = dry_run(act, on).await;
    let mut cases = Vec::new();
    for (place, operation) in run.calls.iter().enumerate() {
        let n = run.calls[..place].iter().filter(|made| *made == operation).count();
        let wrongs = Wrong::ALL.into_iter().filter(|wrong| wrong.can_happen_to(*operation));
        cases.extend(wrongs.map(|wrong| (*operation, n, wrong)));
    }
    println!(
        "{act:?} on {on:?}: {} steps, {} calls, {} cases",
        run.steps.len(),
        run.calls.len(),
        cases.len()
    );
    let end = Arc::new(run.end);
    together(cases.into_iter().map(|(operation, n, wrong)| {
        let end = Arc::clone(&end);
        move || async move {
            let (world, moody, ground) = about_to(act, on).await;
            wrong.arm(&world, &moody, operation, n);
            let _case = Case(format!("{act:?} on {on:?}: {operation:?} number {n}: {wrong:?}"));
            act.perform(&world, ground).await;
            if matches!(wrong, Wrong::Late | Wrong::CommitsAfterTheAnswer) {
                // It lands before the first look.
                world.clock.sleep(LATE).await;
            }
            // What was taken back may not be done again by nobody: no saga would know of it.
            if wrong == Wrong::Twice && (takes_away(operation) || !act.is_undone()) {
                moody.make_again().await;
            }
            world.looked_at().await;
            world.audit();
            if wrong.only_repeats(operation) {
                world.shape().must_be(&end.0, "what is done twice changes nothing more");
                world.movements().must_be(&end.1, "what is done twice moves nothing more");
            }
            close(world).await;
        }
    }))
    .await;
}

/// A step that no act does, or whose calls no act makes, would have a row and no case.
#[tokio::test(flavor = "multi_thread")]
async fn every_step_and_every_undo_is_in_the_matrix() {
    let mut runs = Vec::new();
    for act in Act::ALL {
        runs.push(dry_run(act, On::Sqlite).await);
    }
    for row in steps::ROWS {
        let name = row.name;
        assert!(runs.iter().any(|run| run.steps.contains(name)), "{name} is done by no act");
        for call in row.calls {
            let made = |run: &DryRun| run.steps.contains(name) && run.calls.contains(call);
            assert!(runs.iter().any(made), "no act makes {call:?} of {name}");
        }
        for call in row.undo_calls {
            let made = |run: &DryRun| run.undone.contains(name) && run.calls.contains(call);
            assert!(runs.iter().any(made), "no act makes {call:?} of the undo of {name}");
        }
    }
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
