use crate::toy::{Toy, Untoy, done, saga, toys, turned, why};
use course_seats_domain::saga::{Event, Next, Plan, Saga};

fn undos(saga: &Saga<Toy>) -> Vec<usize> {
    match saga.next() {
        Next::Undo(undos) => undos.iter().map(|(at, _)| *at).collect(),
        Next::CloseUndone => Vec::new(),
        other => panic!("{other:?}"),
    }
}

fn turned_after(saga: Saga<Toy>, events: &[Event<u8>]) -> Saga<Toy> {
    let mut saga = saga;
    for event in events.iter().chain([&turned()]) {
        saga.apply(event).unwrap();
    }
    saga
}

#[test]
fn in_reverse_and_only_what_was_tried() {
    let events = [done(0), done(1), Event::Tried { step: 2, why: why() }];
    assert_eq!(undos(&turned_after(saga(5), &events)), [2, 1, 0]);
    let events = [done(0), Event::Unknown { step: 1, why: why() }];
    assert_eq!(undos(&turned_after(saga(3), &events)), [1, 0]);
    let events = [Event::Noted { step: 0, note: 1 }];
    assert_eq!(undos(&turned_after(saga(3), &events)), [0]);
    assert_eq!(turned_after(saga(3), &[]).next(), Next::CloseUndone);
}

/// Its last owner may have done more than it wrote down.
#[test]
fn after_a_takeover_all_of_it() {
    assert_eq!(undos(&turned_after(saga(3), &[Event::TakenOver])), [2, 1, 0]);
    let mut late = turned_after(saga(3), &[done(0)]);
    assert_eq!(undos(&late), [0]);
    late.apply(&Event::TakenOver).unwrap();
    assert_eq!(undos(&late), [2, 1, 0]);
}

#[test]
fn one_that_fails_does_not_stop_the_others() {
    let mut saga = turned_after(saga(3), &[done(0), done(1), done(2)]);
    saga.apply(&Event::UndoTried { step: 2, why: why() }).unwrap();
    saga.apply(&Event::Undone { step: 1 }).unwrap();
    saga.apply(&Event::UndoUnknown { step: 0, why: why() }).unwrap();
    assert_eq!(undos(&saga), [2, 0]);
    assert!(saga.uncertain);
    assert_eq!((saga.steps[2].attempts, saga.steps[0].attempts), (1, 1));
    saga.apply(&Event::Undone { step: 0 }).unwrap();
    saga.apply(&Event::AllUndone).unwrap_err();
    saga.apply(&Event::Undone { step: 2 }).unwrap();
    assert_eq!(saga.next(), Next::CloseUndone);
    saga.apply(&Event::AllUndone).unwrap();
}

#[test]
fn steps_without_an_undo_are_passed_over() {
    let saga = Saga::new(Plan::undoable(toys(&[true, false, true])));
    assert_eq!(undos(&turned_after(saga, &[done(0), done(1), done(2)])), [2, 0]);
}

/// The undo that was written down counts, also if today's code would choose another.
#[test]
fn the_stored_undo_is_the_one_that_is_done() {
    let mut plan = saga(1).plan;
    plan.steps[0].undo = Some(Untoy("as it was planned then".to_owned()));
    let saga = turned_after(Saga::new(plan), &[done(0)]);
    let Next::Undo(undos) = saga.next() else { panic!("{:?}", saga.next()) };
    assert_eq!(undos[0].1.0, "as it was planned then");
}
