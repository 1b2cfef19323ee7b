//! Jobs that students run: they spend credits, and reserve some for a while.

use crate::memory::{Account, Why};
use crate::runtime::lock;
use crate::world::World;
use chrono::{DateTime, Utc};
use course_seats_domain::ids::ProjectId;
use rust_decimal::Decimal;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What was spent, and when.
#[derive(Default, Clone)]
pub struct Jobs(Arc<Mutex<Vec<Job>>>);

/// Credits that were not in a project's balance any more.
#[derive(Debug, Clone, Copy)]
pub struct Job {
    /// Whose.
    pub project: ProjectId,
    /// Since when.
    pub at: DateTime<Utc>,
    /// How much is gone for good.
    pub spent: Decimal,
}

impl Jobs {
    /// All of a project's.
    #[must_use]
    pub fn of(&self, project: ProjectId) -> Vec<Job> {
        lock(&self.0).iter().filter(|job| job.project == project).copied().collect()
    }

    /// A job costs so much, if there is so much.
    pub fn spend(&self, world: &World, project: ProjectId, amount: u32) {
        self.reserve(world, project, (amount, amount), Duration::ZERO);
    }

    /// A job reserves so much, spends some of it and gives the rest back at its end.
    pub fn reserve(
        &self,
        world: &World,
        project: ProjectId,
        (reserved, spent): (u32, u32),
        lasts: Duration,
    ) {
        let (reserved, spent) = (Decimal::from(reserved), Decimal::from(spent));
        let mut books = lock(&world.books);
        if books.balance(Account::Project(project)) < reserved {
            return;
        }
        let (own, held) = (Account::Project(project), Account::Reservation(project));
        books.transfer(own, held, reserved, Why::Job);
        let ends = move |books: &mut crate::memory::Books| {
            books.transfer(held, Account::System, spent, Why::Job);
            if spent < reserved {
                books.transfer(held, own, reserved - spent, Why::Job);
            }
        };
        lock(&self.0).push(Job { project, at: world.now(), spent });
        if lasts.is_zero() {
            ends(&mut books);
        } else {
            let shared = Arc::clone(&world.books);
            world.runtime.later(lasts, Box::new(move || ends(&mut lock(&shared))));
        }
    }
}
