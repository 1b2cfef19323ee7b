use crate::columns::{DbCount, DbJson, DbStatus, DbTime, DbUuid, key, keys};
use crate::db::{Backend, Tx, first_locked, insert_all};
use crate::errors::failed;
use crate::schema::{reservation, saga, saga_event};
use chrono::{DateTime, Utc};
use course_seats_application::ports::store::{SagaSummary, StoreError};
use course_seats_domain::ids::SagaId;
use course_seats_domain::plans::{CourseEvent, CoursePlan, CourseSaga, CourseStep};
use course_seats_domain::saga::{Event, NewSaga, Saga, Status};
use diesel::dsl::max;
use diesel::prelude::{AsChangeset, Insertable, OptionalExtension, Queryable, Selectable};
use diesel::{ExpressionMethods, QueryDsl, SelectableHelper};
use diesel_async::RunQueryDsl;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::HashMap;

/// A saga's row: its plan, and what its story amounts to, kept beside it so that it can be found.
#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = saga, check_for_backend(Backend))]
#[diesel(treat_none_as_default_value = false)]
pub(super) struct SagaRow {
    pub(super) id: DbUuid,
    pub(super) kind: String,
    pub(super) subject: String,
    pub(super) course_id: Option<DbUuid>,
    pub(super) request_id: Option<DbUuid>,
    pub(super) plan: DbJson,
    pub(super) status: DbStatus,
    pub(super) needs_attention: bool,
    pub(super) generation: i64,
    pub(super) begun: bool,
    pub(super) looking: bool,
    pub(super) lease_until: Option<DbTime>,
    pub(super) due_at: DbTime,
    pub(super) look_at: Option<DbTime>,
    pub(super) attempts: DbCount,
    pub(super) error: Option<String>,
    pub(super) created_at: DbTime,
    pub(super) updated_at: DbTime,
}

impl SagaRow {
    /// One that is queued, and due now.
    pub(super) fn new(new: NewSaga<CourseStep>, now: DateTime<Utc>) -> Result<Self, StoreError> {
        Ok(Self {
            id: DbUuid(new.id),
            kind: new.kind,
            subject: new.subject,
            course_id: new.scope.map(DbUuid),
            request_id: new.request.map(DbUuid),
            plan: to_json(&new.plan)?,
            status: DbStatus(Status::Running),
            needs_attention: false,
            generation: 0,
            begun: false,
            looking: false,
            lease_until: None,
            due_at: DbTime(now),
            look_at: None,
            attempts: DbCount(0),
            error: None,
            created_at: DbTime(now),
            updated_at: DbTime(now),
        })
    }

    /// Whether somebody holds it.
    pub(super) fn held(&self, now: DateTime<Utc>) -> bool {
        self.lease_until.as_ref().is_some_and(|until| now < until.0)
    }

    /// The condition under which a write counts.
    pub(super) fn guard(&self) -> Guard {
        Guard {
            saga: self.id.0.into(),
            generation: Some(self.generation),
            status: self.status.0,
            leased: false,
        }
    }

    pub(super) fn summary(&self) -> Result<SagaSummary, StoreError> {
        Ok(SagaSummary {
            id: self.id.0.into(),
            kind: self.kind.parse().map_err(|()| corrupt("a saga's kind"))?,
            status: self.status.0,
            needs_attention: self.needs_attention,
            subject: self.subject.clone(),
            attempts: self.attempts.0,
            created_at: self.created_at.0,
            updated_at: self.updated_at.0,
            lease_until: self.lease_until.as_ref().map(|at| at.0),
            error: self.error.clone(),
        })
    }
}

#[derive(Insertable)]
#[diesel(table_name = saga_event, check_for_backend(Backend))]
#[diesel(treat_none_as_default_value = false)]
struct EventRow {
    saga_id: DbUuid,
    seq: i32,
    at: DbTime,
    event: DbJson,
}

/// The condition under which a write counts (design §4.7).
pub(super) struct Guard {
    pub(super) saga: SagaId,
    /// `None`: whoever has it.
    pub(super) generation: Option<i64>,
    pub(super) status: Status,
    /// Whether the lease must not have been given back.
    pub(super) leased: bool,
}

