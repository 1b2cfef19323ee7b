use super::tables::{SagaRow, put};
use super::tx::{MemoryTx, page_of};
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use course_seats_application::ports::store::{
    GivenUp, Listed, Page, SagaFilter, SagaSummary, Sagas, StoreError,
};
use course_seats_domain::ids::{CourseId, SagaId};
use course_seats_domain::plans::{CourseEvent, CoursePlan, CourseSaga, CourseStep, SagaKind};
use course_seats_domain::saga::recovery::Head;
use course_seats_domain::saga::{Claim, Event, Ledger, LedgerError, NewSaga, Saga, Status, Ticket};
use std::cmp::Reverse;
use std::sync::Arc;
use uuid::Uuid;

/// The condition under which a write counts.
struct Guard {
    /// `None`: whoever has it.
    generation: Option<i64>,
    status: Status,
    /// Whether the lease must not have been given back.
    leased: bool,
}

fn holder(ticket: &Ticket) -> Guard {
    Guard { generation: Some(ticket.generation), status: ticket.status, leased: true }
}

fn refused(error: StoreError) -> LedgerError {
    match error {
        StoreError::Fenced => LedgerError::Fenced,
        StoreError::Unavailable(why) => LedgerError::Unavailable(why),
        StoreError::Corrupt(why) => LedgerError::Corrupt(why),
        StoreError::Conflict(key) => LedgerError::Corrupt(format!("{key} is taken")),
    }
}

fn replayed(row: &SagaRow) -> Result<CourseSaga, StoreError> {
    Saga::replay(CoursePlan::clone(&row.plan), &row.events)
        .map_err(|illegal| StoreError::Corrupt(illegal.to_string()))
}

fn summary(id: SagaId, row: &SagaRow) -> SagaSummary {
    SagaSummary {
        id,
        kind: row.kind,
        status: row.status,
        needs_attention: row.needs_attention,
        subject: row.subject.clone(),
        attempts: row.attempts,
        created_at: row.created_at,
        updated_at: row.updated_at,
        lease_until: row.lease_until,
        error: row.error.clone(),
    }
}

/// What events do to a saga's row.
fn follow(row: &mut SagaRow, events: &[CourseEvent]) {
    for event in events {
        if let Some(status) = event.leads_to() {
            row.status = status;
            row.needs_attention &= status.is_open();
        }
        match event {
            Event::Tried { why, .. }
            | Event::Unknown { why, .. }
            | Event::UndoTried { why, .. }
            | Event::UndoUnknown { why, .. } => {
                row.attempts += 1;
                row.error = Some(why.clone());
            }
            Event::NeedsAttention { why } => {
                row.needs_attention = true;
                row.error = Some(why.clone());
            }
            Event::Seen { .. } => row.needs_attention = false,
            Event::LookUnknown { why } => row.error = Some(why.clone()),
            Event::LookBegan => row.looking = true,
            Event::Looked => row.looking = false,
            _ => {}
        }
    }
    row.events.extend_from_slice(events);
}

impl MemoryTx {
    fn saga_row(&self, id: SagaId) -> Option<&SagaRow> {
        self.tables.sagas.get(&id).map(|row| &**row)
    }

    /// The heads of those that are wanted, by when they are due.
    fn heads(
        &self,
        wanted: impl Fn(&SagaRow) -> bool,
        due: impl Fn(&Head) -> Option<DateTime<Utc>>,
        limit: u32,
    ) -> Vec<(SagaId, Head)> {
        let found = self.tables.sagas.iter().filter(|(_, row)| wanted(row));
        let head = |row: &SagaRow| Head {
            status: row.status,
            lease_until: row.lease_until,
            due_at: row.due_at,
            look_at: row.look_at,
        };
        let mut found: Vec<_> = found.map(|(id, row)| (*id, head(row))).collect();
        found.sort_by_key(|(id, head)| (due(head), *id));
        found.truncate(limit as usize);
        found
    }

