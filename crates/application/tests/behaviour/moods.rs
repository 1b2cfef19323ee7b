//! An owner that sleeps too long changes nothing when it wakes: another replica has taken over.

use crate::database::{On, on_each_database};
use crate::moody::{Mood, Moody, Which};
use crate::together::{Case, together};
use crate::uncut::{Uncut, about_to};
use crate::world::World;
use course_seats_application::App;
use std::sync::Arc;
use tokio::runtime::Handle;

async fn survives(on: On, name: &'static str) {
    let (uncut, dry_run) = Uncut::run(on, name).await;
    let (uncut, writes) = (Arc::new(uncut), dry_run.writes());
    // Who makes more writes than this does the same for several students.
    let cases = (0..writes.min(8)).flat_map(|call| [(call, false), (call, true)]);
    println!("{name} on {on:?}: {writes} writes outside, {} cases", cases.clone().count());
    together(cases.map(|(call, after)| {
        let uncut = Arc::clone(&uncut);
        move || async move {
            let (world, act) = about_to(on, name).await;
            let _case = Case(format!(
                "{name} on {on:?}: sleeps at write {call}, after its effect: {after}"
            ));
            let sleep = world.settings.saga_lease + world.settings.saga_lease / 2;
            let mood = if after { Mood::SleepsAfter(sleep) } else { Mood::SleepsBefore(sleep) };
            let moody = Moody::on(&world.ports, &world.sandbox.accounting);
            moody.begin(Some((Which::Write(call), mood)));
            let app = App::new(moody.ports(), world.settings.clone());
            app.start_reconcilers();
            let (owner, process) = (world.owner(), Arc::clone(&app));
            let called = Handle::current().spawn(async move { act.call(&process, owner).await });
            world.eventually("the owner sleeps", async || moody.is_met()).await;
            // Now the other replica comes, and takes over what the sleeper lets go.
            let world = World { app: world.replica(), ..world };
            world.app.start_reconcilers();
            let answer = called.await.unwrap();
            // Until it has woken, and stopped.
            app.begin_shutdown();
            app.drained().await;
            world.settled().await;
            world.audit();
            uncut.was_told(answer, &world);
            world.looked_at().await;
            world.audit();
            assert!(uncut.is_the_end_of(&world));
            world.app.begin_shutdown();
            world.app.drained().await;
        }
    }))
    .await;
}

macro_rules! sleepers {
    ($($name:ident: $act:literal;)*) => {
        on_each_database! { $($name,)* }
        $(async fn $name(on: On) {
            survives(on, $act).await;
        })*
    };
}

sleepers! {
    create_lab: "create lab";
    create_project: "create project";
    accept_invite: "accept invite";
    create_course: "create course";
    assign: "assign";
    activate: "activate";
    drop: "drop";
    void: "void";
    delete: "delete";
    end: "end";
    undone_lab: "undone lab";
    undone_project: "undone project";
    undone_invite: "undone invite";
    undone_assign: "undone assign";
    undone_activation: "undone activation";
}
