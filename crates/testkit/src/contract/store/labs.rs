//! Virtual labs.

use super::{World, is_conflict};
use crate::builders::{id, lab};
use course_seats_domain::virtual_lab::{ComputeCell, LabProfile, VirtualLab};

/// What is written is read again.
pub async fn are_kept(world: &World) {
    let mut one = lab();
    one.profile.compute_cell = ComputeCell::CellB;
    one.profile.reference_email = None;
    let mut tx = world.begin().await;
    tx.insert_lab(&one).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = world.read().await;
    assert_eq!(tx.lab(one.id).await.unwrap(), Some(one));
    assert_eq!(tx.lab(id()).await.unwrap(), None);
}

/// `Conflict` for the exact name of one that is not deleted.
pub async fn names_are_unique_among_those_not_deleted(world: &World) {
    let one = lab();
    let mut tx = world.begin().await;
    tx.insert_lab(&one).await.unwrap();
    assert!(tx.lab_name_taken(one.profile.name.as_str()).await.unwrap());
    assert!(!tx.lab_name_taken(&one.profile.name.folded()).await.unwrap());
    tx.commit().await.unwrap();
    let fresh = lab();
    let profile = LabProfile { name: one.profile.name, ..fresh.profile };
    let copy = VirtualLab { profile, ..fresh };
    assert!(is_conflict(&world.begin().await.insert_lab(&copy).await));
}
