//! SQL functions and expressions that every database has in its own way.

use crate::schema::{saga_event, seat};
use diesel::dsl::{Cast, RetrieveAsText};
use diesel::expression::AsExpression;
use diesel::sql_types::{Nullable, Text};
use diesel::{ExpressionMethods, PgAnyJsonExpressionMethods};

mod sql {
    use diesel::sql_types::{Nullable, Text};

    #[diesel::declare_sql_function]
    extern "SQL" {
        /// A migration defines it.
        fn contains_folded(text: Nullable<Text>, part: Text) -> Bool;

        /// The time of day, also in a transaction that began long ago.
        fn clock_timestamp() -> Timestamptz;
    }
}

pub(crate) use sql::clock_timestamp;

/// Whether `text` contains `part`, which is folded, without regard to case; not if there is no
/// text. `LIKE` would give `%` and `_` a meaning.
pub(crate) fn contains_folded<T>(text: T, part: String) -> sql::contains_folded<T, String>
where
    T: AsExpression<Nullable<Text>>,
{
    // No text here has NUL in it, and a parameter must not either: look for what is in none.
    sql::contains_folded(text, part.replace('\0', "\u{10ffff}"))
}

/// The word by which a stored event is told from others.
pub(crate) fn event_word() -> RetrieveAsText<saga_event::event, &'static str> {
    saga_event::event.retrieve_as_text("event")
}

/// A seat's id as the text under which it is reserved.
pub(crate) fn seat_key() -> Cast<seat::id, Text> {
    seat::id.cast::<Text>()
}
