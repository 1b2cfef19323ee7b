use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// The longest time from start to last drop: 14 days.
pub const MAX_DROP_WINDOW: TimeDelta = TimeDelta::days(14);

/// When a course starts, when its students may last be dropped for free, and when it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CourseDates {
    /// The first moment at which students are let in.
    pub start: Option<DateTime<Utc>>,
    /// From this moment on no seat is assigned and none comes back.
    pub last_drop: Option<DateTime<Utc>>,
    /// From this moment on nobody is let in, and everything is taken back.
    pub end: Option<DateTime<Utc>>,
}

/// Why a course cannot be activated. The texts are those of the service we replace.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ActivationRefusal {
    /// It is active or voided already.
    #[error("Only draft courses can be modified")]
    NotADraft,
    /// Dates are missing.
    #[error("Cannot activate: the following fields are not set: {}", fields.join(", "))]
    Missing {
        /// Their names.
        fields: Vec<&'static str>,
    },
    /// The dates are out of order.
    #[error(
        "Cannot activate: dates must satisfy start_date < last_drop_date < end_date, got {} / {} / {}",
        spoken(start),
        spoken(last_drop),
        spoken(end)
    )]
    OutOfOrder {
        /// The start.
        start: DateTime<Utc>,
        /// The last drop.
        last_drop: DateTime<Utc>,
        /// The end.
        end: DateTime<Utc>,
    },
    /// The last drop is too far from the start.
    #[error(
        "Cannot activate: last_drop_date must be within 2 weeks of start_date, got {} but max allowed is {}",
        spoken(last_drop),
        spoken(latest)
    )]
    DropWindowTooLong {
        /// The last drop.
        last_drop: DateTime<Utc>,
        /// The latest that is allowed.
        latest: DateTime<Utc>,
    },
}

impl CourseDates {
    /// Checks what activation needs: all three, in order, and the last drop at most
    /// [`MAX_DROP_WINDOW`] after the start.
    ///
    /// # Errors
    /// The first [`ActivationRefusal`] that holds.
    pub fn check(&self) -> Result<(), ActivationRefusal> {
        let (Some(start), Some(last_drop), Some(end)) = (self.start, self.last_drop, self.end)
        else {
            let fields = [
                ("start_date", self.start),
                ("end_date", self.end),
                ("last_drop_date", self.last_drop),
            ];
            return Err(ActivationRefusal::Missing {
                fields: fields
                    .iter()
                    .filter(|(_, date)| date.is_none())
                    .map(|(name, _)| *name)
                    .collect(),
            });
        };
        if !(start < last_drop && last_drop < end) {
            return Err(ActivationRefusal::OutOfOrder { start, last_drop, end });
        }
        // A date too late to add two weeks to is also too late to be refused.
        match start.checked_add_signed(MAX_DROP_WINDOW) {
            Some(latest) if last_drop > latest => {
                Err(ActivationRefusal::DropWindowTooLong { last_drop, latest })
            }
            _ => Ok(()),
        }
    }

    /// Whether `now` is before the last drop date; a course without one has no last drop.
    #[must_use]
    pub fn before_last_drop(&self, now: DateTime<Utc>) -> bool {
        self.last_drop.is_none_or(|last_drop| now < last_drop)
    }

    /// Whether the course has started.
    #[must_use]
    pub fn started(&self, now: DateTime<Utc>) -> bool {
        self.start.is_some_and(|start| start <= now)
    }

    /// Whether the course is over.
    #[must_use]
    pub fn ended(&self, now: DateTime<Utc>) -> bool {
        self.end.is_some_and(|end| end <= now)
    }
}

/// A time as the messages of the service we replace show it: `2027-03-02 11:49:02+00:00`.
fn spoken(time: &DateTime<Utc>) -> String {
    let format = if time.timestamp_subsec_micros() == 0 {
        SecondsFormat::Secs
    } else {
        SecondsFormat::Micros
    };
    time.to_rfc3339_opts(format, false).replace('T', " ")
}
