//! Courses.

use super::{World, is_conflict, page};
use crate::builders::{Campus, course, day, id, institution, lab, project, seat};
use chrono::TimeDelta;
use course_seats_domain::course::{Closing, Course, CourseDates, CourseStatus};
use course_seats_domain::values::LabName;

/// What is written is read again, and changed in every field.
pub async fn are_kept(world: &World) {
    let campus = Campus::build(&*world.store).await;
    let mut one = campus.course.clone();
    let mut tx = world.begin().await;
    assert_eq!(tx.lock_course(one.id).await.unwrap(), Some(one.clone()));
    one.status = CourseStatus::Voided;
    one.dates = CourseDates { end: Some(day(7)), ..CourseDates::default() };
    one.closing = Some(Closing::Voided);
    one.budget_depleted = true;
    one.updated_at = day(1) + TimeDelta::microseconds(123_456);
    tx.update_course(&one).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = world.read().await;
    assert_eq!(tx.course(one.id).await.unwrap(), Some(one.clone()));
    assert_eq!(tx.course_on_lab(one.lab).await.unwrap(), Some(one.clone()));
    assert_eq!(tx.course_with_template(one.template_project).await.unwrap(), Some(one.clone()));
    let details = tx.course_details(one.id).await.unwrap().unwrap();
    assert_eq!(details.course, one);
    assert_eq!(details.lab_name, campus.lab.profile.name.as_str());
    assert_eq!(details.institution_name, campus.institution.name.as_str());
    assert_eq!(details.institution_email, campus.institution.contact_email.as_str());
    assert_eq!(tx.course(id()).await.unwrap(), None);
    assert_eq!(tx.lock_course(id()).await.unwrap(), None);
    assert_eq!(tx.course_details(id()).await.unwrap(), None);
}

/// `Conflict` for a second course on a lab, or with a template.
pub async fn one_a_lab_and_one_a_template(world: &World) {
    let (campus, other) = (Campus::build(&*world.store).await, Campus::build(&*world.store).await);
    let template = project(campus.lab.id);
    let same_lab = course(campus.lab.id, &campus.institution, template.id);
    let mut tx = world.begin().await;
    tx.insert_project(&template).await.unwrap();
    assert!(is_conflict(&tx.insert_course(&same_lab).await));
    drop(tx);
    let new_lab = lab();
    let same_template = course(new_lab.id, &other.institution, other.template.id);
    let mut tx = world.begin().await;
    tx.insert_lab(&new_lab).await.unwrap();
    assert!(is_conflict(&tx.insert_course(&same_template).await));
}

/// Any part of the lab's name, without regard to case; by creation, in pages.
pub async fn are_found_by_lab_name(world: &World) {
    let institution = institution();
    let mut tx = world.begin().await;
    tx.insert_institution(&institution).await.unwrap();
    for (number, name) in [(3, "Örgan 5%"), (1, "örgan 50"), (2, "ÖRGAN_5x"), (4, "other")] {
        let mut lab = lab();
        lab.profile.name = LabName::adopted(name);
        let template = project(lab.id);
        let made = day(number);
        let course = Course { created_at: made, ..course(lab.id, &institution, template.id) };
        tx.insert_lab(&lab).await.unwrap();
        tx.insert_project(&template).await.unwrap();
        tx.insert_course(&course).await.unwrap();
    }
    tx.commit().await.unwrap();
    let mut tx = world.read().await;
    for (text, page, names, total) in [
        ("ÖRGAN", None, vec!["örgan 50", "ÖRGAN_5x", "Örgan 5%"], 3),
        ("örgan", page(2, 2), vec!["Örgan 5%"], 3),
        ("5%", None, vec!["Örgan 5%"], 1),
        ("n_5", None, vec!["ÖRGAN_5x"], 1),
        ("", None, vec!["örgan 50", "ÖRGAN_5x", "Örgan 5%", "other"], 4),
    ] {
        let listed = tx.search_courses(text, page).await.unwrap();
        let found: Vec<&str> = listed.items.iter().map(|one| one.lab_name.as_str()).collect();
        assert_eq!((found, listed.total), (names, total), "{text}");
    }
}

/// Active and past its end, or voided; not if its lab was depleted.
pub async fn expired_ones_are_those_to_close(world: &World) {
    let mut expected = Vec::new();
    for (status, end, depleted, expired) in [
        (CourseStatus::Active, Some(day(-1)), false, true),
        (CourseStatus::Active, Some(day(0)), false, true),
        (CourseStatus::Active, Some(day(0) + TimeDelta::microseconds(1)), false, false),
        (CourseStatus::Active, Some(day(-2)), true, false),
        (CourseStatus::Draft, Some(day(-2)), false, false),
        (CourseStatus::Voided, None, false, true),
        (CourseStatus::Voided, Some(day(5)), false, true),
        (CourseStatus::Voided, Some(day(5)), true, false),
    ] {
        let mut course = Campus::build(&*world.store).await.course;
        course.status = status;
        course.dates.end = end;
        course.budget_depleted = depleted;
        let mut tx = world.begin().await;
        tx.update_course(&course).await.unwrap();
        tx.commit().await.unwrap();
        if expired {
            expected.push((end, course.id));
        }
    }
    expected.sort();
    let found = world.read().await.expired_courses(day(0)).await.unwrap();
    let found: Vec<_> = found.iter().map(|course| (course.dates.end, course.id)).collect();
    assert_eq!(found, expected);
}

/// Seats and enrolments first.
pub async fn are_deleted_with_their_rows(world: &World) {
    let campus = Campus::build(&*world.store).await;
    campus.enrol(&*world.store, true, |_| {}).await;
    let mut tx = world.begin().await;
    tx.insert_seats(&[seat(&campus.course)]).await.unwrap();
    tx.delete_seats(campus.course.id).await.unwrap();
    tx.delete_enrolments(campus.course.id).await.unwrap();
    tx.delete_course(campus.course.id).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(world.read().await.course(campus.course.id).await.unwrap(), None);
}
