//! Projects.

use super::{World, is_conflict};
use crate::builders::{Campus, day, id, lab, project};
use course_seats_domain::project::Project;

/// What is written is read again.
pub async fn are_kept(world: &World) {
    let campus = Campus::build(&*world.store).await;
    let mut one = project(campus.lab.id);
    one.description = Some("About".into());
    let mut tx = world.begin().await;
    tx.insert_project(&one).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = world.read().await;
    assert_eq!(tx.project(one.id).await.unwrap(), Some(one));
    assert_eq!(tx.project(id()).await.unwrap(), None);
}

/// `Conflict` for an id, and for the exact name within a lab.
pub async fn exact_names_are_unique_in_a_lab(world: &World) {
    let campus = Campus::build(&*world.store).await;
    let one = &campus.template;
    let copy = Project { name: one.name.clone(), ..project(campus.lab.id) };
    assert!(is_conflict(&world.begin().await.insert_project(&copy).await));
    let same_id = Project { id: one.id, ..project(campus.lab.id) };
    assert!(is_conflict(&world.begin().await.insert_project(&same_id).await));
    let elsewhere = lab();
    let mut tx = world.begin().await;
    tx.insert_lab(&elsewhere).await.unwrap();
    tx.insert_project(&Project { lab: elsewhere.id, ..copy }).await.unwrap();
}

/// Without regard to case, within the lab.
pub async fn folded_names_tell_what_is_taken(world: &World) {
    let campus = Campus::build(&*world.store).await;
    let one = Project { name: "ZOË".parse().unwrap(), ..project(campus.lab.id) };
    let mut tx = world.begin().await;
    tx.insert_project(&one).await.unwrap();
    let names = ["zoë".to_owned(), "zoe".to_owned()];
    let taken = tx.project_names_taken(campus.lab.id, &names).await.unwrap();
    assert_eq!(taken, ["zoë"]);
    assert!(tx.project_names_taken(id(), &names).await.unwrap().is_empty());
    assert!(tx.project_names_taken(campus.lab.id, &[]).await.unwrap().is_empty());
}

/// Their rows stay, their names are free.
pub async fn deleted_ones_free_their_names(world: &World) {
    let campus = Campus::build(&*world.store).await;
    let one = &campus.template;
    let mut tx = world.begin().await;
    tx.delete_projects(&[one.id], Some(id()), day(1)).await.unwrap();
    let gone = tx.project(one.id).await.unwrap().unwrap();
    assert_eq!(gone, Project { deleted: true, updated_at: day(1), ..one.clone() });
    let names = [one.name.folded()];
    assert!(tx.project_names_taken(campus.lab.id, &names).await.unwrap().is_empty());
    let copy = Project { name: one.name.clone(), ..project(campus.lab.id) };
    tx.insert_project(&copy).await.unwrap();
}

/// Not the template, not another course's.
pub async fn student_projects_are_those_of_enrolments(world: &World) {
    let (campus, other) = (Campus::build(&*world.store).await, Campus::build(&*world.store).await);
    let one = campus.enrol(&*world.store, false, |_| {}).await;
    other.enrol(&*world.store, false, |_| {}).await;
    let mut tx = world.read().await;
    let projects = tx.student_projects(campus.course.id).await.unwrap();
    let ids: Vec<_> = projects.iter().map(|project| project.id).collect();
    assert_eq!(ids, [one.project]);
}
