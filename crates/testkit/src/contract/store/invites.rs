//! Invites.

use super::World;
use crate::builders::{Campus, day, id, invite};
use course_seats_domain::group::GroupRole;

/// What is written is read again, and accepted.
pub async fn are_kept(world: &World) {
    let campus = Campus::build(&*world.store).await;
    let mut one = invite(campus.lab.id, GroupRole::Admin);
    let mut tx = world.begin().await;
    tx.insert_invite(&one).await.unwrap();
    assert_eq!(tx.invite(one.id).await.unwrap(), Some(one.clone()));
    (one.user, one.accepted, one.updated_at) = (Some(id()), true, day(1));
    tx.update_invite(&one).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = world.read().await;
    assert_eq!(tx.invite(one.id).await.unwrap(), Some(one));
    assert_eq!(tx.invite(id()).await.unwrap(), None);
}

/// Of this lab, this user, this role, and accepted.
pub async fn accepted_ones_count_by_role(world: &World) {
    let campus = Campus::build(&*world.store).await;
    let (lab, user) = (campus.lab.id, id());
    let mut one = invite(lab, GroupRole::Member);
    one.user = Some(user);
    let mut tx = world.begin().await;
    tx.insert_invite(&one).await.unwrap();
    assert!(!tx.has_accepted_invite(lab, user, GroupRole::Member).await.unwrap());
    one.accepted = true;
    tx.update_invite(&one).await.unwrap();
    assert!(tx.has_accepted_invite(lab, user, GroupRole::Member).await.unwrap());
    assert!(!tx.has_accepted_invite(lab, user, GroupRole::Admin).await.unwrap());
    assert!(!tx.has_accepted_invite(lab, id(), GroupRole::Member).await.unwrap());
    assert!(!tx.has_accepted_invite(id(), user, GroupRole::Member).await.unwrap());
}
