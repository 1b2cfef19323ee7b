//! How an act ends when nothing gets in its way: whoever finishes it comes to the same end.

use crate::acts::Blind;
use crate::database::On;
use crate::shape::Shape;
use crate::world::World;

/// The world before an act and after it.
pub struct Uncut {
    name: &'static str,
    before: Shape,
    after: Shape,
}

impl Uncut {
    /// Does it once.
    pub async fn run(on: On, name: &'static str) -> Self {
        let world = World::new(on).await;
        let act = Blind::ready(name, &world).await;
        world.settled().await;
        let before = world.shape();
        act.call(&world.app, world.owner()).await;
        let uncut = Self::ended(name, before, &world).await;
        world.app.begin_shutdown();
        world.app.drained().await;
        uncut
    }

    /// It was done in this world.
    pub async fn ended(name: &'static str, before: Shape, world: &World) -> Self {
        world.settled().await;
        let after = world.shape();
        assert!(after.all("saga") > before.all("saga"), "{name} does nothing");
        Self { name, before, after }
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
