//! How values are kept in this database: one type a kind of column. The queries use only these
//! types, so they are the same on every database (decision 0002).

use crate::schema::sql_types::{ComputeCell as ComputeCellSql, CourseStatus as CourseStatusSql};
use bigdecimal::BigDecimal;
use chrono::{DateTime, NaiveDateTime, Utc};
use course_seats_domain::values::Credits;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::Uuid as UuidSql;
use diesel::sql_types::{Integer, Json, Numeric, Text, Timestamp, Timestamptz};
use std::io::Write;
use uuid::Uuid;

/// Defines the type of a column, and how it is written to and read from what Postgres keeps.
macro_rules! columns {
    ($($(#[$doc:meta])* $name:ident($inner:ty) as $sql:ident of $raw:ty, $write:expr, $read:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, AsExpression, FromSqlRow)]
        #[diesel(sql_type = $sql)]
        pub(crate) struct $name(pub(crate) $inner);

        impl ToSql<$sql, Pg> for $name {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
                let write: fn(&$inner) -> Result<$raw, Unreadable> = $write;
                <$raw as ToSql<$sql, Pg>>::to_sql(&write(&self.0)?, &mut out.reborrow())
            }
        }

        impl FromSql<$sql, Pg> for $name {
            fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
                let raw = <$raw as FromSql<$sql, Pg>>::from_sql(value)?;
                let read: fn($raw) -> Option<$inner> = $read;
                // The value itself may be personal: only the type is named.
                Ok(Self(read(raw).ok_or(Unreadable(stringify!($name)))?))
            }
        }

        impl From<$inner> for $name {
            fn from(value: $inner) -> Self {
                Self(value)
            }
        }
    )*};
}

/// Defines columns that keep one of a few words: a text or an enum, which is the same on the wire.
macro_rules! words {
    ($(
        $(#[$doc:meta])* $name:ident($inner:ty) as $sql:ident {
            $($variant:pat => $value:expr, $word:literal;)+
        }
    )*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, AsExpression, FromSqlRow)]
        #[diesel(sql_type = $sql)]
        pub(crate) struct $name(pub(crate) $inner);

        impl ToSql<$sql, Pg> for $name {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
                let word = match &self.0 { $($variant => $word,)+ };
                out.write_all(word.as_bytes())?;
                Ok(IsNull::No)
            }
        }

        impl FromSql<$sql, Pg> for $name {
            fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
                match std::str::from_utf8(value.as_bytes())? {
                    $($word => Ok(Self($value)),)+
                    _ => Err(Unreadable(stringify!($name)).into()),
                }
            }
        }
    )*};
}

/// A value that does not fit its column, or the other way round.
#[derive(Debug, thiserror::Error)]
#[error("a value is no {0}")]
struct Unreadable(&'static str);

columns! {
    /// An id.
    DbUuid(Uuid) as UuidSql of Uuid, |uuid| Ok(*uuid), Some;
    /// A moment.
    DbTime(DateTime<Utc>) as Timestamptz of DateTime<Utc>, |time| Ok(*time), Some;
    /// A moment in one of the peer's columns without a time zone: UTC.
    DbPlainTime(DateTime<Utc>) as Timestamp of NaiveDateTime,
        |time| Ok(time.naive_utc()),
        |time| Some(time.and_utc());
    /// An amount of credits.
    DbMoney(Credits) as Numeric of BigDecimal,
        |credits| credits.to_string().parse().map_err(|_| Unreadable("DbMoney")),
        |amount| amount.to_plain_string().parse().ok();
    /// A number that is never negative.
    DbCount(u32) as Integer of i32,
        |count| i32::try_from(*count).map_err(|_| Unreadable("DbCount")),
        |number| u32::try_from(number).ok();
    /// JSON.
    DbJson(serde_json::Value) as Json of serde_json::Value, |json| Ok(json.clone()), Some;
}

include!("../../sql/words.rs");
