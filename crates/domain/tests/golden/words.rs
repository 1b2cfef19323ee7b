//! The words under which variants are stored. Each list is an exhaustive `match`: a new variant
//! does not compile without its word here, and a word fails without its sample.

use course_seats_domain::plans::{CourseEvent, CourseStep, CourseUndo, Note, Subject};
use course_seats_domain::saga::Event;

macro_rules! words {
    ($list:ident, $word:ident: $type:ty { $($pattern:pat => $text:literal,)* }) => {
        pub const $list: &[&str] = &[$($text),*];

        pub fn $word(value: &$type) -> &'static str {
            match value {
                $($pattern => $text,)*
            }
        }
    };
}

words! { STEPS, step: CourseStep {
    CourseStep::Hold { .. } => "hold",
    CourseStep::CreateGroup { .. } => "create_group",
    CourseStep::JoinOwnGroup { .. } => "join_own_group",
    CourseStep::OpenLabAccount { .. } => "open_lab_account",
    CourseStep::OpenProjectAccount { .. } => "open_project_account",
    CourseStep::Grant { .. } => "grant",
    CourseStep::GrantTemplate { .. } => "grant_template",
    CourseStep::JoinProject { .. } => "join_project",
    CourseStep::JoinLab { .. } => "join_lab",
    CourseStep::MarkDropping(_) => "mark_dropping",
    CourseStep::EmptyProject { .. } => "empty_project",
    CourseStep::LeaveLab { .. } => "leave_lab",
    CourseStep::DepleteProject { .. } => "deplete_project",
    CourseStep::DropAll { .. } => "drop_all",
    CourseStep::DepleteLab { .. } => "deplete_lab",
    CourseStep::DeleteStudentGroups { .. } => "delete_student_groups",
    CourseStep::SettleLab(_) => "settle_lab",
    CourseStep::SettleProject(_) => "settle_project",
    CourseStep::SettleInvite(_) => "settle_invite",
    CourseStep::SettleTemplate { .. } => "settle_template",
    CourseStep::SettleAssign(_) => "settle_assign",
    CourseStep::SettleActivate(_) => "settle_activate",
    CourseStep::SettleDrop(_) => "settle_drop",
    CourseStep::SettleClosing(_) => "settle_closing",
} }

words! { UNDOS, undo: CourseUndo {
    CourseUndo::DeleteGroup { .. } => "delete_group",
    CourseUndo::GiveUpLab { .. } => "give_up_lab",
    CourseUndo::GiveUpProject { .. } => "give_up_project",
    CourseUndo::TakeBack { .. } => "take_back",
    CourseUndo::LeaveProject { .. } => "leave_project",
    CourseUndo::LeaveLab { .. } => "leave_lab",
} }

words! { NOTES, note: Note {
    Note::Group { .. } => "group",
    Note::GrantAttempt => "grant_attempt",
    Note::GrantAttemptAt { .. } => "grant_attempt_at",
    Note::Joining { .. } => "joining",
    Note::Dropping { .. } => "dropping",
    Note::Balance { .. } => "balance",
    Note::Depleted { .. } => "depleted",
    Note::DepletingLab => "depleting_lab",
    Note::LabDepleted => "lab_depleted",
    Note::NotNeeded => "not_needed",
} }

words! { EVENTS, event: CourseEvent {
    Event::TakenOver => "taken_over",
    Event::Noted { .. } => "noted",
    Event::Tried { .. } => "tried",
    Event::Unknown { .. } => "unknown",
    Event::Done { .. } => "done",
    Event::TurnedToUndo { .. } => "turned_to_undo",
    Event::UndoTried { .. } => "undo_tried",
    Event::UndoUnknown { .. } => "undo_unknown",
    Event::Undone { .. } => "undone",
    Event::NeedsAttention { .. } => "needs_attention",
    Event::Completed => "completed",
    Event::AllUndone => "all_undone",
    Event::Cancelled { .. } => "cancelled",
    Event::LookBegan => "look_began",
    Event::LookUnknown { .. } => "look_unknown",
    Event::Looked => "looked",
    Event::Settled { .. } => "settled",
    Event::Seen { .. } => "seen",
} }

words! { SUBJECTS, subject: Subject {
    Subject::Enrolment(_) => "enrolment",
    Subject::Member(..) => "member",
    Subject::Invite(_) => "invite",
    Subject::Lab(_) => "lab",
    Subject::Project(_) => "project",
    Subject::Closing(_) => "closing",
    Subject::Template(_) => "template",
} }
