use crate::toy::{Toy, everything, plan, saga, why};
use course_seats_domain::saga::{Event, MOST_COUNTED, Saga};
use proptest::prelude::*;

/// What a saga will do, whatever failed how often.
fn uncounted(saga: &Saga<Toy>) -> Saga<Toy> {
    let mut saga = saga.clone();
    for step in &mut saga.steps {
        (step.attempts, step.error) = (0, None);
    }
    saga
}

proptest! {
    #[test]
    fn what_is_no_news_changes_nothing(
        plan in plan(),
        events in prop::collection::vec(prop::sample::select(everything(6)), 0..100),
    ) {
        let mut saga = Saga::new(plan);
        // Failures that are repeated often enough are no news any more.
        for event in events.iter().flat_map(|event| std::iter::repeat_n(event, 60)) {
            let before = saga.clone();
            if saga.apply(event).is_ok() && !before.is_news(event) {
                prop_assert_eq!(uncounted(&saga), uncounted(&before));
            }
        }
    }
}

#[test]
fn an_outage_does_not_make_a_long_story() {
    let mut saga = saga(2);
    let mut told = 0;
    for _ in 0..10_000 {
        for event in [Event::Unknown { step: 0, why: why() }, Event::Tried { step: 0, why: why() }]
        {
            if saga.is_news(&event) {
                saga.apply(&event).unwrap();
                told += 1;
            }
        }
    }
    assert_eq!(told, MOST_COUNTED);
    assert!(saga.uncertain);
    let other = Event::Unknown { step: 1, why: why() };
    assert!(saga.is_news(&other), "another step is counted by itself");
    let attention = Event::NeedsAttention { why: why() };
    assert!(saga.is_news(&attention));
    saga.apply(&attention).unwrap();
    assert!(!saga.is_news(&attention));
}
