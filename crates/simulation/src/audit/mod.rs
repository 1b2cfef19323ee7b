//! The audit: what the database says, held against the outside and against what users were told.
//! It reads rows and systems themselves, not through the code that it audits.

mod commits;
mod credits;
mod groups;
mod mail;
mod rows;
mod sagas;

use crate::memory::{Books, Directory, Mailbox, Tables};
use crate::model::{Jobs, Left, Promises};
use crate::runtime::lock;
use crate::world::World;
use course_seats_domain::plans::SagaKind;
use std::time::Duration;

pub use commits::broken_rules;
pub use sagas::{how_much_is_open, is_certain, is_open, is_quiet, needs_attention, what_is_open};

/// Everything that an audit looks at.
struct Audit<'a> {
    tables: &'a Tables,
    directory: &'a Directory,
    books: &'a Books,
    mailbox: &'a Mailbox,
    left: &'a Left,
    jobs: &'a Jobs,
    patience: Duration,
    grace: Duration,
    /// Whether late looks have not had their time yet.
    before_looks: bool,
    findings: Vec<String>,
}

/// Everything that is not as it should be. All must be quiet. `before_looks`: nothing was ever
/// unknown, so nothing may be left to them, and they have not had their time yet.
#[must_use]
pub fn findings(
    world: &World,
    left: &Left,
    jobs: &Jobs,
    promises: &Promises,
    before_looks: bool,
) -> Vec<String> {
    let tables = world.tables();
    let (directory, books) = (lock(&world.directory), lock(&world.books));
    let mailbox = lock(&world.mailbox);
    let mut audit = Audit {
        tables: &tables,
        directory: &directory,
        books: &books,
        mailbox: &mailbox,
        left,
        jobs,
        patience: world.settings().grant_patience,
        grace: world.settings().late_arrival_grace,
        before_looks,
        findings: promises.broken(&tables).into_iter().chain(world.database.broken()).collect(),
    };
    audit.sagas();
    audit.groups();
    audit.credits();
    audit.rows();
    audit.mail();
    audit.findings
}

impl Audit<'_> {
    fn find(&mut self, what: String) {
        self.findings.push(what);
    }

    /// Whether the money of this template cannot be decided, which somebody was told: a grant may
    /// have come later than the grace, or somebody else has touched it. (The one thing that stops
    /// being tried.)
    fn is_flagged(&self, template: course_seats_domain::ids::ProjectId) -> bool {
        self.tables.sagas.values().any(|row| {
            row.kind == SagaKind::FundTemplate
                && row.needs_attention
                && sagas::template_of(row) == Some(template)
        })
    }
}