/// What a write sets; what is `None` stays.
#[derive(AsChangeset, Default)]
#[diesel(table_name = saga)]
pub(super) struct Change {
    pub(super) status: Option<DbStatus>,
    pub(super) needs_attention: Option<bool>,
    pub(super) begun: Option<bool>,
    pub(super) looking: Option<bool>,
    pub(super) lease_until: Option<Option<DbTime>>,
    pub(super) due_at: Option<DbTime>,
    pub(super) look_at: Option<Option<DbTime>>,
    pub(super) error: Option<String>,
    pub(super) updated_at: Option<DbTime>,
}

/// What events do to a saga's row.
struct Effect {
    closed_by: Option<Status>,
    attempts: i32,
}

impl Change {
    fn follow(&mut self, events: &[CourseEvent]) -> Effect {
        let mut effect = Effect { closed_by: None, attempts: 0 };
        for event in events {
            if let Some(status) = event.leads_to() {
                self.status = Some(DbStatus(status));
                effect.closed_by = (!status.is_open()).then_some(status);
                if effect.closed_by.is_some() {
                    self.needs_attention = Some(false);
                }
            }
            match event {
                Event::Tried { why, .. }
                | Event::Unknown { why, .. }
                | Event::UndoTried { why, .. }
                | Event::UndoUnknown { why, .. } => {
                    effect.attempts += 1;
                    self.error = Some(plain(why));
                }
                Event::NeedsAttention { why } => {
                    self.needs_attention = Some(true);
                    self.error = Some(plain(why));
                }
                Event::Seen { .. } => self.needs_attention = Some(false),
                Event::LookUnknown { why } => self.error = Some(plain(why)),
                Event::LookBegan => self.looking = Some(true),
                Event::Looked => self.looking = Some(false),
                _ => {}
            }
        }
        effect
    }
}

impl Tx {
    pub(super) async fn saga_row(&mut self, id: SagaId) -> Result<Option<SagaRow>, StoreError> {
        saga::table
            .find(key(id))
            .select(SagaRow::as_select())
            .first(self.conn()?)
            .await
            .optional()
            .map_err(failed)
    }

    /// The same, locked until the transaction ends if it writes: what is read of the saga still holds
    /// when it is written.
    pub(super) async fn locked_saga_row(
        &mut self,
        id: SagaId,
    ) -> Result<Option<SagaRow>, StoreError> {
        let query = saga::table.find(key(id)).select(SagaRow::as_select());
        first_locked!(self, query).optional().map_err(failed)
    }

    /// The one way to change a saga: a conditional update of its row, then its events, and its
    /// reservations go when it closes. `raise`: by how much the generation is raised. `Fenced`,
    /// and nothing is changed, if the guard does not hold.
    pub(super) async fn write_saga(
        &mut self,
        guard: &Guard,
        mut change: Change,
        raise: i64,
        events: &[CourseEvent],
    ) -> Result<(), StoreError> {
        let now = self.now().await?;
        let effect = change.follow(events);
        change.updated_at = Some(DbTime(now));
        let mut row = diesel::update(saga::table)
            .filter(saga::id.eq(key(guard.saga)))
            .filter(saga::status.eq(DbStatus(guard.status)))
            .set((
                change,
                saga::generation.eq(saga::generation + raise),
                saga::attempts.eq(saga::attempts + effect.attempts),
            ))
            .into_boxed::<Backend>();
        if let Some(generation) = guard.generation {
            row = row.filter(saga::generation.eq(generation));
        }
        if guard.leased {
            row = row.filter(saga::lease_until.is_not_null());
        }
        let last = saga_event::table
            .filter(saga_event::saga_id.eq(key(guard.saga)))
            .select(max(saga_event::seq))
            .single_value();
        let written: Option<Option<i32>> =
            row.returning(last).get_result(self.conn()?).await.optional().map_err(failed)?;
        let Some(last) = written else {
            return Err(StoreError::Fenced);
        };
        self.append(guard.saga, last.unwrap_or(0), events, now).await?;
        if effect.closed_by.is_some() {
            self.release_reservations(guard.saga).await?;
        }
        Ok(())
    }

