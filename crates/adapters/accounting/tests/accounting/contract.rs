use crate::world::client;
use accounting_stand_in::{Operation, StandIn, StandInConfig};
use course_seats_testkit::contract::accounting;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn holds() {
    let service = StandIn::start(StandInConfig::default()).await.unwrap();
    accounting::holds(&client(&service.base_url())).await;
    assert_eq!(service.accounts().get("sum").unwrap(), "0.00");
}

#[tokio::test(flavor = "multi_thread")]
async fn holds_when_it_is_slow_and_commits_late() {
    let service = StandIn::start(StandInConfig::default()).await.unwrap();
    service.set_latency(Duration::from_millis(3));
    service.set_commit_delay(Duration::from_millis(20));
    accounting::holds(&client(&service.base_url())).await;
    assert_eq!(service.accounts().get("sum").unwrap(), "0.00");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_short_lease_sends_not_one_byte() {
    let service = StandIn::start(StandInConfig::default()).await.unwrap();
    let client = client(&service.base_url());
    accounting::a_short_lease_sends_nothing(&client).await;
    // The suite opened one lab and one project and granted once; the short ones never arrived.
    for (operation, calls) in [
        (Operation::OpenLab, 1),
        (Operation::OpenProject, 1),
        (Operation::Grant, 1),
        (Operation::DepleteProject, 0),
        (Operation::DepleteLab, 0),
    ] {
        assert_eq!(service.calls(operation), calls, "{operation:?}");
    }
}
