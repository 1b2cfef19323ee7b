//! What is really different on this database: connections, how transactions begin and end, locks,
//! the time. The queries stand in [`crate::queries`].

use crate::columns::DbTime;
use crate::connect::Connector;
use crate::errors::{failed, no_connection, unavailable};
use crate::functions::{After, Moment, after, clock_timestamp, moment};
use crate::store::LeaseTime;
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use course_seats_application::ports::store::{StoreError, Tx as TxPort};
use deadpool::managed;
use diesel::sql_types::Timestamptz;
use diesel_async::pooled_connection::PoolableConnection;
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use tokio::runtime::Handle;

/// The database that the queries are for.
pub(crate) type Backend = diesel::pg::Pg;
/// Connections that are used again.
pub(crate) type Pool = managed::Pool<Manager>;
type Session = managed::Object<Manager>;

/// Opens connections to one database.
pub(crate) struct Manager {
    pub(crate) connector: Connector,
}

impl managed::Manager for Manager {
    type Type = AsyncPgConnection;
    type Error = StoreError;

    async fn create(&self) -> Result<AsyncPgConnection, StoreError> {
        self.connector.connect().await
    }

    /// Only connections without an open transaction come back, see [`end`]. One that was closed by
    /// the server is not used again.
    async fn recycle(
        &self,
        connection: &mut AsyncPgConnection,
        _: &managed::Metrics,
    ) -> managed::RecycleResult<StoreError> {
        if connection.is_broken() {
            return Err(managed::RecycleError::message("the connection was closed"));
        }
        Ok(())
    }
}

/// What a transaction is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Every statement sees what is committed by then: what was locked is read as it is now.
    Write,
    /// Every statement sees the same.
    Read,
    /// No transaction: a statement for itself.
    Single,
}

impl Purpose {
    fn begin(self) -> Option<&'static str> {
        match self {
            Self::Write => Some("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"),
            Self::Read => Some("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"),
            Self::Single => None,
        }
    }
}

/// `COMMIT` of a transaction in which a statement has failed rolls back and calls that a success;
/// the statement before it fails then.
const COMMIT: &str = "SELECT 1; COMMIT";
const ROLLBACK: &str = "ROLLBACK";

/// One transaction on a connection of its own.
pub(crate) struct Tx {
    /// `None` only once it has ended.
    session: Option<Session>,
    purpose: Purpose,
    time: LeaseTime,
    /// What the database said it was, once it was asked.
    told: Option<DateTime<Utc>>,
    runtime: Handle,
}

impl Tx {
    /// Takes a connection from `pool` and begins, if there is something to begin. On the process's own
    /// runtime, to its end: a caller that goes away meanwhile leaves nothing half begun, and
    /// connections live there.
    pub(crate) async fn begin(
        pool: &Pool,
        purpose: Purpose,
        time: &LeaseTime,
        runtime: &Handle,
    ) -> Result<Self, StoreError> {
        let (pool, time, home) = (pool.clone(), time.clone(), runtime.clone());
        let task = async move {
            let asks = purpose == Purpose::Write && matches!(time, LeaseTime::Database);
            let (session, told) = match purpose.begin() {
                Some(sql) => begun(&pool, sql, asks).await?,
                None => (pool.get().await.map_err(no_connection)?, None),
            };
            Ok(Self { session: Some(session), purpose, time, told, runtime: home })
        };
        let at_home = Handle::try_current().is_ok_and(|here| here.id() == runtime.id());
        match purpose {
            // Nothing is half begun if it is not polled to its end.
            Purpose::Single if at_home => task.await,
            _ => runtime.spawn(task).await.unwrap_or_else(|stopped| Err(unavailable(stopped))),
        }
    }

    /// The connection.
    pub(crate) fn conn(&mut self) -> Result<&mut AsyncPgConnection, StoreError> {
        match &mut self.session {
            Some(session) => Ok(session),
            None => Err(unavailable("the transaction has ended")),
        }
    }