    /// Its reservations go, but those with an end of their own.
    pub(super) async fn release_reservations(&mut self, saga: SagaId) -> Result<(), StoreError> {
        diesel::delete(reservation::table)
            .filter(reservation::saga_id.eq(key(saga)))
            .filter(reservation::until.is_null())
            .execute(self.conn()?)
            .await
            .map_err(failed)?;
        Ok(())
    }

    /// Adds to its story, whose last event has the number `last`.
    async fn append(
        &mut self,
        saga: SagaId,
        last: i32,
        events: &[CourseEvent],
        at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        if events.is_empty() {
            return Ok(());
        }
        let rows = (last + 1..)
            .zip(events)
            .map(|(seq, event)| {
                Ok(EventRow { saga_id: key(saga), seq, at: DbTime(at), event: to_json(event)? })
            })
            .collect::<Result<Vec<EventRow>, StoreError>>()?;
        let written: Result<(), StoreError> =
            async { insert_all!(self, saga_event::table, rows) }.await;
        written.map_err(|error| match error {
            // An earlier write of the same owner, which it took for lost, was committed while this
            // one waited for the row: `last` is from before. Read anew, all fits.
            StoreError::Conflict(why) => StoreError::Unavailable(why),
            error => error,
        })
    }

    /// The sagas that their plans and their stories amount to; not too many at once.
    pub(super) async fn replayed_all(
        &mut self,
        ids: &[SagaId],
    ) -> Result<Vec<(SagaId, CourseSaga)>, StoreError> {
        let plans: Vec<(DbUuid, DbJson)> = saga::table
            .filter(saga::id.eq_any(keys(ids)))
            .select((saga::id, saga::plan))
            .load(self.conn()?)
            .await
            .map_err(failed)?;
        let stored: Vec<(DbUuid, DbJson)> = saga_event::table
            .filter(saga_event::saga_id.eq_any(keys(ids)))
            .order((saga_event::saga_id, saga_event::seq))
            .select((saga_event::saga_id, saga_event::event))
            .load(self.conn()?)
            .await
            .map_err(failed)?;
        let mut stories: HashMap<SagaId, Vec<DbJson>> = HashMap::new();
        for (id, event) in stored {
            stories.entry(id.into()).or_default().push(event);
        }
        let replayed = |(id, plan): (DbUuid, DbJson)| {
            let id = SagaId::from(id);
            Ok((id, told(id, plan, stories.remove(&id).unwrap_or_default())?))
        };
        plans.into_iter().map(replayed).collect()
    }

    /// The saga that its plan and its story amount to.
    pub(super) async fn replayed(
        &mut self,
        id: SagaId,
        plan: DbJson,
    ) -> Result<CourseSaga, StoreError> {
        let stored: Vec<DbJson> = saga_event::table
            .filter(saga_event::saga_id.eq(key(id)))
            .order(saga_event::seq)
            .select(saga_event::event)
            .load(self.conn()?)
            .await
            .map_err(failed)?;
        told(id, plan, stored)
    }
}

/// The saga that this plan and this story amount to.
pub(super) fn told(id: SagaId, plan: DbJson, story: Vec<DbJson>) -> Result<CourseSaga, StoreError> {
    let plan: CoursePlan = from_json(plan, "a plan")?;
    let events = story
        .into_iter()
        .map(|event| from_json(event, "an event"))
        .collect::<Result<Vec<CourseEvent>, StoreError>>()?;
    Saga::replay(plan, &events)
        .map_err(|illegal| corrupt(format!("the story of saga {id}: {illegal}")))
}

/// A text from outside, as every database takes it: Postgres has no texts with NUL in them.
pub(super) fn plain(text: &str) -> String {
    text.replace('\0', "")
}

pub(super) fn to_json<T: Serialize>(value: &T) -> Result<DbJson, StoreError> {
    serde_json::to_value(value).map(DbJson).map_err(|error| corrupt(error.to_string()))
}

/// `what` names it; the parser's own words might quote something personal.
pub(super) fn from_json<T: DeserializeOwned>(json: DbJson, what: &str) -> Result<T, StoreError> {
    serde_json::from_value(json.0).map_err(|_| corrupt(what))
}

pub(super) fn corrupt(what: impl Into<String>) -> StoreError {
    StoreError::Corrupt(what.into())
}
