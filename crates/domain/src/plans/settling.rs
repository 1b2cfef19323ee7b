use super::{CourseEvent, CourseSaga, CourseStep, Note};
use crate::saga::{Next, Status};

/// What a person's word does to a saga that needs attention; `None`: it is not for a person to
/// decide.
///
/// An open one is closed only if it is about money that nobody can tell: a template's grant of
/// which an attempt is on paper. Everything else goes on being tried, and to close it would leave
/// groups, seats or enrolments behind that nobody looks after any more. Of a closed one only the
/// flag goes.
#[must_use]
pub fn settling_event(saga: &CourseSaga, why: &str) -> Option<CourseEvent> {
    let why = why.to_owned();
    match saga.status {
        _ if !saga.needs_attention => None,
        Status::Running if cannot_be_told(saga) => Some(CourseEvent::Settled { why }),
        Status::Running | Status::Undoing => None,
        Status::Completed | Status::Undone => Some(CourseEvent::Seen { why }),
    }
}

fn cannot_be_told(saga: &CourseSaga) -> bool {
    let Next::Do(at, CourseStep::GrantTemplate { .. }) = saga.next() else {
        return false;
    };
    let last = saga.steps.get(at).and_then(|step| step.notes.last());
    matches!(last, Some(Note::GrantAttemptAt { .. }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{CourseId, ProjectId};
    use crate::plans::FundTemplate;
    use crate::values::Credits;
    use uuid::Uuid;

    fn funding(events: &[CourseEvent]) -> CourseSaga {
        let plan = FundTemplate {
            course: CourseId::new(Uuid::from_u128(1)),
            project: ProjectId::new(Uuid::from_u128(2)),
            amount: Credits::whole(200),
        }
        .plan();
        CourseSaga::replay(plan, events).unwrap()
    }

    fn attempt() -> CourseEvent {
        CourseEvent::Noted { step: 0, note: Note::GrantAttemptAt { balance: Credits::ZERO } }
    }

    fn attention() -> CourseEvent {
        CourseEvent::NeedsAttention { why: "the template holds 7".into() }
    }

    #[test]
    fn a_grant_that_nobody_can_tell_is_closed_as_it_stands() {
        let mut saga = funding(&[attempt(), attention()]);
        let event = settling_event(&saga, "the bank says so").unwrap();
        saga.apply(&event).unwrap();
        assert_eq!((saga.status, saga.settled), (Status::Undone, true));
        assert_eq!(saga.reason.as_deref(), Some("the bank says so"));
        assert!(!saga.needs_attention);
        let done =
            |step: &crate::saga::StepRecord<Note>| step.state == crate::saga::StepState::Done;
        assert!(!saga.steps.iter().any(done), "no step is called done");
        assert_eq!(settling_event(&saga, "again"), None);
    }

    #[test]
    fn what_goes_on_being_tried_is_not_for_a_person() {
        assert_eq!(settling_event(&funding(&[]), "x"), None, "it needs nobody");
        assert_eq!(settling_event(&funding(&[attempt()]), "x"), None, "it needs nobody yet");
        assert_eq!(settling_event(&funding(&[attention()]), "x"), None, "nothing was tried");
        let refused = CourseEvent::Noted { step: 0, note: Note::NotNeeded };
        let tried = funding(&[attempt(), refused, attention()]);
        assert_eq!(settling_event(&tried, "x"), None, "the attempt was none");
        let done = CourseEvent::Done { step: 0, note: None };
        let granted = funding(&[attempt(), done, attention()]);
        assert_eq!(settling_event(&granted, "x"), None, "only the database is in the way");
    }

    #[test]
    fn of_a_closed_one_only_the_flag_goes() {
        let done = |step| CourseEvent::Done { step, note: None };
        let story = [attempt(), done(0), done(1), CourseEvent::Completed, attention()];
        let mut saga = funding(&story);
        let event = settling_event(&saga, "seen").unwrap();
        saga.apply(&event).unwrap();
        assert_eq!((saga.status, saga.needs_attention), (Status::Completed, false));
        assert!(saga.settled);
    }
}