    /// The one way to change a saga. `Fenced`, and nothing is changed, if the guard does not hold.
    fn write_saga(
        &mut self,
        id: SagaId,
        guard: &Guard,
        events: &[CourseEvent],
        change: impl FnOnce(&mut SagaRow),
    ) -> Result<(), StoreError> {
        let row = self.saga_row(id).filter(|row| {
            row.status == guard.status
                && guard.generation.is_none_or(|generation| row.generation == generation)
                && (!guard.leased || row.lease_until.is_some())
        });
        let mut row = row.cloned().ok_or(StoreError::Fenced)?;
        change(&mut row);
        follow(&mut row, events);
        row.updated_at = self.now();
        let closed = guard.status.is_open() && !row.status.is_open();
        put(&mut self.tables.sagas, id, row);
        if closed {
            self.release_reservations(id);
        }
        Ok(())
    }

    /// Takes a saga for `lease`, with `events`.
    fn take(
        &mut self,
        id: SagaId,
        status: Status,
        events: &[CourseEvent],
        lease: TimeDelta,
    ) -> Result<Claim<CourseStep>, StoreError> {
        let until = self.now() + lease;
        let guard = Guard { generation: None, status, leased: false };
        self.write_saga(id, &guard, events, |row| {
            row.generation += 1;
            row.begun = true;
            row.lease_until = Some(until);
        })?;
        let row = self.saga_row(id).ok_or(StoreError::Fenced)?;
        let ticket = Ticket { saga: id.uuid(), generation: row.generation, status };
        let created_at = row.created_at;
        Ok(Claim::Taken { ticket, saga: Box::new(replayed(row)?), created_at })
    }

    fn take_open(&mut self, id: SagaId, lease: TimeDelta) -> Result<Claim<CourseStep>, StoreError> {
        let now = self.now();
        match self.saga_row(id) {
            None => Ok(Claim::Missing),
            Some(row) if !row.status.is_open() => Ok(Claim::Closed(row.status)),
            Some(row) if row.held(now) => Ok(Claim::Held),
            Some(row) => {
                // A lease that was given back is nobody's unknown outcome.
                let left_behind = row.begun && row.lease_until.is_some();
                let events: &[CourseEvent] = if left_behind { &[Event::TakenOver] } else { &[] };
                let status = row.status;
                self.take(id, status, events, lease)
            }
        }
    }

    fn take_look(&mut self, id: SagaId, lease: TimeDelta) -> Result<Claim<CourseStep>, StoreError> {
        let now = self.now();
        let Some(row) = self.saga_row(id) else { return Ok(Claim::Missing) };
        let due = row.look_at.is_some_and(|at| at <= now);
        if row.status.is_open() || row.held(now) || !due {
            return Ok(Claim::Held);
        }
        let events: &[CourseEvent] = match (row.looking, row.lease_until) {
            (true, Some(_)) => &[Event::TakenOver],
            (true, None) => &[],
            (false, _) => &[Event::LookBegan],
        };
        let status = row.status;
        self.take(id, status, events, lease)
    }

    fn write_down(&mut self, new: NewSaga<CourseStep>) -> Result<(), StoreError> {
        let now = self.now();
        let id = SagaId::new(new.id);
        let kind: SagaKind = match new.kind.parse() {
            Ok(kind) => kind,
            Err(()) => return self.broken("a saga's kind"),
        };
        if self.tables.sagas.contains_key(&id) {
            return self.taken("saga");
        }
        let row = SagaRow {
            kind,
            subject: new.subject,
            course: new.scope.map(CourseId::new),
            opened_by: self.weather.writer(),
            plan: Arc::new(new.plan),
            events: Vec::new(),
            status: Status::Running,
            needs_attention: false,
            generation: 0,
            begun: false,
            looking: false,
            lease_until: None,
            due_at: now,
            look_at: None,
            attempts: 0,
            error: None,
            created_at: now,
            updated_at: now,
        };
        put(&mut self.tables.sagas, id, row);
        Ok(())
    }
}

