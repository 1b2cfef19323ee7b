//! The notebook is cut at every write, those of the steps that only write among them: the process
//! dies right before it, or right after it, or panics there, or the database does not take it, or
//! never says that it did. Who resumes comes to the same end, what is local is not done twice, and
//! the answer is true.

use crate::acts::Blind;
use crate::database::{On, on_each_database};
use crate::shaky::{Fate, Shaky};
use crate::together::{Case, together};
use crate::uncut::Uncut;
use crate::world::{World, settings};
use course_seats_application::settings::Settings;
use course_seats_application::{App, Ports};
use futures::FutureExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::runtime::Handle;

/// A world, an act in it, and the process that will do it; the world's own app is another replica.
async fn about_to(on: On, name: &str, settings: Settings) -> (World, Blind, Arc<App>, Arc<Shaky>) {
    let world = World::with(on, settings).await;
    let act = Blind::ready(name, &world).await;
    world.settled().await;
    let shaky = Shaky::on(Arc::clone(&world.ports.store));
    let ports = Ports { store: shaky.clone(), ..world.ports.clone() };
    let app = App::new(ports, world.settings.clone());
    (world, act, app, shaky)
}

/// A step that does not come about in time is undone. One that only has to be tried again gets more
/// time than a busy machine takes for it.
fn limits(fate: Fate) -> Settings {
    let ms = Duration::from_millis;
    match fate {
        Fate::Refused | Fate::Panics => {
            Settings { outside_timeout: ms(1000), saga_lease: ms(2500), ..settings() }
        }
        _ => settings(),
    }
}

/// How many writes there are when nobody cuts, and how it ends then.
async fn uncut(on: On, name: &'static str) -> (u32, Uncut) {
    let (world, act, app, shaky) = about_to(on, name, settings()).await;
    let before = world.shape();
    let answer = act.call(&app, world.owner()).await;
    let uncut = Uncut::ended(name, before, answer, &world).await;
    let writes = shaky.written();
    world.app.begin_shutdown();
    world.app.drained().await;
    (writes, uncut)
}

async fn cut_after_every_write(on: On, name: &'static str) {
    let (writes, uncut) = uncut(on, name).await;
    let uncut = Arc::new(uncut);
    let cut = [Fate::AnswerLost, Fate::DiesBefore, Fate::DiesAfter];
    let mut cases: Vec<(u32, Fate)> = (0..writes).flat_map(|n| cut.map(|fate| (n, fate))).collect();
    if on == On::Sqlite {
        // Of these a database knows nothing: one is enough, by turns, as the whole takes minutes.
        let by_turns = |n: u32| if n.is_multiple_of(2) { Fate::Refused } else { Fate::Panics };
        cases.extend((0..writes).map(|n| (n, by_turns(n))));
    }
    let count = cases.len();
    println!("{name} on {on:?}: {writes} writes, {count} cases");
    let not_cut = Arc::new(AtomicUsize::new(0));
    together(cases.into_iter().map(|(n, fate)| {
        let (uncut, missed) = (Arc::clone(&uncut), Arc::clone(&not_cut));
        move || async move {
            let _case = Case(format!("{name} on {on:?}: {fate:?} at write {n}"));
            let (world, act, app, shaky) = about_to(on, name, limits(fate)).await;
            shaky.fate(n, fate);
            let (owner, process) = (world.owner(), Arc::clone(&app));
            let call = Handle::current().spawn(async move { act.call(&process, owner).await });
            let over = "it has answered, or died";
            world.eventually(over, async || call.is_finished() || shaky.is_dead()).await;
            world.settled().await;
            world.audit();
            if shaky.written() <= n {
                missed.fetch_add(1, Ordering::Relaxed);
            }
            let is_made = matches!(fate, Fate::AnswerLost | Fate::DiesAfter);
            // The dead tell nothing, nor does a call that panics.
            if let Some(Ok(answer)) = call.now_or_never() {
                uncut.was_told(answer, &world);
                // What is refused once is done at once: who asked does not notice.
                if fate == Fate::Refused && n > 0 {
                    uncut.was_told_the_same(answer);
                }
            }
            world.looked_at().await;
            world.audit();
            let begun = uncut.is_the_end_of(&world);
            assert_eq!(begun, n > 0 || is_made, "the first write begins it");
            for app in [app, Arc::clone(&world.app)] {
                app.begin_shutdown();
            }
            world.app.drained().await;
        }
    }))
    .await;
    // On a busy machine another replica makes the last writes, or a student turns back before them.
    let not_cut = not_cut.load(Ordering::Relaxed);
    assert!(not_cut * 4 <= count, "{not_cut} of {count} were not cut");
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
