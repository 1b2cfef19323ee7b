//! The queries, one file a repository. The same on every database: what differs stands in
//! [`crate::db`], [`crate::columns`], [`crate::functions`] and [`crate::schema`] (decision 0002).

mod audit;
mod courses;
mod daily_run;
mod drift;
mod enrolments;
mod institutions;
mod invites;
mod labs;
mod outbox;
mod projects;
mod requests;
mod reservations;
mod saga_rows;
mod sagas;
mod seat_lists;
mod seats;
mod statistics;

use course_seats_application::ports::StoreError;

/// How many keys are looked up with one query: databases limit a query's bound variables.
const KEYS_A_QUERY: usize = 500;

/// How many there are, as a listing tells it.
fn total(count: i64) -> Result<u64, StoreError> {
    u64::try_from(count).map_err(|_| StoreError::Corrupt("a count below zero".into()))
}

/// Limits a boxed query to a page, if one is wanted.
macro_rules! paged {
    ($query:expr, $page:expr) => {
        match $page {
            Some(page) => $query.limit(i64::from(page.size)).offset(page.offset()),
            None => $query,
        }
    };
}
use paged;

/// How many match.
macro_rules! counted {
    ($tx:expr, $matching:expr) => {{
        let count = $matching.select(diesel::dsl::count_star()).first($tx.conn()?).await;
        crate::queries::total(count.map_err(crate::errors::failed)?)
    }};
}
use counted;

/// The rows of a page, and how many match in all: counted only if the rows do not tell it.
macro_rules! with_total {
    ($tx:expr, $page:expr, $rows:expr, $counted:expr) => {{
        let page: Option<course_seats_application::ports::store::Page> = $page;
        let rows: Vec<_> = $rows.load($tx.conn()?).await.map_err(crate::errors::failed)?;
        let total = match page.map(|page| page.told_by(rows.len())) {
            None => rows.len() as u64,
            Some(Some(told)) => told,
            Some(None) => $counted?,
        };
        (rows, total)
    }};
}
use with_total;

/// The rows of a page, and how many match in all, as some numbers that are kept tell it: asked at the
/// same time.
macro_rules! with_sum {
    ($tx:expr, $rows:expr, $numbers:expr) => {{
        let (rows, numbers) = crate::db::both!($tx, $rows, $numbers);
        let numbers: Vec<i64> = numbers.map_err(crate::errors::failed)?;
        let total = crate::queries::total(numbers.into_iter().sum())?;
        (rows.map_err(crate::errors::failed)?, total)
    }};
}
use with_sum;
