use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Serialize, Serializer};
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// A time in UTC: `2026-11-21T11:49:02Z`, with six digits of a second if they are not all zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Time(pub DateTime<Utc>);

impl Time {
    /// The text.
    #[must_use]
    pub fn text(self) -> String {
        let format = match self.0.timestamp_subsec_micros() {
            0 => SecondsFormat::Secs,
            _ => SecondsFormat::Micros,
        };
        self.0.to_rfc3339_opts(format, true)
    }
}

impl From<DateTime<Utc>> for Time {
    fn from(time: DateTime<Utc>) -> Self {
        Self(time)
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text())
    }
}

impl PartialSchema for Time {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .description(Some("A time in UTC, such as 2026-11-21T11:49:02Z."))
            .into()
    }
}

impl ToSchema for Time {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn microseconds_only_if_there_are_some() {
        let text = |text: &str| Time(text.parse().unwrap()).text();
        assert_eq!(text("2026-11-21T11:49:02Z"), "2026-11-21T11:49:02Z");
        assert_eq!(text("2026-11-22T11:49:00.85032Z"), "2026-11-22T11:49:00.850320Z");
        assert_eq!(text("0001-01-01T00:00:00Z"), "0001-01-01T00:00:00Z");
    }
}
