use crate::values::Credits;
use serde::{Deserialize, Serialize};

/// A seat comes back only if *fewer* than this was spent (design §3; the service we replace also
/// lets one come back at exactly 50).
pub const SPENT_LIMIT: u32 = 50;

/// What becomes of a seat whose student was dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SeatFate {
    /// Free again, marked as previously dropped.
    Recovered,
    /// Used up.
    Consumed,
}

/// What a project has spent of its grant when `balance` is left: not below zero.
///
/// Credits that a running job has reserved are not in the balance, so they count as spent.
#[must_use]
pub fn spent(grant: Credits, balance: Credits) -> Credits {
    grant.less(balance)
}

/// What becomes of a seat: it is recovered if it never was before, now is before the last drop
/// date, and fewer than [`SPENT_LIMIT`] credits were spent.
///
/// ```
/// use course_seats_domain::{seat::{SeatFate, fate_after_drop}, values::Credits};
/// let fate = |spent: &str| fate_after_drop(false, true, spent.parse::<Credits>().unwrap());
/// assert_eq!(fate("49.99"), SeatFate::Recovered);
/// assert_eq!(fate("50"), SeatFate::Consumed);
/// ```
#[must_use]
pub fn fate_after_drop(recovered_before: bool, before_last_drop: bool, spent: Credits) -> SeatFate {
    if !recovered_before && before_last_drop && spent < Credits::whole(SPENT_LIMIT) {
        SeatFate::Recovered
    } else {
        SeatFate::Consumed
    }
}
