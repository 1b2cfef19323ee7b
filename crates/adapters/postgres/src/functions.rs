//! SQL functions and expressions that every database has in its own way.

use crate::columns::DbTime;
use crate::schema::{saga_event, seat};
use chrono::TimeDelta;
use diesel::data_types::PgInterval;
use diesel::dsl::{Cast, RetrieveAsText};
use diesel::expression::AsExpression;
use diesel::sql_types::{Nullable, Text};
use diesel::{ExpressionMethods, PgAnyJsonExpressionMethods};

mod sql {
    use diesel::sql_types::{Interval, Nullable, Text, Timestamptz};

    #[diesel::declare_sql_function]
    extern "SQL" {
        /// A migration defines it.
        fn matches_folded(text: Nullable<Text>, pattern: Text) -> Bool;

        /// The time of day, also in a transaction that began long ago.
        fn clock_timestamp() -> Timestamptz;

        /// What `+` does.
        fn timestamptz_pl_interval(at: Timestamptz, by: Interval) -> Nullable<Timestamptz>;

        /// The first, if there is one.
        fn coalesce(known: Nullable<Timestamptz>, asked: Timestamptz) -> Timestamptz;
    }
}

pub(crate) use sql::clock_timestamp;

/// A time that is known, or that the database tells.
pub(crate) type Moment = sql::coalesce<Option<DbTime>, clock_timestamp>;

/// So long after it.
pub(crate) type After = sql::timestamptz_pl_interval<Moment, PgInterval>;

/// So long after that moment.
pub(crate) fn after(moment: Moment, length: TimeDelta) -> After {
    let micros = length.num_microseconds().unwrap_or(i64::MAX);
    sql::timestamptz_pl_interval(moment, PgInterval::from_microseconds(micros))
}

/// The time, if it is known; else the database's.
pub(crate) fn moment(known: Option<DbTime>) -> Moment {
    sql::coalesce(known, clock_timestamp())
}

/// Whether `text` contains `part`, which is folded, without regard to case; not if there is no
/// text.
pub(crate) fn contains_folded<T>(text: T, part: &str) -> sql::matches_folded<T, String>
where
    T: AsExpression<Nullable<Text>>,
{
    sql::matches_folded(text, pattern(part))
}

/// The pattern of `LIKE` for whatever contains this. The database could make it, but does so for
/// each row.
fn pattern(part: &str) -> String {
    let mut pattern = String::from("%");
    for character in part.chars() {
        match character {
            '%' | '_' | '\\' => pattern.extend(['\\', character]),
            // No text here has NUL in it, and a parameter must not either: look for what is in none.
            '\0' => pattern.push('\u{10ffff}'),
            _ => pattern.push(character),
        }
    }
    pattern.push('%');
    pattern
}

/// The word by which a stored event is told from others.
pub(crate) fn event_word() -> RetrieveAsText<saga_event::event, &'static str> {
    saga_event::event.retrieve_as_text("event")
}

/// A seat's id as the text under which it is reserved.
pub(crate) fn seat_key() -> Cast<seat::id, Text> {
    seat::id.cast::<Text>()
}

#[cfg(test)]
mod tests {
    use super::pattern;

    #[test]
    fn no_character_has_a_meaning_in_a_pattern() {
        assert_eq!(pattern(r"50%_a\b"), r"%50\%\_a\\b%");
        assert_eq!(pattern(""), "%%");
        assert_eq!(pattern("a\0"), "%a\u{10ffff}%");
    }
}
