use crate::group::GroupId;
use crate::ids::UserId;
use crate::values::Credits;
use serde::{Deserialize, Serialize};

/// What the notebook keeps on the way: before an act whose repetition would do harm, or as a
/// step's output.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "note", rename_all = "snake_case")]
pub enum Note {
    /// A group's id.
    Group {
        /// The identity provider's id.
        id: GroupId,
    },
    /// A grant is about to be tried: the only attempt on this account.
    GrantAttempt,
    /// A grant is about to be tried on an account with this balance.
    GrantAttemptAt {
        /// The balance before.
        balance: Credits,
    },
    /// Somebody is about to join a group that others share.
    Joining {
        /// Whether he was in it before: then leaving it is not ours to do.
        was_in: bool,
    },
    /// What a drop decides by, noted when it was marked.
    Dropping {
        /// The student whom the drop takes out of the lab.
        student: Option<UserId>,
        /// Whether it was before the last drop date.
        before_last_drop: bool,
        /// Whether the seat had come back before.
        recovered_before: bool,
        /// What the project was granted.
        grant: Credits,
    },
    /// The balance before a deplete. `None`: there is no such account.
    Balance {
        /// How much there was.
        balance: Option<Credits>,
    },
    /// What a deplete took.
    Depleted {
        /// How much.
        amount: Credits,
    },
    /// The lab is about to be depleted.
    DepletingLab,
    /// The lab's deplete was answered at its only attempt.
    LabDepleted,
    /// It was found done before.
    NotNeeded,
}
