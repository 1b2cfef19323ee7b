//! The words that a parameter may be, for the OpenAPI document. What counts is what the domain
//! parses; a test holds the two together.

use serde::Serialize;
use utoipa::ToSchema;

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($(#[$word_doc:meta])* $word:ident),+ $(,)? })+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$word_doc])* $word),+ }

        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$word),+];
        }
    )+};
}

words! {
    /// What a seat looks like.
    SeatStateWord {
        /// Can be assigned.
        Free,
        /// An assignment under way holds it.
        Reserved,
        /// A student sits on it.
        Assigned,
        /// Its student is being dropped.
        Dropping,
        /// Used up.
        Consumed,
    }

    /// What an enrolment looks like.
    EnrolmentStateWord {
        /// Nobody has claimed it yet.
        Assigned,
        /// Claimed, not let in yet.
        Claimed,
        /// Let in.
        Activated,
        /// Being dropped.
        Dropping,
        /// Dropped.
        Dropped,
    }

    /// Admins or members.
    RoleWord {
        /// Those who may change things.
        Admin,
        /// Those who may look and work.
        Member,
    }

    /// Where a lab's jobs run.
    ComputeCellWord {
        /// The first.
        CellA,
        /// The second.
        CellB,
    }

    /// What else is shown of a lab.
    LabExpandWord {
        /// Its admins.
        Admins,
        /// Its owner.
        Owner,
    }

    /// What else is shown of a project.
    ProjectExpandWord {
        /// Accepted and ignored.
        Balance,
        /// Its lab.
        VirtualLab,
    }

    /// Where a saga is.
    SagaStatusWord {
        /// Going forward.
        Running,
        /// Going back.
        Undoing,
        /// All is done.
        Completed,
        /// Nothing is left of it.
        Undone,
        /// A person may want to know.
        NeedsAttention,
    }

    /// Where a mail is.
    MailStatusWord {
        /// Not sent yet.
        Queued,
        /// Handed to the mail server.
        Sent,
        /// Given up.
        Dead,
        /// What it was about is gone, or a newer one has taken its place.
        Cancelled,
    }

    /// What a saga does.
    SagaKindWord {
        /// Makes a lab.
        CreateLab,
        /// Makes a project.
        CreateProject,
        /// Lets somebody into a lab.
        AcceptInvite,
        /// Gives a course's template project its credits.
        FundTemplate,
        /// Gives one student a seat.
        AssignSeat,
        /// Lets one student in.
        Activate,
        /// Drops one student.
        DropSeat,
        /// Closes a course.
        CloseCourse,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use course_seats_application::ports::store::MailStatus;
    use course_seats_domain::enrolment::EnrolmentState;
    use course_seats_domain::plans::SagaKind;
    use course_seats_domain::saga::Status;
    use course_seats_domain::seat::SeatState;

    fn words<T: Serialize>(all: &[T]) -> Vec<String> {
        let word = |word| serde_json::to_value(word).unwrap().as_str().unwrap().to_owned();
        all.iter().map(word).collect()
    }

    #[test]
    fn they_are_those_of_the_domain() {
        assert_eq!(words(SeatStateWord::ALL), SeatState::ALL.map(SeatState::as_str));
        assert_eq!(words(EnrolmentStateWord::ALL), EnrolmentState::ALL.map(EnrolmentState::as_str));
        assert_eq!(words(MailStatusWord::ALL), MailStatus::ALL.map(MailStatus::as_str));
        assert_eq!(words(SagaKindWord::ALL), SagaKind::ALL.map(SagaKind::as_str));
        let mut statuses = Status::ALL.map(Status::as_str).to_vec();
        statuses.push("needs_attention");
        assert_eq!(words(SagaStatusWord::ALL), statuses);
    }
}
