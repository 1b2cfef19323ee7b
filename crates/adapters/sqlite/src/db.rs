//! What is really different on this database: connections, how transactions begin and end, locks,
//! the time. The queries stand in [`crate::queries`].

use crate::columns::DbTime;
use crate::errors::{failed, no_connection, unavailable};
use crate::functions;
use crate::worker::Worker;
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use course_seats_application::ports::Clock;
use course_seats_application::ports::store::{StoreError, Tx as TxPort};
use deadpool::managed;
use diesel::SqliteConnection;
use diesel::connection::{Connection, SimpleConnection};
use diesel_async::SimpleAsyncConnection;
use diesel_async::sync_connection_wrapper::{SpawnBlocking, SyncConnectionWrapper};
use std::sync::Arc;
use std::thread::sleep;
use std::time::Duration;
use tokio::runtime::Handle;

/// The database that the queries are for.
pub(crate) type Backend = diesel::sqlite::Sqlite;
/// A connection.
pub(crate) type Conn = SyncConnectionWrapper<SqliteConnection, Worker>;
/// Connections that are used again.
pub(crate) type Pool = managed::Pool<Manager>;
type Session = managed::Object<Manager>;

/// Opens connections to one file.
pub(crate) struct Manager {
    pub(crate) file: String,
    pub(crate) busy_timeout: Duration,
}

impl managed::Manager for Manager {
    type Type = Conn;
    type Error = StoreError;

    async fn create(&self) -> Result<Conn, StoreError> {
        let (file, busy_timeout) = (self.file.clone(), self.busy_timeout);
        let mut worker = Worker::start();
        let connection = worker
            .spawn_blocking(move || connect(&file, busy_timeout))
            .await
            .map_err(|gone| StoreError::Unavailable(gone.to_string()))??;
        Ok(Conn::with_runtime(connection, worker))
    }

    /// Only connections without an open transaction come back, see [`end`].
    async fn recycle(
        &self,
        _: &mut Conn,
        _: &managed::Metrics,
    ) -> managed::RecycleResult<StoreError> {
        Ok(())
    }
}

fn connect(file: &str, busy_timeout: Duration) -> Result<SqliteConnection, StoreError> {
    let mut connection = SqliteConnection::establish(file)
        .map_err(|error| StoreError::Unavailable(error.to_string()))?;
    let pragmas = format!(
        "PRAGMA busy_timeout = {};
         PRAGMA synchronous = FULL;
         PRAGMA foreign_keys = ON;",
        busy_timeout.as_millis()
    );
    connection.batch_execute(&pragmas).map_err(failed)?;
    switch_to_wal(&mut connection, busy_timeout)?;
    functions::register(&mut connection)?;
    Ok(connection)
}

/// Only the first connection to a new file has to; those that begin meanwhile are in its way. SQLite
/// refuses the switch at once then, whatever the time limit for locks is: so it is tried again here,
/// on the connection's own thread.
fn switch_to_wal(
    connection: &mut SqliteConnection,
    busy_timeout: Duration,
) -> Result<(), StoreError> {
    const PAUSE: Duration = Duration::from_millis(5);
    let mut waited = Duration::ZERO;
    loop {
        match connection.batch_execute("PRAGMA journal_mode = WAL").map_err(failed) {
            Err(StoreError::Unavailable(_)) if waited < busy_timeout => {
                sleep(PAUSE);
                waited += PAUSE;
            }
            switched => return switched,
        }
    }
}

/// One transaction on a connection of its own.
pub(crate) struct Tx {
    /// `None` only once it has ended.
    session: Option<Session>,
    clock: Arc<dyn Clock>,
    runtime: Handle,
}

impl Tx {
    /// Takes a connection from `pool` and begins with `sql`. On the process's own runtime, to its
    /// end: a caller that goes away meanwhile leaves nothing half begun, and the pool's time
    /// limits do not depend on the caller's runtime.
    pub(crate) async fn begin(
        pool: &Pool,
        sql: &'static str,
        clock: &Arc<dyn Clock>,
        runtime: &Handle,
    ) -> Result<Self, StoreError> {
        let (pool, clock, home) = (pool.clone(), Arc::clone(clock), runtime.clone());
        let task = async move {
            let mut session = pool.get().await.map_err(no_connection)?;
            session.batch_execute(sql).await.map_err(failed)?;
            Ok(Self { session: Some(session), clock, runtime: home })
        };
        runtime.spawn(task).await.unwrap_or_else(|stopped| Err(unavailable(stopped)))
    }

