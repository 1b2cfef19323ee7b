use crate::toy::{Toy, done, everything, legal, plan, to_undo, turned};
use course_seats_domain::saga::{Event, Next, Plan, Saga, Status};
use proptest::prelude::*;

/// What a test does next: go on as the machine says, or tell it anything at all.
#[derive(Debug, Clone)]
enum Move {
    GoOn,
    Tell(prop::sample::Index),
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let one = prop_oneof![
        2 => Just(Move::GoOn),
        3 => any::<prop::sample::Index>().prop_map(Move::Tell),
    ];
    prop::collection::vec(one, 0..60)
}

/// The event of a good end of what the machine says is next.
fn go_on(saga: &Saga<Toy>) -> Event<u8> {
    match saga.next() {
        Next::Do(step, _) => done(step),
        Next::Undo(undos) => Event::Undone { step: undos[0].0 },
        Next::Complete => Event::Completed,
        Next::CloseUndone => Event::AllUndone,
        Next::Nothing if saga.looking => Event::Looked,
        Next::Nothing => Event::LookBegan,
    }
}

/// Plays the moves; `see` gets the saga before and after each legal event, and the event.
fn play(
    plan: &Plan<Toy>,
    moves: &[Move],
    mut see: impl FnMut(&Saga<Toy>, &Event<u8>, &Saga<Toy>) -> Result<(), TestCaseError>,
) -> Result<Vec<Event<u8>>, TestCaseError> {
    let all = everything(plan.steps.len());
    let (mut saga, mut story) = (Saga::new(plan.clone()), Vec::new());
    for one in moves {
        let event = match one {
            Move::GoOn => go_on(&saga),
            Move::Tell(index) => index.get(&all).clone(),
        };
        let before = saga.clone();
        if saga.apply(&event).is_ok() {
            prop_assert!(legal(&before, &event), "{:?} was taken in {:?}", event, before);
            see(&before, &event, &saga)?;
            story.push(event);
        } else {
            prop_assert!(!legal(&before, &event), "{:?} was refused in {:?}", event, before);
            prop_assert_eq!(&before, &saga, "a refused event changes nothing");
        }
    }
    Ok(story)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn replay_gives_the_same_saga_at_every_prefix(plan in plan(), moves in moves()) {
        let mut sagas = vec![Saga::new(plan.clone())];
        let story = play(&plan, &moves, |_, _, after| {
            sagas.push(after.clone());
            Ok(())
        })?;
        for (length, saga) in sagas.iter().enumerate() {
            let replayed = Saga::replay(plan.clone(), &story[..length]).unwrap();
            prop_assert_eq!(&replayed, saga);
            prop_assert_eq!(replayed.next(), saga.next());
        }
    }

    #[test]
    fn a_story_that_was_stored_is_the_same_story(plan in plan(), moves in moves()) {
        let story = play(&plan, &moves, |_, _, _| Ok(()))?;
        let json = serde_json::to_string(&(&plan, &story)).unwrap();
        let (stored_plan, stored): (Plan<Toy>, Vec<Event<u8>>) =
            serde_json::from_str(&json).unwrap();
        prop_assert_eq!(Saga::replay(stored_plan, &stored), Saga::replay(plan, &story));
    }

    #[test]
    fn every_event_is_taken_or_refused_as_the_rules_say(plan in plan(), moves in moves()) {
        play(&plan, &moves, |_, _, after| {
            for event in everything(after.plan.steps.len()) {
                let mut told = after.clone();
                prop_assert_eq!(told.apply(&event).is_ok(), legal(after, &event));
            }
            Ok(())
        })?;
    }

    #[test]
    fn what_is_known_is_never_forgotten(plan in plan(), moves in moves()) {
        play(&plan, &moves, |before, event, after| {
            let leads_to = event.leads_to().unwrap_or(before.status);
            prop_assert_eq!(leads_to, after.status, "the ledger keeps the status that the event says");
            prop_assert_eq!(&before.plan, &after.plan);
            prop_assert!(after.uncertain >= before.uncertain);
            prop_assert!(after.taken_over >= before.taken_over);
            for (earlier, later) in before.steps.iter().zip(&after.steps) {
                prop_assert!(later.notes.starts_with(&earlier.notes));
                prop_assert!(later.attempts >= earlier.attempts);
            }
            if !before.status.is_open() {
                prop_assert_eq!(before.status, after.status);
                prop_assert_eq!(&before.steps, &after.steps);
            }
            Ok(())
        })?;
    }

    #[test]
    fn no_way_back_from_the_point_of_no_return(plan in plan(), moves in moves()) {
        let mut behind = false;
        play(&plan, &moves, |before, event, after| {
            behind |= before.status == Status::Running && !before.can_turn_back();
            if behind {
                prop_assert!(!after.can_turn_back());
                prop_assert!(after.status != Status::Undoing);
                prop_assert_ne!(event, &turned());
            }
            Ok(())
        })?;
    }

    #[test]
    fn undos_are_those_that_may_have_happened_last_one_first(plan in plan(), moves in moves()) {
        play(&plan, &moves, |_, _, after| {
            if after.status == Status::Undoing {
                let expected = to_undo(after);
                match after.next() {
                    Next::Undo(undos) => {
                        let order: Vec<usize> = undos.iter().map(|(at, _)| *at).collect();
                        prop_assert_eq!(order, expected);
                        for (at, undo) in undos {
                            prop_assert_eq!(Some(undo), after.plan.steps[at].undo.as_ref());
                        }
                    }
                    Next::CloseUndone => prop_assert!(expected.is_empty()),
                    other => prop_assert!(false, "undoing, and yet {:?}", other),
                }
            }
            Ok(())
        })?;
    }

    #[test]
    fn who_does_what_the_machine_says_gets_to_an_end(plan in plan(), moves in moves()) {
        let story = play(&plan, &moves, |_, _, _| Ok(()))?;
        let mut saga = Saga::replay(plan, &story).unwrap();
        for _ in 0..=saga.steps.len() {
            if saga.status.is_open() {
                let event = go_on(&saga);
                saga.apply(&event).unwrap();
            }
        }
        prop_assert!(!saga.status.is_open(), "{:?}", saga);
        prop_assert_eq!(saga.next(), Next::Nothing);
    }
}
