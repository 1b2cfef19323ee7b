use super::saga_rows::{Change, Guard, SagaRow, corrupt, told};
use super::{KEYS_A_QUERY, counted, paged, with_total};
use crate::columns::{DbStatus, DbTime, DbUuid, key, keys};
use crate::db::{Backend, Tx, insert_all};
use crate::errors::failed;
use crate::schema::{given_up_account, saga};
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use course_seats_application::ports::store::{
    GivenUp, Listed, Page, SagaFilter, SagaSummary, Sagas, StoreError,
};
use course_seats_domain::ids::{CourseId, SagaId};
use course_seats_domain::plans::{CourseEvent, CourseSaga, CourseStep, SagaKind};
use course_seats_domain::saga::recovery::Head;
use course_seats_domain::saga::{Claim, Event, Ledger, LedgerError, NewSaga, Status, Ticket};
use diesel::{
    BoolExpressionMethods, ExpressionMethods, OptionalExtension, QueryDsl, SelectableHelper,
};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

/// The statuses of open and of closed sagas.
pub(super) const OPEN: [DbStatus; 2] = [DbStatus(Status::Running), DbStatus(Status::Undoing)];
const CLOSED: [DbStatus; 2] = [DbStatus(Status::Completed), DbStatus(Status::Undone)];

type HeadRow = (DbUuid, DbStatus, Option<DbTime>, DbTime, Option<DbTime>);

/// The columns of a [`HeadRow`].
macro_rules! head_columns {
    () => {
        (saga::id, saga::status, saga::lease_until, saga::due_at, saga::look_at)
    };
}

fn head((id, status, lease_until, due_at, look_at): HeadRow) -> (SagaId, Head) {
    let head = Head {
        status: status.0,
        lease_until: lease_until.map(|at| at.0),
        due_at: due_at.0,
        look_at: look_at.map(|at| at.0),
    };
    (id.into(), head)
}

fn guard(ticket: &Ticket) -> Guard {
    Guard {
        saga: ticket.saga.into(),
        generation: Some(ticket.generation),
        status: ticket.status,
        leased: true,
    }
}

fn refused(error: StoreError) -> LedgerError {
    match error {
        StoreError::Fenced => LedgerError::Fenced,
        StoreError::Unavailable(why) => LedgerError::Unavailable(why),
        StoreError::Corrupt(why) => LedgerError::Corrupt(why),
        StoreError::Conflict(key) => LedgerError::Corrupt(format!("{key} is taken")),
    }
}

impl Tx {
    async fn lease_until(&mut self, lease: TimeDelta) -> Result<Option<DbTime>, StoreError> {
        Ok(Some(DbTime(self.now().await? + lease)))
    }

    /// Takes a saga for `lease`, with `events`, unless somebody was faster.
    async fn take(
        &mut self,
        row: SagaRow,
        events: &[CourseEvent],
        lease: TimeDelta,
    ) -> Result<Claim<CourseStep>, StoreError> {
        let change = Change {
            begun: Some(true),
            lease_until: Some(self.lease_until(lease).await?),
            ..Change::default()
        };
        match self.write_saga(&row.guard(), change, 1, events).await {
            Err(StoreError::Fenced) => return Ok(Claim::Held),
            written => written?,
        }
        let ticket =
            Ticket { saga: row.id.0, generation: row.generation + 1, status: row.status.0 };
        // One that nobody has had, or seized, has no story yet.
        let saga = Box::new(match (row.generation, events) {
            (0, []) => told(row.id.0.into(), row.plan, Vec::new())?,
            _ => self.replayed(row.id.0.into(), row.plan).await?,
        });
        Ok(Claim::Taken { ticket, saga, created_at: row.created_at.0 })
    }

