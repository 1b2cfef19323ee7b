//! Institutions.

use super::{World, is_conflict, page};
use crate::builders::{email, id, institution};
use chrono::TimeDelta;
use course_seats_domain::institution::Institution;

/// What is written is read again, and changed.
pub async fn are_kept(world: &World) {
    let mut one = institution();
    let mut tx = world.begin().await;
    tx.insert_institution(&one).await.unwrap();
    assert_eq!(tx.institution(one.id).await.unwrap(), Some(one.clone()));
    one.name = "Another".parse().unwrap();
    one.contact_email = email("New@university.ch");
    one.updated_at += TimeDelta::microseconds(1);
    tx.update_institution(&one).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = world.read().await;
    assert_eq!(tx.institution(one.id).await.unwrap(), Some(one.clone()));
    assert_eq!(tx.institution_named("Another").await.unwrap(), Some(one));
    assert_eq!(tx.institution_named("another").await.unwrap(), None);
    assert_eq!(tx.institution(id()).await.unwrap(), None);
}

/// `Conflict` for a name that another one has, at insert and at update.
pub async fn names_are_unique(world: &World) {
    let (one, other) = (institution(), institution());
    let mut tx = world.begin().await;
    tx.insert_institution(&one).await.unwrap();
    tx.insert_institution(&other).await.unwrap();
    tx.commit().await.unwrap();
    let copy = Institution { id: id(), ..one.clone() };
    assert!(is_conflict(&world.begin().await.insert_institution(&copy).await));
    let renamed = Institution { name: one.name, ..other };
    assert!(is_conflict(&world.begin().await.update_institution(&renamed).await));
}

/// Any part of the name, without regard to case; `%`, `_` and `\` are plain.
pub async fn search_ignores_case_and_takes_signs_as_they_are(world: &World) {
    let mut tx = world.begin().await;
    for name in ["ÉCOLE 100%", "École 1000", "snake_case", "snakeXcase", "back\\slash"] {
        let one = Institution { name: name.parse().unwrap(), ..institution() };
        tx.insert_institution(&one).await.unwrap();
    }
    tx.commit().await.unwrap();
    let mut tx = world.read().await;
    for (text, found) in [
        ("école", vec!["ÉCOLE 100%", "École 1000"]),
        ("COLE 100%", vec!["ÉCOLE 100%"]),
        ("%", vec!["ÉCOLE 100%"]),
        ("e_C", vec!["snake_case"]),
        ("\\", vec!["back\\slash"]),
        ("nowhere", vec![]),
    ] {
        let listed = tx.search_institutions(Some(text), None).await.unwrap();
        let mut names: Vec<&str> = listed.items.iter().map(|one| one.name.as_str()).collect();
        let mut found = found;
        names.sort_unstable();
        found.sort_unstable();
        assert_eq!(names, found, "{text}");
        assert_eq!(listed.total, found.len() as u64);
    }
}

/// By name; a page knows how many there are in all.
pub async fn lists_are_ordered_and_paged(world: &World) {
    let mut tx = world.begin().await;
    for name in ["C", "A", "E", "B", "D"] {
        let one = Institution { name: name.parse().unwrap(), ..institution() };
        tx.insert_institution(&one).await.unwrap();
    }
    tx.commit().await.unwrap();
    let mut tx = world.read().await;
    for (page, names) in [
        (None, "ABCDE"),
        (page(1, 2), "AB"),
        (page(3, 2), "E"),
        (page(4, 2), ""),
        (page(u32::MAX, 1000), ""),
    ] {
        let listed = tx.search_institutions(None, page).await.unwrap();
        let found: String = listed.items.iter().map(|one| one.name.as_str()).collect();
        assert_eq!((found.as_str(), listed.total), (names, 5));
    }
}
