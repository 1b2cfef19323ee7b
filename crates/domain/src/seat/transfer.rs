use super::Seat;
use crate::course::{Course, CourseStatus};
use chrono::{DateTime, Utc};

/// How many seats move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransferAmount {
    /// All that can.
    All,
    /// Exactly so many, or none.
    Exactly(u32),
}

/// Why seats cannot move. The texts are those of the service we replace.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransferRefusal {
    /// Different institutions.
    #[error("Both courses must belong to the same institution")]
    OtherInstitution,
    /// One of them is not active, or is being closed.
    #[error("Both courses must be active")]
    NotActive,
    /// The source may still need its seats.
    #[error("Source course must be past its last drop date")]
    SourceTooEarly,
    /// The target cannot use them any more.
    #[error("Target course must be before its last drop date")]
    TargetTooLate,
    /// There is none.
    #[error("No transferable seats available")]
    None,
    /// There are fewer than asked.
    #[error("Requested {requested} seats but only {available} available")]
    TooFew {
        /// How many were asked.
        requested: u32,
        /// How many there are.
        available: usize,
    },
}

/// Whether seats may move from `source` to `target` now.
///
/// # Errors
/// The first [`TransferRefusal`] that holds.
pub fn check_transfer(
    source: &Course,
    target: &Course,
    now: DateTime<Utc>,
) -> Result<(), TransferRefusal> {
    if source.institution != target.institution {
        return Err(TransferRefusal::OtherInstitution);
    }
    if [source, target].iter().any(|course| {
        course.status != CourseStatus::Active
            || matches!(course.closing, Some(reason) if reason != crate::course::Closing::Ended)
    }) {
        return Err(TransferRefusal::NotActive);
    }
    if source.dates.before_last_drop(now) {
        return Err(TransferRefusal::SourceTooEarly);
    }
    if !target.dates.before_last_drop(now) {
        return Err(TransferRefusal::TargetTooLate);
    }
    Ok(())
}

/// Which of the source's available seats move: those whose credit value is at most the target's
/// credits per seat, earliest expiry first.
///
/// # Errors
/// [`TransferRefusal::None`] or [`TransferRefusal::TooFew`].
pub fn pick_for_transfer(
    mut available: Vec<Seat>,
    target: &Course,
    amount: TransferAmount,
) -> Result<Vec<Seat>, TransferRefusal> {
    available.retain(|seat| seat.credit_value <= target.credits_per_seat);
    available.sort_by_key(Seat::order);
    match amount {
        TransferAmount::All if available.is_empty() => Err(TransferRefusal::None),
        TransferAmount::All => Ok(available),
        TransferAmount::Exactly(requested) => {
            let wanted = usize::try_from(requested).unwrap_or(usize::MAX);
            if available.len() < wanted {
                return Err(TransferRefusal::TooFew { requested, available: available.len() });
            }
            available.truncate(wanted);
            Ok(available)
        }
    }
}
