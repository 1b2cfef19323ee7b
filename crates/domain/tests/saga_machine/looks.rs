use crate::toy::{Toy, done, saga, why};
use course_seats_domain::saga::{Event, Saga};

fn look(saga: &mut Saga<Toy>, during: &[Event<u8>]) {
    saga.apply(&Event::LookBegan).unwrap();
    assert!(saga.looking);
    for event in during {
        saga.apply(event).unwrap();
    }
    saga.apply(&Event::Looked).unwrap();
    assert!(!saga.looking && !saga.looks_anew);
}

fn closed() -> Saga<Toy> {
    let mut saga = saga(1);
    saga.apply(&done(0)).unwrap();
    saga.apply(&Event::Completed).unwrap();
    saga
}

#[test]
fn quiet_looks_are_counted() {
    let mut saga = closed();
    for count in 1..=3 {
        look(&mut saga, &[]);
        assert_eq!(saga.looks, count);
    }
}

/// Traces 3 and 14: the call may still land, and a look whose process died is an unknown outcome.
#[test]
fn an_unknown_outcome_and_a_takeover_start_them_anew() {
    for unknown in [Event::LookUnknown { why: why() }, Event::TakenOver] {
        let mut saga = closed();
        look(&mut saga, &[]);
        look(&mut saga, &[]);
        look(&mut saga, std::slice::from_ref(&unknown));
        assert_eq!(saga.looks, 0, "{unknown:?}");
        look(&mut saga, &[]);
        assert_eq!(saga.looks, 1, "the next quiet one counts again");
    }
}

#[test]
fn one_look_at_a_time_and_no_takeover_without_one() {
    let mut saga = closed();
    saga.apply(&Event::Looked).unwrap_err();
    saga.apply(&Event::TakenOver).unwrap_err();
    saga.apply(&Event::LookBegan).unwrap();
    saga.apply(&Event::LookBegan).unwrap_err();
    saga.apply(&Event::Looked).unwrap();
    saga.apply(&Event::LookUnknown { why: why() }).unwrap_err();
}

#[test]
fn a_look_may_call_for_attention() {
    let mut saga = closed();
    look(&mut saga, &[Event::NeedsAttention { why: "paid twice".to_owned() }]);
    assert!(saga.needs_attention);
    assert_eq!(saga.reason.as_deref(), Some("paid twice"));
}
