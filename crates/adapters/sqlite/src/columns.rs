//! How values are kept in this database: one type a kind of column. The queries use only these
//! types, so they are the same on every database (decision 0002).

use chrono::{DateTime, Utc};
use course_seats_domain::values::Credits;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{BigInt, Integer, Text};
use diesel::sqlite::{Sqlite, SqliteValue};
use uuid::Uuid;

/// Defines the type of a column, and how it is written to and read from what SQLite keeps.
macro_rules! columns {
    ($($(#[$doc:meta])* $name:ident($inner:ty) as $sql:ident of $raw:ty, $write:expr, $read:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, AsExpression, FromSqlRow)]
        #[diesel(sql_type = $sql)]
        pub(crate) struct $name(pub(crate) $inner);

        impl ToSql<$sql, Sqlite> for $name {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
                let write: fn(&$inner) -> Result<$raw, Unreadable> = $write;
                out.set_value(write(&self.0)?);
                Ok(IsNull::No)
            }
        }

        impl FromSql<$sql, Sqlite> for $name {
            fn from_sql(value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
                let raw = <$raw as FromSql<$sql, Sqlite>>::from_sql(value)?;
                let read: fn(&$raw) -> Option<$inner> = $read;
                // The value itself may be personal: only the type is named.
                Ok(Self(read(&raw).ok_or(Unreadable(stringify!($name)))?))
            }
        }

        impl From<$inner> for $name {
            fn from(value: $inner) -> Self {
                Self(value)
            }
        }
    )*};
}

/// Defines columns that keep one of a few words.
macro_rules! words {
    ($(
        $(#[$doc:meta])* $name:ident($inner:ty) as $sql:ident {
            $($variant:pat => $value:expr, $word:literal;)+
        }
    )*) => {
        columns! {$(
            $(#[$doc])*
            $name($inner) as $sql of String,
            |value| Ok(match value { $($variant => $word.to_owned(),)+ }),
            |word| match word.as_str() { $($word => Some($value),)+ _ => None };
        )*}
    };
}

/// The types of the columns that keep a course's status and a compute cell.
type CourseStatusSql = Text;
type ComputeCellSql = Text;

/// A value that does not fit its column, or the other way round.
#[derive(Debug, thiserror::Error)]
#[error("a value is no {0}")]
struct Unreadable(&'static str);

columns! {
    /// An id: a hyphenated lower case text.
    DbUuid(Uuid) as Text of String,
        |uuid| Ok(uuid.hyphenated().to_string()),
        |text| Uuid::parse_str(text).ok();
    /// A moment: microseconds since 1970, UTC.
    DbTime(DateTime<Utc>) as BigInt of i64,
        |time| Ok(time.timestamp_micros()),
        |micros| DateTime::from_timestamp_micros(*micros);
    /// A moment in one of the peer's columns without a time zone; here no different.
    DbPlainTime(DateTime<Utc>) as BigInt of i64,
        |time| Ok(time.timestamp_micros()),
        |micros| DateTime::from_timestamp_micros(*micros);
    /// An amount of credits: a text, because SQLite's numbers are floating point.
    DbMoney(Credits) as Text of String,
        |credits| Ok(credits.to_string()),
        |text| text.parse().ok();
    /// A number that is never negative.
    DbCount(u32) as Integer of i32,
        |count| i32::try_from(*count).map_err(|_| Unreadable("DbCount")),
        |number| u32::try_from(*number).ok();
    /// JSON: a text.
    DbJson(serde_json::Value) as Text of String,
        |json| Ok(json.to_string()),
        |text| serde_json::from_str(text).ok();
}

include!("../../sql/words.rs");