#[async_trait]
impl Ledger<CourseStep> for MemoryTx {
    async fn open(&mut self, saga: NewSaga<CourseStep>) -> Result<(), LedgerError> {
        self.statement().await.map_err(refused)?;
        self.write_down(saga).map_err(refused)
    }

    async fn claim(
        &mut self,
        saga: Uuid,
        lease: TimeDelta,
    ) -> Result<Claim<CourseStep>, LedgerError> {
        self.statement().await.map_err(refused)?;
        self.take_open(saga.into(), lease).map_err(refused)
    }

    async fn record(
        &mut self,
        ticket: &Ticket,
        events: &[CourseEvent],
        lease: TimeDelta,
    ) -> Result<(), LedgerError> {
        self.statement().await.map_err(refused)?;
        let until = self.now() + lease;
        self.write_saga(ticket.saga.into(), &holder(ticket), events, |row| {
            row.lease_until = Some(until);
        })
        .map_err(refused)
    }

    async fn release(
        &mut self,
        ticket: &Ticket,
        events: &[CourseEvent],
        due_at: DateTime<Utc>,
    ) -> Result<(), LedgerError> {
        self.statement().await.map_err(refused)?;
        self.write_saga(ticket.saga.into(), &holder(ticket), events, |row| {
            row.lease_until = None;
            // A look that is given back is due again as a look.
            if row.status.is_open() {
                row.due_at = due_at;
            } else {
                row.look_at = Some(due_at);
            }
        })
        .map_err(refused)
    }

    async fn close(
        &mut self,
        ticket: &Ticket,
        events: &[CourseEvent],
        look_at: Option<DateTime<Utc>>,
    ) -> Result<(), LedgerError> {
        self.statement().await.map_err(refused)?;
        let status = events.iter().filter_map(Event::leads_to).next_back().unwrap_or(ticket.status);
        if status.is_open() {
            return Err(LedgerError::Corrupt("no event closes the saga".into()));
        }
        let saga = SagaId::new(ticket.saga);
        self.write_saga(saga, &holder(ticket), events, |row| {
            row.lease_until = None;
            row.look_at = look_at;
        })
        .map_err(refused)?;
        // The end of a look: what it has taken goes too.
        self.release_reservations(saga);
        Ok(())
    }

    async fn load(&mut self, saga: Uuid) -> Result<Option<CourseSaga>, LedgerError> {
        self.statement().await.map_err(refused)?;
        self.saga_row(saga.into()).map(replayed).transpose().map_err(refused)
    }
}

#[async_trait]
impl Sagas for MemoryTx {
    async fn seize(
        &mut self,
        saga: SagaId,
        status: Status,
        events: &[CourseEvent],
        look_at: Option<DateTime<Utc>>,
    ) -> Result<(), LedgerError> {
        self.statement().await.map_err(refused)?;
        let now = self.now();
        let after = events.iter().filter_map(Event::leads_to).next_back().unwrap_or(status);
        let sets_look = !after.is_open() && (status.is_open() || look_at.is_some());
        let guard = Guard { generation: None, status, leased: false };
        self.write_saga(saga, &guard, events, |row| {
            row.generation += 1;
            row.lease_until = None;
            row.due_at = now;
            if sets_look {
                row.look_at = look_at;
            }
        })
        .map_err(refused)
    }

    async fn claim_new(
        &mut self,
        saga: SagaId,
        lease: TimeDelta,
    ) -> Result<Option<Claim<CourseStep>>, LedgerError> {
        self.statement().await.map_err(refused)?;
        let is_new = |row: &SagaRow| row.generation == 0 && row.status == Status::Running;
        match self.saga_row(saga).is_some_and(is_new) {
            true => self.take_open(saga, lease).map(Some).map_err(refused),
            false => Ok(None),
        }
    }

