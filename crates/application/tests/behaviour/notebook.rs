//! The notebook is cut after every write: the process dies right before it, or right after it, or
//! never hears that it was made. Who resumes comes to the same end, and what is local is not done
//! twice.

use crate::acts::Blind;
use crate::database::{On, on_each_database};
use crate::shaky::{Fate, Shaky};
use crate::together::{Case, together};
use crate::uncut::Uncut;
use crate::world::World;
use course_seats_application::{App, Ports};
use std::sync::Arc;
use tokio::runtime::Handle;

/// A world, an act in it, and the process that will do it; the world's own app is another replica.
async fn about_to(on: On, name: &str) -> (World, Blind, Arc<App>, Arc<Shaky>) {
    let world = World::new(on).await;
    let act = Blind::ready(name, &world).await;
    world.settled().await;
    let shaky = Shaky::on(Arc::clone(&world.ports.store));
    let ports = Ports { store: shaky.clone(), ..world.ports.clone() };
    let app = App::new(ports, world.settings.clone());
    (world, act, app, shaky)
}

/// How many writes there are when nobody cuts, and how it ends then.
async fn uncut(on: On, name: &'static str) -> (u32, Uncut) {
    let (world, act, app, shaky) = about_to(on, name).await;
    let before = world.shape();
    act.call(&app, world.owner()).await;
    let uncut = Uncut::ended(name, before, &world).await;
    let writes = shaky.written();
    world.app.begin_shutdown();
    world.app.drained().await;
    (writes, uncut)
}

async fn cut_after_every_write(on: On, name: &'static str) {
    let (writes, uncut) = uncut(on, name).await;
    let uncut = Arc::new(uncut);
    let fates = [Fate::DiesBefore, Fate::DiesAfter, Fate::AnswerLost];
    let cases = (0..writes).flat_map(|n| fates.map(|fate| (n, fate)));
    println!("{name} on {on:?}: {writes} writes, {} cases", cases.clone().count());
    together(cases.map(|(n, fate)| {
        let uncut = Arc::clone(&uncut);
        move || async move {
            let _case = Case(format!("{name} on {on:?}: {fate:?} at write {n}"));
            let (world, act, app, shaky) = about_to(on, name).await;
            shaky.fate(n, fate);
            let (owner, process) = (world.owner(), Arc::clone(&app));
            let call = Handle::current().spawn(async move { act.call(&process, owner).await });
            let over = "it has answered, or died";
            world.eventually(over, async || call.is_finished() || shaky.is_dead()).await;
            world.settled().await;
            world.looked_at().await;
            world.audit();
            let begun = uncut.is_the_end_of(&world);
            assert_eq!(begun, (n, fate) != (0, Fate::DiesBefore), "the first write begins it");
            for app in [app, Arc::clone(&world.app)] {
                app.begin_shutdown();
            }
            world.app.drained().await;
        }
    }))
    .await;
}

macro_rules! notebooks {
    ($($name:ident: $act:literal;)*) => {
        on_each_database! { $($name,)* }
        $(async fn $name(on: On) {
            cut_after_every_write(on, $act).await;
        })*
    };
}

notebooks! {
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