    async fn take_open(
        &mut self,
        id: SagaId,
        lease: TimeDelta,
    ) -> Result<Claim<CourseStep>, StoreError> {
        let row = self.locked_saga_row(id).await?;
        let now = self.now().await?;
        match row {
            None => Ok(Claim::Missing),
            Some(row) if !row.status.0.is_open() => Ok(Claim::Closed(row.status.0)),
            Some(row) if row.held(now) => Ok(Claim::Held),
            Some(row) => {
                // A lease that was given back is nobody's unknown outcome.
                let left_behind = row.begun && row.lease_until.is_some();
                let events: &[CourseEvent] = if left_behind { &[Event::TakenOver] } else { &[] };
                self.take(row, events, lease).await
            }
        }
    }

    async fn take_new(
        &mut self,
        id: SagaId,
        lease: TimeDelta,
    ) -> Result<Option<Claim<CourseStep>>, StoreError> {
        let row: Option<SagaRow> = diesel::update(saga::table)
            .filter(saga::id.eq(key(id)))
            .filter(saga::generation.eq(0))
            .filter(saga::status.eq(DbStatus(Status::Running)))
            .set((
                saga::begun.eq(true),
                saga::generation.eq(1),
                saga::lease_until.eq(self.moment_after(lease)),
                saga::updated_at.eq(self.moment()),
            ))
            .returning(SagaRow::as_select())
            .get_result(self.conn()?)
            .await
            .optional()
            .map_err(failed)?;
        let Some(row) = row else {
            return Ok(None);
        };
        let ticket = Ticket { saga: row.id.0, generation: row.generation, status: row.status.0 };
        let saga = Box::new(told(id, row.plan, Vec::new())?);
        Ok(Some(Claim::Taken { ticket, saga, created_at: row.created_at.0 }))
    }

    async fn take_look(
        &mut self,
        id: SagaId,
        lease: TimeDelta,
    ) -> Result<Claim<CourseStep>, StoreError> {
        let row = self.locked_saga_row(id).await?;
        let now = self.now().await?;
        let Some(row) = row else {
            return Ok(Claim::Missing);
        };
        let due = row.look_at.as_ref().is_some_and(|at| at.0 <= now);
        if row.status.0.is_open() || row.held(now) || !due {
            return Ok(Claim::Held);
        }
        let events: &[CourseEvent] = match (row.looking, &row.lease_until) {
            (true, Some(_)) => &[Event::TakenOver],
            (true, None) => &[],
            (false, _) => &[Event::LookBegan],
        };
        self.take(row, events, lease).await
    }

    async fn write_down(&mut self, new: Vec<NewSaga<CourseStep>>) -> Result<(), StoreError> {
        let now = self.now().await?;
        let rows = new.into_iter().map(|new| SagaRow::new(new, now));
        let rows = rows.collect::<Result<Vec<SagaRow>, StoreError>>()?;
        insert_all!(self, saga::table, rows)
    }
}

#[async_trait]
impl Ledger<CourseStep> for Tx {
    async fn open(&mut self, saga: NewSaga<CourseStep>) -> Result<(), LedgerError> {
        self.write_down(vec![saga]).await.map_err(refused)
    }

    async fn open_all(&mut self, sagas: Vec<NewSaga<CourseStep>>) -> Result<(), LedgerError> {
        self.write_down(sagas).await.map_err(refused)
    }

    async fn claim(
        &mut self,
        saga: Uuid,
        lease: TimeDelta,
    ) -> Result<Claim<CourseStep>, LedgerError> {
        self.take_open(saga.into(), lease).await.map_err(refused)
    }

    async fn record(
        &mut self,
        ticket: &Ticket,
        events: &[CourseEvent],
        lease: TimeDelta,
    ) -> Result<(), LedgerError> {
        let lease_until = Some(self.lease_until(lease).await.map_err(refused)?);
        let change = Change { lease_until, ..Change::default() };
        self.write_saga(&guard(ticket), change, 0, events).await.map_err(refused)
    }

    async fn release(
        &mut self,
        ticket: &Ticket,
        events: &[CourseEvent],
        due_at: DateTime<Utc>,
    ) -> Result<(), LedgerError> {
        let due = DbTime(due_at);
        let mut change = Change { lease_until: Some(None), ..Change::default() };
        // A look that is given back is due again as a look.
        if ticket.status.is_open() {
            change.due_at = Some(due);
        } else {
            change.look_at = Some(Some(due));
        }
        self.write_saga(&guard(ticket), change, 0, events).await.map_err(refused)
    }