    /// Whether it may write.
    pub(crate) fn writes(&self) -> bool {
        self.purpose == Purpose::Write
    }

    /// Now, as leases count it: by the clock that all replicas share, asked once a transaction, as
    /// that begins. An owner counts its lease from before it asked, so by a time that is a little old
    /// a lease only ends sooner.
    pub(crate) async fn now(&mut self) -> Result<DateTime<Utc>, StoreError> {
        if let LeaseTime::Clock(clock) = &self.time {
            return Ok(clock.now());
        }
        if let Some(told) = self.told {
            return Ok(told);
        }
        let now: DbTime =
            diesel::select(clock_timestamp()).get_result(self.conn()?).await.map_err(failed)?;
        self.told = Some(now.0);
        Ok(now.0)
    }

    /// The same within a statement, which need not be asked before.
    pub(crate) fn moment(&self) -> Moment {
        let known = match &self.time {
            LeaseTime::Clock(clock) => Some(clock.now()),
            LeaseTime::Database => self.told,
        };
        moment(known.map(DbTime))
    }

    /// So long after it.
    pub(crate) fn moment_after(&self, length: TimeDelta) -> After {
        after(self.moment(), length)
    }

    /// Deletes the reservations whose time is over, but those that somebody else has a hand on.
    pub(crate) async fn forget_reservations_that_are_over(&mut self) -> Result<(), StoreError> {
        let now = DbTime(self.now().await?);
        diesel::sql_query(
            r#"DELETE FROM reservation WHERE (kind, scope, "key") IN (
                SELECT kind, scope, "key" FROM reservation
                WHERE until <= $1 FOR UPDATE SKIP LOCKED)"#,
        )
        .bind::<Timestamptz, _>(now)
        .execute(self.conn()?)
        .await
        .map_err(failed)?;
        Ok(())
    }

    async fn end_with(mut self, sql: &'static str) -> Result<(), StoreError> {
        let session = self.session.take().filter(|_| self.purpose != Purpose::Single);
        let Some(session) = session else {
            return Ok(());
        };
        let ending = self.runtime.spawn(end(session, sql));
        ending.await.unwrap_or_else(|stopped| Err(unavailable(stopped)))
    }
}

#[async_trait]
impl TxPort for Tx {
    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        self.end_with(COMMIT).await
    }

    async fn rollback(self: Box<Self>) -> Result<(), StoreError> {
        self.end_with(ROLLBACK).await
    }
}

impl Drop for Tx {
    fn drop(&mut self) {
        // Without a transaction there is nothing to take back.
        if let Some(session) = self.session.take().filter(|_| self.purpose != Purpose::Single) {
            // Not awaited: `drop` cannot. The connection goes back to the pool when it is done.
            self.runtime.spawn(end(session, ROLLBACK));
        }
    }
}

/// A connection from the pool, in a transaction; and what time it is there, if that is asked, in the
/// same breath: nearly everything that is written needs it.
async fn begun(
    pool: &Pool,
    sql: &str,
    asks: bool,
) -> Result<(Session, Option<DateTime<Utc>>), StoreError> {
    loop {
        let session = pool.get().await.map_err(no_connection)?;
        let error = match begin_on(&session, sql, asks).await {
            Ok(told) => return Ok((session, told)),
            Err(error) => error,
        };
        // A connection that was lost while it lay idle may show it only now: take the next. A new
        // one that does not work says that the database does not.
        let lay_idle = Session::metrics(&session).recycle_count > 0;
        drop(Session::take(session));
        if !lay_idle {
            return Err(error);
        }
    }
}

