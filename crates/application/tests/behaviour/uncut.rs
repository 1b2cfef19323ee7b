//! How an act ends when nothing gets in its way: whoever finishes it comes to the same end.

use crate::acts::{Answer, Blind};
use crate::database::On;
use crate::moody::Moody;
use crate::shape::Shape;
use crate::world::World;
use course_seats_application::App;
use std::sync::Arc;

/// The world before an act and after it.
pub struct Uncut {
    name: &'static str,
    before: Shape,
    after: Shape,
    answer: Answer,
}

/// A world with an act in it, about to be done. Nobody is at work, nor looks at what came before.
pub async fn about_to(on: On, name: &str) -> (World, Blind) {
    let world = World::new(on).await;
    let act = Blind::ready(name, &world).await;
    world.looked_at().await;
    world.app.begin_shutdown();
    world.app.drained().await;
    (world, act)
}

impl Uncut {
    /// Does it once. Returns the outside that it was done to as well.
    pub async fn run(on: On, name: &'static str) -> (Self, Arc<Moody>) {
        let (world, act) = about_to(on, name).await;
        let moody = Moody::on(&world.ports, &world.sandbox.accounting);
        let app = App::new(moody.ports(), world.settings.clone());
        app.start_reconcilers();
        let before = world.shape();
        let answer = act.call(&app, world.owner()).await;
        let uncut = Self::ended(name, before, answer, &world).await;
        app.begin_shutdown();
        app.drained().await;
        (uncut, moody)
    }

    /// It was done in this world.
    pub async fn ended(name: &'static str, before: Shape, answer: Answer, world: &World) -> Self {
        world.settled().await;
        let after = world.shape();
        assert!(after.all("saga") > before.all("saga"), "{name} does nothing");
        assert!(answer != Answer::default(), "{name} tells nothing");
        let uncut = Self { name, before, after, answer };
        uncut.was_told(answer, world);
        uncut
    }

    /// What was told to be done is completed, and what was told to be none is undone.
    pub fn was_told(&self, answer: Answer, world: &World) {
        let end = world.shape();
        let more = |status| end.sagas(status) - self.before.sagas(status);
        let (completed, undone) = (more("completed"), more("undone"));
        assert!(answer.done <= completed, "{answer:?}, but {completed} are done");
        assert!(answer.failed <= undone, "{answer:?}, but {undone} are undone");
    }

    /// It was told the same as when nothing gets in its way.
    pub fn was_told_the_same(&self, answer: Answer) {
        assert_eq!(answer, self.answer);
    }

    /// The act has come to the same end in this world, or was never begun; whether it was. Only a
    /// student whose grant was in flight may have failed.
    pub fn is_the_end_of(&self, world: &World) -> bool {
        let end = world.shape();
        if end.all("saga") == self.before.all("saga") {
            end.must_be(&self.before, &format!("{} was never begun", self.name));
            return false;
        }
        let expected = match self.name {
            "assign" => {
                world.only_grants_in_flight_failed();
                self.after.with_grants_in_flight(end.count("saga: assign_seat, undone, no"))
            }
            _ => self.after.clone(),
        };
        end.must_be(&expected, &format!("{} ends as it does uncut", self.name));
        true
    }
}
