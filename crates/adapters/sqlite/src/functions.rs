//! SQL functions and expressions that every database has in its own way.

use crate::schema::{saga_event, seat};
use course_seats_application::ports::StoreError;
use course_seats_domain::values::fold;
use diesel::SqliteConnection;
use diesel::expression::AsExpression;
use diesel::sql_types::{Nullable, Text};

mod sql {
    use diesel::sql_types::{Nullable, Text};

    #[diesel::declare_sql_function]
    extern "SQL" {
        /// Ours, in Rust.
        fn contains_folded(text: Nullable<Text>, part: Text) -> Bool;

        /// SQLite has it.
        fn json_extract(json: Text, path: Text) -> Nullable<Text>;
    }
}

/// Whether `text` contains `part`, which is folded, without regard to case; not if there is no
/// text. `LIKE` would fold only ASCII here, and give `%` and `_` a meaning.
pub(crate) fn contains_folded<T>(text: T, part: &str) -> sql::contains_folded<T, String>
where
    T: AsExpression<Nullable<Text>>,
{
    sql::contains_folded(text, part.to_owned())
}

/// The word by which a stored event is told from others.
pub(crate) fn event_word() -> sql::json_extract<saga_event::event, &'static str> {
    sql::json_extract(saga_event::event, "$.event")
}

/// Makes the functions known to a connection.
pub(crate) fn register(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    sql::contains_folded_utils::register_impl(connection, |text: Option<String>, part: String| {
        text.is_some_and(|text| fold(&text).contains(&part))
    })
    .map_err(crate::errors::failed)
}

/// A seat's id as the text under which it is reserved.
pub(crate) fn seat_key() -> seat::id {
    seat::id
}
