use super::Audit;
use crate::memory::{SagaRow, Tables};
use chrono::{DateTime, TimeDelta, Utc};
use course_seats_application::ports::store::MailStatus;
use course_seats_domain::ids::ProjectId;
use course_seats_domain::plans::{CourseEvent, CoursePlan, CourseStep, SagaKind};
use course_seats_domain::saga::{Event, Saga};

/// Whether it is open and will be tried again: money that cannot be decided is not.
#[must_use]
pub fn is_open(row: &SagaRow, now: DateTime<Utc>) -> bool {
    let given_over = row.kind == SagaKind::FundTemplate
        && row.needs_attention
        && row.due_at > now + TimeDelta::days(3650);
    row.status.is_open() && !given_over
}

/// Whether no saga is open and no mail waits; with `looks`: whether no look is left either.
#[must_use]
pub fn is_quiet(tables: &Tables, now: DateTime<Utc>, looks: bool) -> bool {
    how_much_is_open(tables, now) == 0
        && !(looks && tables.sagas.values().any(|row| row.look_at.is_some()))
}

/// Whether nothing about any saga was ever unknown, neither while it was open nor at a look.
#[must_use]
pub fn is_certain(tables: &Tables) -> bool {
    let certain = |event: &CourseEvent| {
        !matches!(
            event,
            Event::TakenOver
                | Event::Unknown { .. }
                | Event::UndoUnknown { .. }
                | Event::LookUnknown { .. }
        )
    };
    tables.sagas.values().all(|row| row.events.iter().all(certain))
}

/// What keeps it from being quiet.
#[must_use]
pub fn what_is_open(tables: &Tables, now: DateTime<Utc>) -> Vec<String> {
    let sagas = tables.sagas.iter();
    let sagas = sagas.filter(|(_, row)| is_open(row, now) || row.look_at.is_some());
    let sagas = sagas.map(|(id, row)| {
        let (look_at, error, events) = (row.look_at, &row.error, &row.events);
        format!(
            "{:?} {id} is {:?}, look at {look_at:?}, {error:?}: {events:?}",
            row.kind, row.status
        )
    });
    let mails = tables.mails.iter().filter(|(_, row)| row.status == MailStatus::Queued);
    sagas.chain(mails.map(|(id, _)| format!("mail {id} is queued"))).collect()
}

/// How many sagas and mails are not at their end.
#[must_use]
pub fn how_much_is_open(tables: &Tables, now: DateTime<Utc>) -> usize {
    let sagas = tables.sagas.values().filter(|row| is_open(row, now));
    let mails = tables.mails.values().filter(|row| row.status == MailStatus::Queued);
    sagas.count() + mails.count()
}

/// The sagas that need somebody, templates too.
#[must_use]
pub fn needs_attention(tables: &Tables) -> Vec<String> {
    let flagged = tables.sagas.iter().filter(|(_, row)| row.needs_attention);
    flagged.map(|(id, row)| format!("{:?} {id}: {:?}", row.kind, row.error)).collect()
}

/// The template that a saga funds.
pub(super) fn template_of(row: &SagaRow) -> Option<ProjectId> {
    row.plan.steps.iter().find_map(|planned| match &planned.step {
        CourseStep::GrantTemplate { project, .. } => Some(*project),
        _ => None,
    })
}

impl Audit<'_> {
    /// Every story can be read, and nothing needs a person but templates.
    pub(super) fn sagas(&mut self) {
        let mut found = Vec::new();
        for (id, row) in self.tables.sagas.iter() {
            match Saga::replay(CoursePlan::clone(&row.plan), &row.events) {
                Ok(saga) if saga.status != row.status => {
                    found.push(format!(
                        "saga {id} is {:?}, its story {:?}",
                        row.status, saga.status
                    ));
                }
                Ok(_) => {}
                Err(illegal) => found.push(format!("the story of saga {id}: {illegal}")),
            }
            if row.needs_attention && row.kind != SagaKind::FundTemplate {
                found.push(format!("saga {id} ({:?}) needs attention: {:?}", row.kind, row.error));
            }
        }
        self.findings.append(&mut found);
    }
}