    /// The connection.
    pub(crate) fn conn(&mut self) -> Result<&mut Conn, StoreError> {
        match &mut self.session {
            Some(session) => Ok(session),
            None => Err(StoreError::Unavailable("the transaction has ended".into())),
        }
    }

    /// Now, as leases count it: there is one process, so its clock will do.
    pub(crate) async fn now(&mut self) -> Result<DateTime<Utc>, StoreError> {
        Ok(self.clock.now())
    }

    /// The same within a statement.
    pub(crate) fn moment(&self) -> DbTime {
        DbTime(self.clock.now())
    }

    /// So long after it.
    pub(crate) fn moment_after(&self, length: TimeDelta) -> Option<DbTime> {
        Some(DbTime(self.clock.now() + length))
    }

    async fn end_with(mut self, sql: &'static str) -> Result<(), StoreError> {
        let Some(session) = self.session.take() else {
            return Ok(());
        };
        let ending = self.runtime.spawn(end(session, sql));
        ending.await.unwrap_or_else(|stopped| Err(unavailable(stopped)))
    }
}

#[async_trait]
impl TxPort for Tx {
    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        self.end_with("COMMIT").await
    }

    async fn rollback(self: Box<Self>) -> Result<(), StoreError> {
        self.end_with("ROLLBACK").await
    }
}

impl Drop for Tx {
    fn drop(&mut self) {
        if let Some(session) = self.session.take() {
            // Not awaited: `drop` cannot. The connection goes back to the pool when it is done.
            self.runtime.spawn(end(session, "ROLLBACK"));
        }
    }
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

/// Inserts many rows of one table. Here in one hop to the connection's thread, a statement a row
/// (they are prepared once, and bound variables cannot run out).
macro_rules! insert_all {
    ($tx:expr, $table:expr, $rows:expr) => {{
        let rows = $rows;
        $tx.conn()?
            .spawn_blocking(move |connection| {
                for row in rows {
                    let insert = diesel::insert_into($table).values(row);
                    diesel::RunQueryDsl::execute(insert, connection)?;
                }
                Ok(())
            })
            .await
            .map_err(crate::errors::failed)
    }};
}
pub(crate) use insert_all;

/// Inserts reservations: what is over is in nobody's way, what is not makes it fail.
macro_rules! insert_reservations {
    ($tx:expr, $rows:expr) => {{
        let now = DbTime($tx.now().await?);
        diesel::delete(QueryDsl::filter(reservation::table, reservation::until.le(now)))
            .execute($tx.conn()?)
            .await
            .map_err(crate::errors::failed)?;
        crate::db::insert_all!($tx, reservation::table, $rows)
    }};
}
pub(crate) use insert_reservations;

/// All rows of two queries.
macro_rules! both {
    ($tx:expr, $one:expr, $other:expr) => {
        ($one.load($tx.conn()?).await, $other.load($tx.conn()?).await)
    };
}
pub(crate) use both;

/// The one row of a query, locked in a transaction that writes: `BEGIN IMMEDIATE` has locked
/// everything.
macro_rules! first_locked {
    ($tx:expr, $query:expr) => {
        $query.first($tx.conn()?).await
    };
}
pub(crate) use first_locked;

/// The one row of a query, which nobody changes until the transaction ends: there is one writer.
macro_rules! first_held {
    ($tx:expr, $query:expr) => {
        $query.first($tx.conn()?).await
    };
}
pub(crate) use first_held;

/// A query for rows to be claimed, without those that somebody else is claiming. Here nobody is:
/// there is one writer.
macro_rules! skip_locked {
    ($query:expr) => {
        $query
    };
}
pub(crate) use skip_locked;
