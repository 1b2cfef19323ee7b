//! An owner that sleeps too long changes nothing when it wakes: another replica has taken over.

use crate::acts::Blind;
use crate::database::{On, on_each_database};
use crate::moody::{Mood, Moody, Which};
use crate::together::{Case, together};
use crate::uncut::Uncut;
use crate::world::World;
use course_seats_application::App;
use std::sync::Arc;

/// The most writes outside that one of the acts makes, and one more.
const WRITES: usize = 8;

async fn survives(on: On, name: &'static str) {
    let uncut = Arc::new(Uncut::run(on, name).await);
    let cases = (0..WRITES).flat_map(|call| [(call, false), (call, true)]);
    together(cases.map(|(call, after)| {
        let uncut = Arc::clone(&uncut);
        move || async move {
            let world = World::new(on).await;
            let act = Blind::ready(name, &world).await;
            world.settled().await;
            let _case = Case(format!(
                "{name} on {on:?}: sleeps at write {call}, after its effect: {after}"
            ));
            let sleep = world.settings.saga_lease + world.settings.saga_lease / 2;
            let mood = if after { Mood::SleepsAfter(sleep) } else { Mood::SleepsBefore(sleep) };
            let moody = Moody::on(&world.ports, &world.sandbox.accounting);
            moody.begin(Some((Which::Write(call), mood)));
            // The world's own app is the other replica: it takes over what the moody one lets go.
            let app = App::new(moody.ports(), world.settings.clone());
            app.start_reconcilers();
            act.call(&app, world.owner()).await;
            // Until it has woken, and stopped.
            app.begin_shutdown();
            app.drained().await;
            world.settled().await;
            world.audit();
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
}
