//! What no transaction of ours may do, whatever is put right afterwards: each commit is held
//! against it.

use crate::memory::{SagaRow, Tables};
use course_seats_domain::course::CourseStatus;
use course_seats_domain::ids::SagaId;
use course_seats_domain::plans::{CourseEvent, CourseStep, Note, Subject};
use course_seats_domain::saga::Event;
use std::sync::Arc;

/// What the transaction between these tables did and may not.
#[must_use]
pub fn broken_rules(before: &Tables, after: &Tables) -> Vec<String> {
    let mut found = Vec::new();
    if !Arc::ptr_eq(&before.enrolments, &after.enrolments) {
        enrolments(before, after, &mut found);
    }
    if !Arc::ptr_eq(&before.seats, &after.seats) {
        seats(before, after, &mut found);
    }
    if !Arc::ptr_eq(&before.sagas, &after.sagas) {
        subjects(before, after, &mut found);
    }
    found
}

/// Nobody is enrolled in a course that is not open, nor let in while he is being dropped.
fn enrolments(before: &Tables, after: &Tables, found: &mut Vec<String>) {
    for (id, row) in after.enrolments.iter() {
        let was = before.enrolments.get(id);
        if was.is_some_and(|was| Arc::ptr_eq(was, row)) {
            continue;
        }
        let course = before.courses.get(&row.course);
        if was.is_none() && !course.is_some_and(|course| course.is_open()) {
            found.push(format!("{id} was enrolled in a course that was not open: {course:?}"));
        }
        let let_in = was.is_some_and(|was| was.activated_at.is_none() && was.is_live());
        let active = course.is_some_and(|it| it.status == CourseStatus::Active);
        if row.activated_at.is_some() && row.is_live() && let_in && !active {
            found.push(format!("{id} was activated in a course that was not active"));
        }
        let gone = was.is_some_and(|was| was.activated_at.is_none() && !was.is_live());
        if row.activated_at.is_some() && gone {
            found.push(format!("{id} was activated although he was being dropped"));
        }
    }
}

/// Nobody sits down on a seat that is used up or somebody else's.
fn seats(before: &Tables, after: &Tables, found: &mut Vec<String>) {
    for (id, row) in after.seats.iter() {
        let Some(was) = before.seats.get(id).filter(|was| !Arc::ptr_eq(was, row)) else {
            continue;
        };
        let taken = row.enrolment.is_some() && row.enrolment != was.enrolment;
        if taken && (was.consumed || was.enrolment.is_some()) {
            found.push(format!("seat {id} was sold twice: {was:?}, then {row:?}"));
        }
    }
}

/// No two sagas are at work on one subject: the second one waits.
fn subjects(before: &Tables, after: &Tables, found: &mut Vec<String>) {
    for (id, row) in after.sagas.iter() {
        let was = before.sagas.get(id);
        if was.is_some_and(|was| Arc::ptr_eq(was, row)) {
            continue;
        }
        for subject in at_work_on(row) {
            if let Some(other) = beside(after, *id, subject) {
                found.push(format!("{id} and {other} are both at work on {subject}"));
            }
        }
    }
}

/// Another saga that is at work on it.
fn beside(tables: &Tables, id: SagaId, subject: Subject) -> Option<SagaId> {
    let mut others = tables.sagas.iter().filter(|(other, _)| **other != id);
    others.find(|(_, row)| at_work_on(row).contains(&subject)).map(|(other, _)| *other)
}

/// The subjects of an open saga whose first step is behind it.
fn at_work_on(row: &SagaRow) -> Vec<Subject> {
    let first_done = || row.events.iter().any(|event| matches!(event, Event::Done { step: 0, .. }));
    let first = row.plan.steps.first().map(|planned| &planned.step);
    match first {
        Some(CourseStep::Hold { subjects }) if row.status.is_open() && first_done() => {
            subjects.clone()
        }
        Some(CourseStep::MarkDropping(drop)) if row.status.is_open() && first_done() => {
            let student = row.events.iter().find_map(|event: &CourseEvent| match event {
                Event::Noted { note: Note::Dropping { student, .. }, .. } => *student,
                _ => None,
            });
            let member = student.map(|student| Subject::Member(drop.lab, student));
            std::iter::once(Subject::Enrolment(drop.enrolment)).chain(member).collect()
        }
        _ => Vec::new(),
    }
}
