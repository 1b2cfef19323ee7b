//! What is compared with the outside, and since when it does not fit.

use super::World;
use super::ledger::{done, opened, opened_for, taken};
use crate::builders::{Campus, day, id, invite};
use chrono::TimeDelta;
use course_seats_application::ports::store::{GivenUp, Reservation, StrayReservation};
use course_seats_domain::group::GroupRole;
use course_seats_domain::ids::{CourseId, LabId, ProjectId, SagaId, SeatId, UserId};
use course_seats_domain::plans::SagaKind;
use course_seats_domain::saga::Event;
use std::slice::from_ref;

/// Deleted and dropped ones included, those of others not.
pub async fn rows_of_a_labs_owner_are_told_whole(world: &World) {
    let campus = Campus::build(&*world.store).await;
    let other = Campus::build(&*world.store).await;
    let live = campus.enrol(&*world.store, true, |_| {}).await;
    let dropped = campus.enrol(&*world.store, false, |one| one.dropped = true).await;
    other.enrol(&*world.store, true, |_| {}).await;
    let mut tx = world.begin().await;
    tx.delete_projects(&[dropped.project], None, day(1)).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = world.read().await;
    assert_eq!(tx.labs_of(campus.lab.owner).await.unwrap(), from_ref(&campus.lab));
    assert!(tx.labs_of(id()).await.unwrap().is_empty());
    let labs = [campus.lab.id];
    let mut projects: Vec<(ProjectId, bool)> = Vec::new();
    projects.extend(tx.projects_of(&labs).await.unwrap().iter().map(|one| (one.id, one.deleted)));
    projects.sort();
    let mut expected =
        [(campus.template.id, false), (live.project, false), (dropped.project, true)];
    expected.sort();
    assert_eq!(projects, expected);
    let mut enrolments = tx.enrolments_on(&labs).await.unwrap();
    enrolments.sort_by_key(|(_, one)| one.dropped);
    assert_eq!(enrolments, [(campus.lab.id, live), (campus.lab.id, dropped)]);
    assert!(tx.projects_of(&[]).await.unwrap().is_empty());
}

/// Not admins, and not who was only invited.
pub async fn accepted_members_are_told(world: &World) {
    let campus = Campus::build(&*world.store).await;
    let lab = campus.lab.id;
    let mut tx = world.begin().await;
    let mut member: Option<UserId> = None;
    for (role, accepted) in
        [(GroupRole::Member, true), (GroupRole::Member, false), (GroupRole::Admin, true)]
    {
        let mut one = invite(lab, role);
        (one.user, one.accepted) = (Some(id()), accepted);
        tx.insert_invite(&one).await.unwrap();
        member = member.or(one.user);
    }
    assert_eq!(tx.invited_members(&[lab]).await.unwrap(), [(lab, member.unwrap())]);
    assert!(tx.invited_members(&[id()]).await.unwrap().is_empty());
}

/// Labs and projects.
pub async fn given_up_accounts_are_told(world: &World) {
    let (lab, project): (LabId, ProjectId) = (id(), id());
    let mut tx = world.begin().await;
    tx.give_up(GivenUp::Lab(lab), id(), day(1)).await.unwrap();
    tx.give_up(GivenUp::Project(project), id(), day(1)).await.unwrap();
    let mut told = tx.given_up_accounts().await.unwrap();
    told.sort();
    assert_eq!(told, [GivenUp::Lab(lab), GivenUp::Project(project)]);
}

/// Not of those that are closed.
pub async fn plans_of_open_sagas_are_told(world: &World) {
    let open = opened(world, 2).await;
    let closed = opened(world, 1).await;
    let (ticket, _) = taken(world, closed).await;
    let mut tx = world.begin().await;
    tx.close(&ticket, &[done(0), Event::Completed], None).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = world.begin().await;
    let plan = tx.load(open.uuid()).await.unwrap().unwrap().plan;
    assert_eq!(tx.open_plans().await.unwrap(), [plan]);
}

/// Open or closed; each once.
pub async fn the_ledger_knows_its_subjects(world: &World) {
    let saga = opened(world, 1).await;
    let known = format!("subject of {saga}");
    let asked = [known.clone(), "somebody else's".to_owned()];
    assert_eq!(world.read().await.in_ledger(&asked).await.unwrap(), [known]);
    assert!(world.read().await.in_ledger(&[]).await.unwrap().is_empty());
}

/// Missing or closed; one that is looked at, or that has an end of its own, is left alone.
pub async fn reservations_without_an_open_saga_are_stray(world: &World) {
    let open = opened_for(world, 1, SagaKind::AssignSeat, id::<CourseId>()).await;
    let looking = opened(world, 1).await;
    let (ticket, _) = taken(world, looking).await;
    let missing: SagaId = id();
    let seats: [SeatId; 4] = [id(), id(), id(), id()];
    let mut tx = world.begin().await;
    tx.close(&ticket, &[done(0), Event::Completed], Some(world.time.now())).await.unwrap();
    tx.claim_look(looking, TimeDelta::seconds(20)).await.unwrap();
    for (saga, seat, until) in [
        (open, seats[0], None),
        (missing, seats[1], None),
        (missing, seats[2], Some(day(300))),
        (looking, seats[3], None),
    ] {
        assert!(tx.reserve(saga, &Reservation::Seat(seat), until).await.unwrap());
    }
    tx.commit().await.unwrap();
    let found = world.read().await.stray_reservations().await.unwrap();
    let stray = StrayReservation {
        kind: "seat".into(),
        scope: String::new(),
        key: seats[1].to_string(),
        saga: missing,
    };
    assert_eq!(found, from_ref(&stray));
    let mut tx = world.begin().await;
    let other = StrayReservation { saga: open, ..stray.clone() };
    tx.remove_stray(&other).await.unwrap();
    assert_eq!(tx.stray_reservations().await.unwrap(), from_ref(&stray), "it is not that saga's");
    tx.remove_stray(&stray).await.unwrap();
    assert!(tx.stray_reservations().await.unwrap().is_empty());
    let all = seats.map(Reservation::Seat);
    assert_eq!(tx.taken(&all).await.unwrap().len(), 3);
}

/// As long as they are found; then they are forgotten.
pub async fn findings_keep_their_first_time(world: &World) {
    let (one, two) = (("group_without_row", "a".to_owned()), ("credits_left", "a".to_owned()));
    let mut tx = world.begin().await;
    assert_eq!(tx.sighted(from_ref(&one), true, day(0)).await.unwrap(), [day(0)]);
    let both = [two.clone(), one.clone()];
    assert_eq!(tx.sighted(&both, true, day(1)).await.unwrap(), [day(1), day(0)]);
    assert_eq!(tx.sighted(&[two], true, day(2)).await.unwrap(), [day(1)]);
    assert_eq!(tx.sighted(&both, true, day(3)).await.unwrap(), [day(1), day(3)]);
    assert!(tx.sighted(&[], false, day(4)).await.unwrap().is_empty());
    let since = tx.sighted(&both, true, day(4)).await.unwrap();
    assert_eq!(since, [day(1), day(3)], "not all could be read: nothing is forgotten");
    assert!(tx.sighted(&[], true, day(4)).await.unwrap().is_empty());
    assert_eq!(tx.sighted(&[one], true, day(5)).await.unwrap(), [day(5)]);
}
