//! Stored plans outlive the code (design §4.14): what a released version has written loads, and
//! resumes, for ever.
//!
//! `tests/golden/v1-*.json` is what version 1 writes. `UPDATE_GOLDEN=1 cargo test --test golden`
//! writes the files of today's version anew. Do so only until that version is released; from then
//! on a change of the format raises `PLAN_VERSION`, and the old files stay and must still load.
#![cfg(test)]

#[path = "golden/samples.rs"]
mod samples;
#[path = "golden/words.rs"]
mod words;

use course_seats_domain::plans::{CourseEvent, CoursePlan, CourseStep, CourseUndo, Note, SagaKind};
use course_seats_domain::plans::{CourseSaga, Subject};
use course_seats_domain::saga::{Event, Next, PLAN_VERSION, Status};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeSet;
use std::fmt::Debug;
use std::path::PathBuf;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

/// Checks that today's code writes exactly the golden text, and reads from it what it wrote.
fn check<T: Serialize + DeserializeOwned + PartialEq + Debug>(name: &str, today: &T) {
    let path = folder().join(format!("v{PLAN_VERSION}-{name}.json"));
    let text = format!("{}\n", serde_json::to_string_pretty(today).unwrap());
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let golden = std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{}: {error}; UPDATE_GOLDEN=1 writes it", path.display()));
    assert_eq!(text, golden, "{} is no longer what is written", path.display());
    let loaded: T = serde_json::from_str(&golden).unwrap();
    assert_eq!(&loaded, today, "{} loads as something else", path.display());
}

/// Checks that the samples hold every variant, and that each is stored under its word.
fn covers<T: Serialize>(samples: &[T], tag: &str, word: fn(&T) -> &'static str, all: &[&str]) {
    let mut seen = BTreeSet::new();
    for sample in samples {
        let json = serde_json::to_value(sample).unwrap();
        let stored = match json.get(tag) {
            Some(word) => word.as_str().unwrap().to_owned(),
            // Tagged by its only key.
            None => json.as_object().unwrap().keys().next().unwrap().clone(),
        };
        assert_eq!(stored, word(sample));
        seen.insert(stored);
    }
    let missing: Vec<_> = all.iter().filter(|word| !seen.contains(**word)).collect();
    assert!(missing.is_empty(), "no sample of {missing:?}");
}

#[test]
fn one_plan_of_every_kind() {
    for kind in SagaKind::ALL {
        check(&format!("plan-{}", kind.as_str()), &samples::plan(kind));
    }
}

#[test]
fn every_step() {
    let steps: Vec<CourseStep> = samples::steps();
    covers(&steps, "step", words::step, words::STEPS);
    check("steps", &steps);
}

#[test]
fn every_undo() {
    let undos: Vec<CourseUndo> = samples::undos();
    covers(&undos, "undo", words::undo, words::UNDOS);
    check("undos", &undos);
}

#[test]
fn every_note() {
    let notes: Vec<Note> = samples::notes();
    covers(&notes, "note", words::note, words::NOTES);
    check("notes", &notes);
}

#[test]
fn every_event() {
    let events: Vec<CourseEvent> = samples::events();
    covers(&events, "event", words::event, words::EVENTS);
    check("events", &events);
}

#[test]
fn every_subject() {
    let subjects: Vec<Subject> = samples::subjects();
    covers(&subjects, "", words::subject, words::SUBJECTS);
    check("subjects", &subjects);
    // Reservations keep them as text.
    check("subject-texts", &subjects.iter().map(Subject::to_string).collect::<Vec<_>>());
}

#[test]
fn the_words_of_the_ledger() {
    let kinds: Vec<&str> = SagaKind::ALL.iter().map(|kind| kind.as_str()).collect();
    let statuses: Vec<&str> = Status::ALL.iter().map(|status| status.as_str()).collect();
    let to_owned = |words: Vec<&str>| words.into_iter().map(str::to_owned).collect::<Vec<_>>();
    check("words", &[to_owned(kinds), to_owned(statuses)]);
    for kind in SagaKind::ALL {
        assert_eq!(kind.as_str().parse(), Ok(kind));
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
    }
    for status in Status::ALL {
        assert_eq!(serde_json::to_value(status).unwrap(), status.as_str());
    }
}

/// Every plan that any version has written, as this code reads it.
fn stored_plans() -> Vec<(String, CoursePlan)> {
    let mut plans = Vec::new();
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if name.contains("-plan-") {
            let text = std::fs::read_to_string(&path).unwrap();
            let plan = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{name}: {e}"));
            plans.push((name, plan));
        }
    }
    assert!(plans.len() >= SagaKind::ALL.len());
    plans
}

#[test]
fn stored_plans_of_every_version_resume() {
    for (name, plan) in stored_plans() {
        assert!((1..=PLAN_VERSION).contains(&plan.version), "{name}");
        let mut saga = CourseSaga::new(plan);
        saga.apply(&Event::TakenOver).unwrap();
        while let Next::Do(step, _) = saga.next() {
            saga.apply(&Event::Done { step, note: None }).unwrap();
        }
        assert_eq!(saga.next(), Next::Complete, "{name}");
    }
}

#[test]
fn stored_plans_of_every_version_are_undone_as_they_say() {
    for (name, plan) in stored_plans() {
        let planned = plan.steps.iter().filter(|step| step.undo.is_some()).count();
        let forward_only = plan.forward_only_after == Some(0);
        let mut saga = CourseSaga::new(plan);
        saga.apply(&Event::TakenOver).unwrap();
        let turned = saga.apply(&Event::TurnedToUndo { why: "test".to_owned() });
        assert_eq!(turned.is_err(), forward_only, "{name}");
        let mut undone = 0;
        while let Next::Undo(undos) = saga.next() {
            let (step, _) = undos[0];
            saga.apply(&Event::Undone { step }).unwrap();
            undone += 1;
        }
        assert_eq!(undone, if forward_only { 0 } else { planned }, "{name}");
    }
}
