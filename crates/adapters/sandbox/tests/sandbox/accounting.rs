use crate::world::{World, world};
use course_seats_application::ports::{Accounting, PortError};
use course_seats_domain::ids::{LabId, ProjectId};
use course_seats_domain::values::Credits;
use course_seats_testkit::runtime::long_lease;
use std::time::Duration;
use uuid::Uuid;

const LAB: LabId = LabId::new(Uuid::nil());
const PROJECT: ProjectId = ProjectId::new(Uuid::max());

async fn funded() -> World {
    let world = world();
    let accounting = &world.sandbox.accounting;
    accounting.open_lab(LAB, "Lab", &long_lease()).await.unwrap();
    accounting.open_project(PROJECT, LAB, "S1", &long_lease()).await.unwrap();
    accounting.grant(PROJECT, Credits::whole(200), &long_lease()).await.unwrap();
    world
}

fn told(world: &World, pointer: &str) -> String {
    let json = world.sandbox.accounting.accounts_json();
    json.pointer(pointer).unwrap().as_str().unwrap().to_owned()
}

#[tokio::test]
async fn what_a_job_reserved_is_not_in_the_balance_and_flows_back() {
    let world = funded().await;
    let accounting = &world.sandbox.accounting;
    accounting.reserve(PROJECT, Credits::whole(60)).unwrap();
    assert_eq!(accounting.project_balance(PROJECT).await, Ok(Credits::whole(140)));
    assert_eq!(told(&world, "/projects/0/reservation"), "60");
    let taken = accounting.deplete_project(PROJECT, &long_lease()).await;
    assert_eq!(taken, Ok(Credits::whole(140)));
    accounting.release(PROJECT, Credits::whole(60)).unwrap();
    assert_eq!(accounting.project_balance(PROJECT).await, Ok(Credits::whole(60)));
    assert_eq!(told(&world, "/sum"), "0");
}

#[tokio::test]
async fn nobody_spends_what_is_not_there() {
    let world = funded().await;
    let accounting = &world.sandbox.accounting;
    let too_much = accounting.spend(PROJECT, Credits::whole(201));
    assert!(matches!(too_much, Err(PortError::Rejected(_))), "{too_much:?}");
    assert!(accounting.release(PROJECT, Credits::whole(1)).is_err());
    assert!(accounting.spend(PROJECT, Credits::ZERO).is_err());
    let unknown = ProjectId::new(Uuid::nil());
    assert_eq!(accounting.spend(unknown, Credits::whole(1)), Err(PortError::NotFound));
    accounting.spend(PROJECT, Credits::whole(200)).unwrap();
    assert_eq!(accounting.project_balance(PROJECT).await, Ok(Credits::ZERO));
}

#[tokio::test]
async fn every_movement_is_in_the_journal_and_the_sum_is_zero() {
    let world = funded().await;
    world.sandbox.accounting.spend(PROJECT, "0.01".parse().unwrap()).unwrap();
    world.sandbox.accounting.deplete_lab(LAB, &long_lease()).await.unwrap();
    let json = world.sandbox.accounting.accounts_json();
    let kinds = json.get("journal").unwrap().as_array().unwrap().iter();
    let kinds: Vec<_> = kinds.map(|movement| movement.get("kind").unwrap().clone()).collect();
    assert_eq!(kinds, ["top_up", "assign", "spend", "deplete"]);
    assert_eq!(told(&world, "/journal/1/to"), format!("project/{PROJECT}"));
    assert_eq!(told(&world, "/journal/3/amount"), "199.99");
    assert_eq!(told(&world, "/sum"), "0");
}

#[tokio::test]
async fn a_late_commit_is_seen_late_and_counts_once() {
    let world = funded().await;
    let accounting = &world.sandbox.accounting;
    accounting.set_commit_delay(Duration::from_millis(300));
    let taken = accounting.deplete_project(PROJECT, &long_lease()).await;
    assert_eq!(taken, Ok(Credits::whole(200)));
    assert_eq!(accounting.project_balance(PROJECT).await, Ok(Credits::whole(200)), "not yet");
    let again = accounting.deplete_project(PROJECT, &long_lease()).await;
    assert_eq!(again, Ok(Credits::ZERO), "the row is locked until then");
    let empty = async || accounting.project_balance(PROJECT).await == Ok(Credits::ZERO);
    world.until("it shows", empty).await;

    let other = LabId::new(Uuid::max());
    accounting.open_lab(other, "Other", &long_lease()).await.unwrap();
    let project = ProjectId::new(Uuid::nil());
    let early = accounting.open_project(project, other, "x", &long_lease()).await;
    assert!(matches!(early, Err(PortError::Unknown(_))), "its lab is not there yet");
    assert_eq!(told(&world, "/sum"), "0");
}
