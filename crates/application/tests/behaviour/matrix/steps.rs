//! What each step of each saga does outside. There is no step without its row here: the match has
//! no other arm.

use course_seats_domain::plans::CourseStep;
use course_seats_sandbox::Operation;
use std::collections::BTreeMap;

/// What a step calls outside, each as often as it does for one student, and what its undo calls. Most
/// settles and marks are local.
pub struct Row {
    pub name: &'static str,
    pub calls: &'static [Operation],
    pub undo_calls: &'static [Operation],
}

macro_rules! rows {
    ($($step:ident => [$($call:ident),*] undone by [$($undo:ident),*];)*) => {
        /// Every step.
        pub const ROWS: &[Row] = &[$(Row {
            name: stringify!($step),
            calls: &[$(Operation::$call),*],
            undo_calls: &[$(Operation::$undo),*],
        }),*];

        /// The name of a step's row.
        pub fn name(step: &CourseStep) -> &'static str {
            match step {
                $(CourseStep::$step { .. } => stringify!($step),)*
            }
        }
    };
}

rows! {
    Hold => [] undone by [];
    CreateGroup => [CreateGroup] undone by [DeleteGroup];
    JoinOwnGroup => [Join] undone by [];
    OpenLabAccount => [OpenLab] undone by [DepleteLab];
    OpenProjectAccount => [OpenProject] undone by [DepleteProject];
    Grant => [Grant] undone by [DepleteProject];
    GrantTemplate => [ProjectBalance, Grant] undone by [];
    JoinProject => [Join] undone by [Leave];
    JoinLab => [Join] undone by [Leave];
    MarkDropping => [] undone by [];
    EmptyProject => [Members, Leave] undone by [];
    LeaveLab => [Leave] undone by [];
    DepleteProject => [ProjectBalance, DepleteProject] undone by [];
    DropAll => [] undone by [];
    DepleteLab => [DepleteLab] undone by [];
    DeleteStudentGroups => [DeleteGroup, DeleteGroup] undone by [];
    SettleLab => [] undone by [];
    SettleProject => [] undone by [];
    SettleInvite => [] undone by [];
    SettleTemplate => [] undone by [];
    SettleAssign => [Send] undone by [];
    SettleActivate => [] undone by [];
    SettleDrop => [] undone by [];
    SettleClosing => [] undone by [];
}

/// How often each call is made.
pub fn counted(calls: impl IntoIterator<Item = Operation>) -> Vec<(String, usize)> {
    let mut counted = BTreeMap::new();
    for call in calls {
        *counted.entry(format!("{call:?}")).or_default() += 1;
    }
    counted.into_iter().collect()
}
