//! How many statements a database has seen, by `pg_stat_statements`.

use course_seats_testkit::postgres::Database;

/// A count of statements.
#[derive(Debug, Clone, Copy)]
pub struct Statements;

impl Statements {
    /// From here on.
    pub fn forget(database: &Database<'_>) {
        database.psql("SELECT pg_stat_statements_reset()");
    }

    /// Since then, but those of this question itself.
    pub fn count(database: &Database<'_>) -> u64 {
        let sql = "SELECT coalesce(sum(calls), 0) FROM pg_stat_statements s JOIN pg_database d \
                   ON d.oid = s.dbid AND d.datname = current_database() \
                   WHERE query NOT LIKE '%pg_stat_statements%'";
        database.psql(sql).parse().unwrap_or_default()
    }
}
