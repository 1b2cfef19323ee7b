//! A process dies at any moment; another one finds its sagas in the ledger and goes on.

use crate::acts::{Blind, NAMES};
use crate::database::{On, on_each_database};
use crate::moody::Moody;
use crate::together::{Case, together};
use crate::uncut::{Uncut, about_to};
use crate::world::World;
use course_seats_application::ports::Clock;
use course_seats_application::{App, Ports};
use course_seats_testkit::runtime::TokioSpawner;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

on_each_database! {
    an_assign_whose_process_dies_is_finished_by_another,
    every_other_saga_whose_process_dies_is_finished_by_another,
    a_service_that_is_stopped_hands_its_leases_back_at_once,
    a_plan_of_a_newer_version_is_left_to_a_newer_replica,
}

/// A process that can be killed: its tasks stop at whatever await they are.
struct Process {
    runtime: tokio::runtime::Runtime,
    app: Arc<App>,
    moody: Arc<Moody>,
}

impl Process {
    fn start(world: &World) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let spawner = {
            let _inside = runtime.enter();
            Arc::new(TokioSpawner::current())
        };
        let moody = Moody::on(&world.ports, &world.sandbox.accounting);
        let app = App::new(Ports { spawner, ..moody.ports() }, world.settings.clone());
        Self { runtime, app, moody }
    }

    /// Makes a call on this process, and kills it so long after it has made so many calls outside.
    async fn call_and_die(self, world: &World, act: Blind, calls: usize, later: Duration) {
        let (app, owner) = (Arc::clone(&self.app), world.owner());
        let call = self.runtime.spawn(async move { act.call(&app, owner).await });
        // Closer than `eventually` looks: a call takes only a few milliseconds.
        while self.moody.made().len() < calls && !call.is_finished() {
            world.clock.sleep(Duration::from_millis(1)).await;
        }
        world.clock.sleep(later).await;
        let runtime = self.runtime;
        let death = move || runtime.shutdown_timeout(Duration::from_secs(10));
        tokio::runtime::Handle::current().spawn_blocking(death).await.unwrap();
        // What it was about to commit is committed now, or never will be: there is one writer.
        world.ports.store.begin().await.unwrap().rollback().await.unwrap();
    }
}

/// A call outside takes a while, so that death finds the process in the midst of it.
const LATENCY: Duration = Duration::from_millis(40);

/// How many calls outside a process had made when it died in the midst of it.
type Met = Mutex<BTreeSet<usize>>;

async fn dies(on: On, name: &'static str) {
    let (uncut, dry_run) = Uncut::run(on, name).await;
    let (uncut, calls) = (Arc::new(uncut), dry_run.made().len());
    let met = Arc::new(Met::default());
    let moments = (1..=calls).flat_map(|call| [(call, Duration::ZERO), (call, LATENCY)]);
    together(moments.map(|(call, later)| {
        let (uncut, met) = (Arc::clone(&uncut), Arc::clone(&met));
        move || async move {
            let _case = Case(format!("{name} on {on:?} dies {later:?} after call {call}"));
            let (world, act) = about_to(on, name).await;
            world.sandbox.faults.set_latency(LATENCY);
            let process = Process::start(&world);
            let moody = Arc::clone(&process.moody);
            process.call_and_die(&world, act, call, later).await;
            if world.count("saga WHERE status IN ('running', 'undoing')") > 0 {
                met.lock().unwrap().insert(moody.made().len());
            }
            world.sandbox.faults.set_latency(Duration::ZERO);
            let world = World { app: world.replica(), ..world };
            world.app.start_reconcilers();
            world.settled().await;
            world.audit();
            world.looked_at().await;
            world.audit();
            uncut.is_the_end_of(&world);
            world.app.begin_shutdown();
            world.app.drained().await;
        }
    }))
    .await;
    let met = met.lock().unwrap();
    println!("{name} on {on:?}: {calls} calls; died in the midst after {met:?}");
    // The first calls of some begin nothing, and two or three calls are made at once.
    assert!(met.len() >= calls.div_ceil(3), "of {calls} calls it died only after {met:?}");
}

async fn an_assign_whose_process_dies_is_finished_by_another(on: On) {
    dies(on, "assign").await;
}

async fn every_other_saga_whose_process_dies_is_finished_by_another(on: On) {
    for name in NAMES.into_iter().filter(|name| *name != "assign") {
        dies(on, name).await;
    }
}

impl World {
    /// A student whose grant was not in flight ends assigned.
    pub fn only_grants_in_flight_failed(&self) {
        for (reason, story) in crate::audit::undone_assigns(&self.database) {
            assert!(story.contains("grant_attempt"), "undone for no reason: {reason} {story}");
        }
    }
}

async fn a_service_that_is_stopped_hands_its_leases_back_at_once(on: On) {
    let world = World::new(on).await;
    let act = Blind::ready("assign", &world).await;
    world.sandbox.faults.set_latency(Duration::from_millis(30));
    let (app, owner) = (Arc::clone(&world.app), world.owner());
    let call = tokio::runtime::Handle::current().spawn(async move { act.call(&app, owner).await });
    world.clock.sleep(Duration::from_millis(60)).await;
    let began = world.clock.monotonic();
    world.app.begin_shutdown();
    world.app.drained().await;
    call.await.unwrap();
    assert!(world.clock.monotonic() - began < Duration::from_secs(1), "waits for nobody");
    assert_eq!(world.count("saga WHERE lease_until IS NOT NULL"), 0);
    let world = World { app: world.replica(), ..world };
    world.sandbox.faults.set_latency(Duration::ZERO);
    world.app.start_reconcilers();
    world.settled().await;
    assert_eq!(world.count("course_enrolment"), 3, "handed back is not in doubt");
    world.audit();
}

async fn a_plan_of_a_newer_version_is_left_to_a_newer_replica(on: On) {
    let world = World::without_reconcilers(on).await;
    let ground = world.ground(3).await;
    world.sandbox.faults.set_latency(Duration::from_millis(30));
    let act = Blind::Assign(ground);
    let (app, owner) = (Arc::clone(&world.app), world.owner());
    let call = tokio::runtime::Handle::current().spawn(async move { act.call(&app, owner).await });
    world
        .eventually("it is begun", async || {
            world.count("saga WHERE begun AND kind = 'assign_seat'") == 3
        })
        .await;
    world.app.begin_shutdown();
    world.app.drained().await;
    call.await.unwrap();
    world.sandbox.faults.set_latency(Duration::ZERO);
    let plan = |from: u32, to: u32| {
        let (text, json) = match on {
            On::Sqlite => ("\"plan\"", ""),
            On::Postgres => ("\"plan\"::text", "::json"),
        };
        let replaced = format!("replace({text}, '\"version\":{from}', '\"version\":{to}')");
        format!("UPDATE saga SET \"plan\" = {replaced}{json}")
    };
    world.database.execute(&plan(1, 999));
    let before = crate::audit::open_sagas(&world.database);
    let older = world.replica();
    older.start_reconcilers();
    world.clock.sleep(world.settings.reconcile_interval * 10).await;
    older.begin_shutdown();
    older.drained().await;
    assert_eq!(crate::audit::open_sagas(&world.database), before, "nothing was written");
    assert_eq!(world.count("saga WHERE lease_until IS NOT NULL"), 0, "nobody has it");
    // The newer replica comes.
    world.database.execute(&plan(999, 1));
    let world = World { app: world.replica(), ..world };
    world.app.start_reconcilers();
    world.settled().await;
    assert_eq!(world.count("course_enrolment"), 3);
    world.audit();
}
