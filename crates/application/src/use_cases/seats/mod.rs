//! Seats.

mod assign;
mod batches;
mod drop;
mod list;
mod provision;
mod transfer;

pub(crate) use assign::assign_results;
pub use assign::{AssignError, AssignResult, assign_seats, begin_assign};
pub use batches::{BatchError, get_batch, list_batches};
pub use drop::{DropError, DropResult, begin_drop, drop_seats};
pub(crate) use drop::{drop_results, open_drops};
pub use list::list_seats;
pub use provision::{ProvisionError, provision_seats};
pub use transfer::{TransferError, transfer_seats};

/// What has become of one student or seat of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ItemStatus {
    /// It was done.
    Done,
    /// It was not, and nothing is left of it.
    Failed,
    /// It is not decided yet; it goes on by itself.
    Pending,
}

impl ItemStatus {
    /// The word under which it is known in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Pending => "pending",
        }
    }
}

/// What a caller hears of an item that is not decided when the answer is due.
pub(crate) const GOES_ON: &str =
    "Not finished yet: it goes on by itself, and the list shows what became of it";
