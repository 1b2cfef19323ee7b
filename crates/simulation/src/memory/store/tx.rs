use super::tables::Tables;
use super::weather::{CommitFate, Pace, Weather};
use super::writer::{Turn, Turns};
use crate::runtime::lock;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use course_seats_application::ports::store::{AuditEntry, Page, StoreError, Tx};
use course_seats_application::ports::{Clock, Store};
use std::sync::{Arc, Mutex};

/// The database itself, which outlives every process.
#[derive(Default)]
pub struct MemoryDatabase {
    tables: Mutex<Tables>,
    turns: Arc<Turns>,
    audit: Mutex<Vec<AuditEntry>>,
    rules: Option<Rules>,
    broken: Mutex<Vec<String>>,
}

/// What no transaction may do: it is given the tables before and after it.
pub type Rules = fn(&Tables, &Tables) -> Vec<String>;

impl MemoryDatabase {
    /// One whose commits are held against these rules.
    #[must_use]
    pub fn under(rules: Rules) -> Self {
        Self { rules: Some(rules), ..Self::default() }
    }

    /// What was done against the rules.
    #[must_use]
    pub fn broken(&self) -> Vec<String> {
        lock(&self.broken).clone()
    }

    fn commit(&self, after: Tables) {
        let mut tables = lock(&self.tables);
        if let Some(rules) = self.rules {
            lock(&self.broken).extend(rules(&tables, &after));
        }
        *tables = after;
    }

    /// Everything that is committed.
    #[must_use]
    pub fn tables(&self) -> Tables {
        lock(&self.tables).clone()
    }

    /// Somebody else writes, in a transaction of his own that takes no time. `None`: it is not
    /// his turn, because somebody is writing.
    pub fn write<T>(&self, change: impl FnOnce(&mut Tables) -> T) -> Option<T> {
        self.turns.is_free().then(|| change(&mut lock(&self.tables)))
    }

    /// How many audit entries there are.
    #[must_use]
    pub fn audit_entries(&self) -> usize {
        lock(&self.audit).len()
    }
}

/// The database, as one process reaches it.
pub struct MemoryStore {
    database: Arc<MemoryDatabase>,
    /// The database's own clock.
    clock: Arc<dyn Clock>,
    weather: Arc<dyn Weather>,
}

impl MemoryStore {
    /// This database, reached through this weather.
    #[must_use]
    pub fn new(
        database: Arc<MemoryDatabase>,
        clock: Arc<dyn Clock>,
        weather: Arc<dyn Weather>,
    ) -> Self {
        Self { database, clock, weather }
    }

    async fn start(&self, writes: bool) -> Result<Box<dyn Tx>, StoreError> {
        pace(&*self.weather, &*self.clock, true).await?;
        let turn = match writes {
            true => Some(self.database.turns.take(&*self.clock).await?),
            false => None,
        };
        Ok(Box::new(MemoryTx {
            tables: self.database.tables(),
            database: Arc::clone(&self.database),
            clock: Arc::clone(&self.clock),
            weather: Arc::clone(&self.weather),
            turn,
            writes,
            failed: false,
            audit: Vec::new(),
        }))
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn begin(&self) -> Result<Box<dyn Tx>, StoreError> {
        self.start(true).await
    }

    async fn read(&self) -> Result<Box<dyn Tx>, StoreError> {
        self.start(false).await
    }

    async fn ready(&self) -> Result<(), StoreError> {
        pace(&*self.weather, &*self.clock, true).await
    }
}

/// One transaction: tables of its own until it commits.
pub(super) struct MemoryTx {
    pub(super) tables: Tables,
    database: Arc<MemoryDatabase>,
    clock: Arc<dyn Clock>,
    pub(super) weather: Arc<dyn Weather>,
    turn: Option<Turn>,
    writes: bool,
    /// A statement was refused: it can only be rolled back.
    failed: bool,
    pub(super) audit: Vec<AuditEntry>,
}

impl MemoryTx {
    /// What every statement begins with: it may take time, fail, or find that the transaction was
    /// ended because its process hung.
    pub(super) async fn statement(&mut self) -> Result<(), StoreError> {
        pace(&*self.weather, &*self.clock, false).await?;
        self.still_ours()
    }

    fn still_ours(&self) -> Result<(), StoreError> {
        let now = self.clock.monotonic();
        match &self.turn {
            Some(turn) if !turn.holds(now) => Err(StoreError::Unavailable("idle too long".into())),
            None if self.writes => Err(StoreError::Unavailable("the turn is over".into())),
            _ => Ok(()),
        }
    }

    /// The database's own time.
    pub(super) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// A unique key is taken.
    pub(super) fn taken<T>(&mut self, key: &str) -> Result<T, StoreError> {
        self.failed = true;
        Err(StoreError::Conflict(key.to_owned()))
    }

    /// A row is missing that must be there, or there that must not be.
    pub(super) fn broken<T>(&mut self, what: &str) -> Result<T, StoreError> {
        self.failed = true;
        Err(StoreError::Corrupt(what.to_owned()))
    }
}

async fn pace(weather: &dyn Weather, clock: &dyn Clock, begins: bool) -> Result<(), StoreError> {
    match weather.statement(begins) {
        Pace::Now => Ok(()),
        Pace::After(pause) => {
            clock.sleep(pause).await;
            Ok(())
        }
        Pace::Down => Err(StoreError::Unavailable("the database is down".into())),
    }
}

#[async_trait]
impl Tx for MemoryTx {
    async fn commit(mut self: Box<Self>) -> Result<(), StoreError> {
        if self.failed {
            return Err(StoreError::Corrupt("a statement failed before the commit".into()));
        }
        let CommitFate { before, written, after, answered } = self.weather.commit();
        if !before.is_zero() {
            self.clock.sleep(before).await;
        }
        self.still_ours()?;
        if written && self.writes {
            lock(&self.database.audit).append(&mut self.audit);
            self.database.commit(std::mem::take(&mut self.tables));
        }
        self.turn = None;
        if !after.is_zero() {
            self.clock.sleep(after).await;
        }
        match answered {
            true => Ok(()),
            false => Err(StoreError::Unavailable("the answer to the commit was lost".into())),
        }
    }

    async fn rollback(self: Box<Self>) -> Result<(), StoreError> {
        Ok(())
    }
}

/// The part of a list that is asked for.
pub(super) fn page_of<T>(
    all: Vec<T>,
    page: Option<Page>,
) -> course_seats_application::ports::store::Listed<T> {
    let total = all.len() as u64;
    let items = match page {
        None => all,
        Some(page) => {
            let skip = usize::try_from(page.offset()).unwrap_or(usize::MAX);
            all.into_iter().skip(skip).take(page.size as usize).collect()
        }
    };
    course_seats_application::ports::store::Listed { items, total }
}
