use crate::toy::{done, everything, saga, toys, turned, why};
use course_seats_domain::saga::{Event, Next, Plan, Saga, Status, StepState};

fn told(mut saga: Saga<crate::toy::Toy>, events: &[Event<u8>]) -> Saga<crate::toy::Toy> {
    for event in events {
        saga.apply(event).unwrap();
    }
    saga
}

#[test]
fn step_by_step_then_complete() {
    let mut saga = saga(2);
    for step in 0..2 {
        assert!(
            matches!(saga.next(), Next::Do(at, toy) if at == step && toy.name == format!("toy {step}"))
        );
        saga.apply(&done(step)).unwrap();
    }
    assert_eq!(saga.next(), Next::Complete);
    saga.apply(&Event::Completed).unwrap();
    assert_eq!((saga.status, saga.next()), (Status::Completed, Next::Nothing));
}

#[test]
fn a_plan_without_steps_is_complete() {
    assert_eq!(saga(0).next(), Next::Complete);
    assert!(!saga(0).has_begun());
}

#[test]
fn a_step_that_was_unknown_is_done_again() {
    let saga = told(saga(1), &[Event::Unknown { step: 0, why: why() }]);
    assert!(saga.uncertain && saga.has_begun());
    assert_eq!((saga.steps[0].state, saga.steps[0].attempts), (StepState::Unknown, 1));
    assert!(matches!(saga.next(), Next::Do(0, _)));
}

#[test]
fn what_surely_had_no_effect_is_not_uncertain() {
    let saga = told(saga(1), &[Event::Tried { step: 0, why: why() }]);
    assert!(!saga.uncertain);
    assert_eq!(saga.steps[0].state, StepState::Attempted);
    assert_eq!(saga.steps[0].error.as_deref(), Some("because"));
}

#[test]
fn what_is_done_stays_done() {
    let events =
        [done(0), Event::Tried { step: 0, why: why() }, Event::Unknown { step: 0, why: why() }];
    let saga = told(saga(2), &events);
    assert_eq!(saga.steps[0].state, StepState::Done);
    assert!(matches!(saga.next(), Next::Do(1, _)));
    // A write whose answer was lost is told twice.
    assert_eq!(told(saga.clone(), &[done(0)]).steps[0].state, StepState::Done);
}

#[test]
fn a_takeover_makes_what_was_announced_unknown() {
    let saga = told(saga(3), &[done(0), Event::Noted { step: 1, note: 1 }, Event::TakenOver]);
    let states: Vec<StepState> = saga.steps.iter().map(|step| step.state).collect();
    assert_eq!(states, [StepState::Done, StepState::Unknown, StepState::Pending]);
    assert!(saga.uncertain && saga.taken_over);
    assert!(matches!(saga.next(), Next::Do(1, _)), "it resumes forward");
}

/// Its last owner may have been in the middle of its first step, which is not written down.
#[test]
fn what_was_taken_over_has_begun() {
    assert!(!saga(1).has_begun());
    assert!(told(saga(1), &[Event::TakenOver]).has_begun());
}

/// Somebody else turns it, while its owner is in a step that was not announced: the step is looked
/// after only if the takeover is told too.
#[test]
fn who_turns_or_cancels_it_from_outside_tells_the_takeover_first() {
    let turned = told(saga(2), &[Event::TakenOver, turned()]);
    assert!(matches!(turned.next(), Next::Undo(undos) if undos.len() == 2));
    let noted = Event::Noted { step: 0, note: 1 };
    let cancelled = Event::Cancelled { why: why() };
    assert!(told(saga(1), &[noted, Event::TakenOver, cancelled]).uncertain);
}

#[test]
fn a_saga_that_was_undoing_goes_on_undoing() {
    let saga = told(saga(2), &[done(0), turned(), Event::TakenOver]);
    assert_eq!(saga.status, Status::Undoing);
    assert!(matches!(saga.next(), Next::Undo(_)));
}

#[test]
fn forward_only_from_so_many_steps_on() {
    for after in 0..=3 {
        let mut saga = Saga::new(Plan::forward_only_after(after, toys(&[true; 3])));
        for step in 0..3 {
            assert_eq!(
                saga.can_turn_back(),
                step < after,
                "{step} done, forward only after {after}"
            );
            assert_eq!(saga.clone().apply(&turned()).is_ok(), step < after);
            saga.apply(&done(step)).unwrap();
        }
        assert!(!saga.can_turn_back());
    }
    let open_ended = told(saga(3), &[done(0), done(1), done(2)]);
    assert!(open_ended.can_turn_back(), "a refused settle can turn it");
    assert!(!told(open_ended, &[Event::Completed]).can_turn_back());
}

#[test]
fn a_closed_saga_takes_only_looks_and_a_call_for_attention() {
    let completed = told(saga(1), &[done(0), Event::Completed]);
    let undone = told(saga(1), &[turned(), Event::AllUndone]);
    let cancelled = told(saga(1), &[Event::Cancelled { why: why() }]);
    for closed in [completed, undone, cancelled] {
        for event in everything(1) {
            let taken = closed.clone().apply(&event).is_ok();
            let may = matches!(event, Event::LookBegan | Event::NeedsAttention { .. });
            assert_eq!(taken, may, "{:?} {event:?}", closed.status);
        }
    }
}

#[test]
fn the_first_impossible_event_ends_a_replay() {
    let story = [done(0), Event::Completed, done(0)];
    let error = Saga::replay(saga(1).plan, &story).unwrap_err();
    assert_eq!(error.status, Status::Completed);
    assert!(error.to_string().starts_with("a saga that is Completed cannot take Done"));
}

#[test]
fn notes_are_kept_with_their_step() {
    let events = [
        Event::Noted { step: 1, note: 1 },
        Event::Noted { step: 1, note: 2 },
        Event::Done { step: 1, note: Some(3) },
    ];
    let saga = told(saga(2), &events);
    assert_eq!(saga.notes_of(|toy| toy.name == "toy 1"), [1, 2, 3]);
    assert_eq!(saga.notes_of(|toy| toy.name == "toy 0"), [0u8; 0]);
    assert_eq!(saga.notes_of(|_| false), [0u8; 0]);
}