    async fn close(
        &mut self,
        ticket: &Ticket,
        events: &[CourseEvent],
        look_at: Option<DateTime<Utc>>,
    ) -> Result<(), LedgerError> {
        let status = events.iter().filter_map(Event::leads_to).next_back().unwrap_or(ticket.status);
        if status.is_open() {
            return Err(LedgerError::Corrupt("no event closes the saga".into()));
        }
        let change = Change {
            lease_until: Some(None),
            look_at: Some(look_at.map(DbTime)),
            ..Change::default()
        };
        self.write_saga(&guard(ticket), change, 0, events).await.map_err(refused)?;
        if ticket.status.is_open() {
            return Ok(());
        }
        // The end of a look: what it has taken goes too.
        self.release_reservations(ticket.saga.into()).await.map_err(refused)
    }

    async fn load(&mut self, saga: Uuid) -> Result<Option<CourseSaga>, LedgerError> {
        // Who loads it to change it must not be overtaken by its owner.
        match self.locked_saga_row(saga.into()).await.map_err(refused)? {
            None => Ok(None),
            Some(row) => self.replayed(saga.into(), row.plan).await.map(Some).map_err(refused),
        }
    }
}

#[async_trait]
impl Sagas for Tx {
    async fn seize(
        &mut self,
        saga: SagaId,
        status: Status,
        events: &[CourseEvent],
        look_at: Option<DateTime<Utc>>,
    ) -> Result<(), LedgerError> {
        let now = self.now().await.map_err(refused)?;
        let after = events.iter().filter_map(Event::leads_to).next_back().unwrap_or(status);
        let mut change =
            Change { lease_until: Some(None), due_at: Some(DbTime(now)), ..Change::default() };
        if !after.is_open() && (status.is_open() || look_at.is_some()) {
            change.look_at = Some(look_at.map(DbTime));
        }
        let guard = Guard { saga, generation: None, status, leased: false };
        self.write_saga(&guard, change, 1, events).await.map_err(refused)
    }

    async fn claim_new(
        &mut self,
        saga: SagaId,
        lease: TimeDelta,
    ) -> Result<Option<Claim<CourseStep>>, LedgerError> {
        self.take_new(saga, lease).await.map_err(refused)
    }

    async fn claim_look(
        &mut self,
        saga: SagaId,
        lease: TimeDelta,
    ) -> Result<Claim<CourseStep>, LedgerError> {
        self.take_look(saga, lease).await.map_err(refused)
    }