async fn begin_on(
    connection: &AsyncPgConnection,
    sql: &str,
    asks: bool,
) -> Result<Option<DateTime<Utc>>, StoreError> {
    // Sent one behind the other, without waiting between.
    let (mut first, mut second) = (connection, connection);
    if !asks {
        first.batch_execute(sql).await.map_err(failed)?;
        return Ok(None);
    }
    let time = diesel::select(clock_timestamp());
    let (began, told) = tokio::join!(first.batch_execute(sql), time.get_result(&mut second));
    began.map_err(failed)?;
    let told: DbTime = told.map_err(failed)?;
    Ok(Some(told.0))
}

/// Ends a transaction and gives its connection back. One that cannot end it is closed, which takes
/// back what is open: the pool never gets a connection with an open transaction.
async fn end(mut session: Session, sql: &'static str) -> Result<(), StoreError> {
    let ended = session.batch_execute(sql).await.map_err(failed);
    if let Err(error) = &ended {
        tracing::warn!(%error, sql, "a transaction did not end: closing its connection");
        drop(Session::take(session));
    }
    ended
}

/// Inserts many rows of one table, a thousand with each statement: their bound variables are
/// limited.
macro_rules! insert_all {
    ($tx:expr, $table:expr, $rows:expr) => {{
        let mut rows = $rows.into_iter();
        loop {
            let some: Vec<_> = rows.by_ref().take(1000).collect();
            if some.is_empty() {
                break Ok(());
            }
            diesel::insert_into($table)
                .values(some)
                .execute($tx.conn()?)
                .await
                .map_err(crate::errors::failed)?;
        }
    }};
}
pub(crate) use insert_all;

/// Inserts reservations in the order of the rows: one whose time is over is taken over, one whose
/// time is not makes it fail. Those that are over are not deleted first, as another transaction
/// would then hold some and wait for others; they are tidied away afterwards.
macro_rules! insert_reservations {
    ($tx:expr, $rows:expr) => {{
        let now = $tx.now().await?;
        let mut rows = $rows.into_iter();
        loop {
            let some: Vec<_> = rows.by_ref().take(1000).collect();
            let wanted = some.len();
            if wanted == 0 {
                break $tx.forget_reservations_that_are_over().await;
            }
            let written = diesel::insert_into(reservation::table)
                .values(some)
                .on_conflict((reservation::kind, reservation::scope, reservation::key))
                .do_update()
                .set((
                    reservation::saga_id.eq(excluded(reservation::saga_id)),
                    reservation::until.eq(excluded(reservation::until)),
                ))
                .filter(reservation::until.le(DbTime(now)))
                .execute($tx.conn()?)
                .await
                .map_err(crate::errors::failed)?;
            if written < wanted {
                break Err(StoreError::Conflict("reservation_pkey".into()));
            }
        }
    }};
}
pub(crate) use insert_reservations;

/// All rows of two queries, sent one behind the other, without waiting between.
macro_rules! both {
    ($tx:expr, $one:expr, $other:expr) => {{
        let connection: &diesel_async::AsyncPgConnection = $tx.conn()?;
        let (mut first, mut second) = (connection, connection);
        tokio::join!($one.load(&mut first), $other.load(&mut second))
    }};
}
pub(crate) use both;

/// The one row of a query. In a transaction that writes it is locked until that ends: what is
/// written back later is what was read here, whatever the other service does meanwhile. Not its key:
/// rows that refer to it may be written. A transaction that reads has its snapshot instead.
macro_rules! first_locked {
    ($tx:expr, $query:expr) => {
        if $tx.writes() {
            $query.for_no_key_update().first($tx.conn()?).await
        } else {
            $query.first($tx.conn()?).await
        }
    };
}
pub(crate) use first_locked;

/// The one row of a query, which nobody changes until the transaction ends; others may hold it too.
macro_rules! first_held {
    ($tx:expr, $query:expr) => {
        $query.for_share().first($tx.conn()?).await
    };
}
pub(crate) use first_held;

/// A query for rows to be claimed, without those that somebody else is claiming.
macro_rules! skip_locked {
    ($query:expr) => {
        $query.for_update().skip_locked()
    };
}
pub(crate) use skip_locked;