    async fn claim_look(
        &mut self,
        saga: SagaId,
        lease: TimeDelta,
    ) -> Result<Claim<CourseStep>, LedgerError> {
        self.statement().await.map_err(refused)?;
        self.take_look(saga, lease).map_err(refused)
    }

    async fn abandoned(
        &mut self,
        due_by: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<(SagaId, Head)>, StoreError> {
        self.statement().await?;
        let now = self.now();
        let wanted = |row: &SagaRow| {
            let due = row.lease_until.is_some() || row.due_at <= due_by;
            row.status.is_open() && due && !row.held(now)
        };
        Ok(self.heads(wanted, |head| Some(head.due_at), limit))
    }

    async fn to_look_at(&mut self, limit: u32) -> Result<Vec<(SagaId, Head)>, StoreError> {
        self.statement().await?;
        let now = self.now();
        let wanted = |row: &SagaRow| {
            let due = row.look_at.is_some_and(|at| at <= now);
            !row.status.is_open() && due && !row.held(now)
        };
        Ok(self.heads(wanted, |head| head.look_at, limit))
    }

    async fn statuses(&mut self, sagas: &[SagaId]) -> Result<Vec<(SagaId, Status)>, StoreError> {
        self.statement().await?;
        let status = |id: &SagaId| self.saga_row(*id).map(|row| (*id, row.status));
        Ok(sagas.iter().filter_map(status).collect())
    }

    async fn set_due(
        &mut self,
        saga: SagaId,
        due_at: DateTime<Utc>,
    ) -> Result<Option<Status>, StoreError> {
        self.statement().await?;
        let Some(row) = self.saga_row(saga) else { return Ok(None) };
        let status = row.status;
        if status.is_open() {
            let row = SagaRow { due_at, ..row.clone() };
            put(&mut self.tables.sagas, saga, row);
        }
        Ok(Some(status))
    }

    async fn open_sagas(
        &mut self,
        course: CourseId,
    ) -> Result<Vec<(SagaId, SagaKind)>, StoreError> {
        self.statement().await?;
        let rows = self.tables.sagas.iter();
        let mut open: Vec<_> = rows
            .filter(|(_, row)| row.course == Some(course) && row.status.is_open())
            .map(|(id, row)| (row.created_at, *id, row.kind))
            .collect();
        open.sort_by_key(|(created_at, id, _)| (*created_at, *id));
        Ok(open.into_iter().map(|(_, id, kind)| (id, kind)).collect())
    }

    async fn list_sagas(
        &mut self,
        filter: &SagaFilter,
        page: Page,
    ) -> Result<Listed<SagaSummary>, StoreError> {
        self.statement().await?;
        let wanted = |row: &SagaRow| {
            filter.status.is_none_or(|status| row.status == status)
                && (!filter.needs_attention || row.needs_attention)
                && filter.kind.is_none_or(|kind| row.kind == kind)
        };
        let rows = self.tables.sagas.iter().filter(|(_, row)| wanted(row));
        let mut found: Vec<SagaSummary> = rows.map(|(id, row)| summary(*id, row)).collect();
        found.sort_by_key(|one| (Reverse(one.created_at), one.id));
        Ok(page_of(found, Some(page)))
    }

    async fn describe(
        &mut self,
        saga: SagaId,
    ) -> Result<Option<(SagaSummary, CourseSaga)>, StoreError> {
        self.statement().await?;
        match self.saga_row(saga) {
            None => Ok(None),
            Some(row) => Ok(Some((summary(saga, row), replayed(row)?))),
        }
    }

    async fn give_up(
        &mut self,
        account: GivenUp,
        _: SagaId,
        _: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        self.statement().await?;
        let account = match account {
            GivenUp::Lab(lab) => (false, lab.uuid()),
            GivenUp::Project(project) => (true, project.uuid()),
        };
        Arc::make_mut(&mut self.tables.given_up).insert(account);
        Ok(())
    }
}