    async fn abandoned(
        &mut self,
        due_by: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<(SagaId, Head)>, StoreError> {
        let lease_over = saga::lease_until.le(DbTime(self.now().await?));
        let waits = saga::lease_until.is_null().and(saga::due_at.le(DbTime(due_by)));
        let heads: Vec<HeadRow> = saga::table
            .filter(saga::status.eq_any(OPEN))
            .filter(lease_over.or(waits))
            .order((saga::due_at, saga::id))
            .limit(i64::from(limit))
            .select(head_columns!())
            .load(self.conn()?)
            .await
            .map_err(failed)?;
        Ok(heads.into_iter().map(head).collect())
    }

    async fn to_look_at(&mut self, limit: u32) -> Result<Vec<(SagaId, Head)>, StoreError> {
        let now = DbTime(self.now().await?);
        let heads: Vec<HeadRow> = saga::table
            .filter(saga::status.eq_any(CLOSED))
            .filter(saga::look_at.le(now.clone()))
            .filter(saga::lease_until.is_null().or(saga::lease_until.le(now)))
            .order((saga::look_at, saga::id))
            .limit(i64::from(limit))
            .select(head_columns!())
            .load(self.conn()?)
            .await
            .map_err(failed)?;
        Ok(heads.into_iter().map(head).collect())
    }

    async fn statuses(&mut self, sagas: &[SagaId]) -> Result<Vec<(SagaId, Status)>, StoreError> {
        let mut found = Vec::new();
        for some in sagas.chunks(KEYS_A_QUERY) {
            let rows: Vec<(DbUuid, DbStatus)> = saga::table
                .filter(saga::id.eq_any(keys(some)))
                .select((saga::id, saga::status))
                .load(self.conn()?)
                .await
                .map_err(failed)?;
            found.extend(rows.into_iter().map(|(id, status)| (id.into(), status.0)));
        }
        Ok(found)
    }

    async fn notebooks(
        &mut self,
        sagas: &[SagaId],
    ) -> Result<Vec<(SagaId, CourseSaga)>, StoreError> {
        let mut found = Vec::new();
        for some in sagas.chunks(KEYS_A_QUERY) {
            found.extend(self.replayed_all(some).await?);
        }
        Ok(found)
    }

    async fn set_due(
        &mut self,
        saga: SagaId,
        due_at: DateTime<Utc>,
    ) -> Result<Option<Status>, StoreError> {
        let Some(row) = self.locked_saga_row(saga).await? else {
            return Ok(None);
        };
        diesel::update(saga::table.find(key(saga)))
            .filter(saga::status.eq_any(OPEN))
            .set(saga::due_at.eq(DbTime(due_at)))
            .execute(self.conn()?)
            .await
            .map_err(failed)?;
        Ok(Some(row.status.0))
    }

    async fn open_sagas(
        &mut self,
        course: CourseId,
    ) -> Result<Vec<(SagaId, SagaKind)>, StoreError> {
        let rows: Vec<(DbUuid, String)> = saga::table
            .filter(saga::course_id.eq(key(course)))
            .filter(saga::status.eq_any(OPEN))
            .order((saga::created_at, saga::id))
            .select((saga::id, saga::kind))
            .load(self.conn()?)
            .await
            .map_err(failed)?;
        rows.into_iter()
            .map(|(id, kind)| Ok((id.into(), kind.parse().map_err(|()| corrupt("a saga's kind"))?)))
            .collect()
    }

    async fn list_sagas(
        &mut self,
        filter: &SagaFilter,
        page: Page,
    ) -> Result<Listed<SagaSummary>, StoreError> {
        let matching = || {
            let mut all = saga::table.into_boxed::<Backend>();
            if let Some(status) = filter.status {
                all = all.filter(saga::status.eq(DbStatus(status)));
            }
            if filter.needs_attention {
                all = all.filter(saga::needs_attention.eq(true));
            }
            if let Some(kind) = filter.kind {
                all = all.filter(saga::kind.eq(kind.as_str()));
            }
            all
        };
        let query = paged!(matching(), Some(page))
            .order((saga::created_at.desc(), saga::id))
            .select(SagaRow::as_select());
        let (rows, total): (Vec<SagaRow>, u64) =
            with_total!(self, Some(page), query, counted!(self, matching()));
        let items = rows.iter().map(SagaRow::summary).collect::<Result<Vec<_>, _>>()?;
        Ok(Listed { items, total })
    }

    async fn describe(
        &mut self,
        saga: SagaId,
    ) -> Result<Option<(SagaSummary, CourseSaga)>, StoreError> {
        match self.saga_row(saga).await? {
            None => Ok(None),
            Some(row) => Ok(Some((row.summary()?, self.replayed(saga, row.plan).await?))),
        }
    }

    async fn give_up(
        &mut self,
        account: GivenUp,
        saga: SagaId,
        at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let (kind, account) = match account {
            GivenUp::Lab(lab) => ("lab", key(lab)),
            GivenUp::Project(project) => ("project", key(project)),
        };
        diesel::insert_into(given_up_account::table)
            .values((
                given_up_account::kind.eq(kind),
                given_up_account::account_id.eq(account),
                given_up_account::saga_id.eq(key(saga)),
                given_up_account::at.eq(DbTime(at)),
            ))
            .on_conflict_do_nothing()
            .execute(self.conn()?)
            .await
            .map_err(failed)?;
        Ok(())
    }
}
