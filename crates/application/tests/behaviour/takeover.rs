//! A process dies at any moment; another one finds its sagas in the ledger and goes on.

use crate::acts::{Blind, NAMES};
use crate::database::{On, on_each_database};
use crate::together::{Case, together};
use crate::uncut::Uncut;
use crate::world::World;
use course_seats_application::ports::Clock;
use course_seats_application::{App, Ports};
use course_seats_testkit::runtime::TokioSpawner;
use std::sync::Arc;
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
        let app = App::new(Ports { spawner, ..world.ports.clone() }, world.settings.clone());
        Self { runtime, app }
    }

    /// Makes a call on this process, and kills it after so long.
    async fn call_and_die(self, world: &World, act: Blind, after: Duration) {
        let (app, owner) = (Arc::clone(&self.app), world.owner());
        self.runtime.spawn(async move { act.call(&app, owner).await });
        world.clock.sleep(after).await;
        let runtime = self.runtime;
        let death = move || runtime.shutdown_timeout(Duration::from_secs(10));
        tokio::runtime::Handle::current().spawn_blocking(death).await.unwrap();
        // What it was about to commit is committed now, or never will be: there is one writer.
        world.ports.store.begin().await.unwrap().rollback().await.unwrap();
    }
}

/// A call outside takes a few milliseconds, so that death finds the process at every step.
const LATENCY: Duration = Duration::from_millis(4);

async fn dies(on: On, name: &'static str, moments: u32) {
    let uncut = Arc::new(Uncut::run(on, name).await);
    together((0..moments).map(|moment| {
        let uncut = Arc::clone(&uncut);
        move || async move {
            let world = World::new(on).await;
            let act = Blind::ready(name, &world).await;
            world.settled().await;
            // Nobody but the process that dies is at work, until it is dead.
            world.app.begin_shutdown();
            world.app.drained().await;
            world.sandbox.faults.set_latency(LATENCY);
            let after = LATENCY * moment + Duration::from_millis(2);
            let _case = Case(format!("{name} dies after {after:?}"));
            Process::start(&world).call_and_die(&world, act, after).await;
            world.sandbox.faults.set_latency(Duration::ZERO);
            let world = World { app: world.replica(), ..world };
            world.app.start_reconcilers();
            world.settled().await;
            world.looked_at().await;
            world.audit();
            uncut.is_the_end_of(&world);
            world.app.begin_shutdown();
            world.app.drained().await;
        }
    }))
    .await;
}

async fn an_assign_whose_process_dies_is_finished_by_another(on: On) {
    dies(on, "assign", 24).await;
}

async fn every_other_saga_whose_process_dies_is_finished_by_another(on: On) {
    for name in NAMES.into_iter().filter(|name| *name != "assign") {
        dies(on, name, 9).await;
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
