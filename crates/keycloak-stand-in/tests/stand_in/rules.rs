use crate::caller::{FACULTY, STUDENT, eventually, read, started};
use keycloak_stand_in::{Fault, FaultKind, Operation, StandIn, StandInConfig};
use reqwest::header::HOST;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::runtime::Handle;

#[tokio::test(flavor = "multi_thread")]
async fn everybody_of_the_shared_realm_can_sign_in_also_by_address() {
    let (_stand_in, caller) = started(StandInConfig::default()).await;
    for name in ["obi-virtual-lab", "service-admin", "faculty", "student-1", "student-9"] {
        let (status, info) = caller.userinfo(&caller.sign_in(name).await).await;
        assert_eq!((status, &info["preferred_username"]), (200, &json!(name)));
    }
    let token = caller.sign_in("Student-2@Sandbox.example").await;
    assert_eq!(caller.userinfo(&token).await.1["email"], "student-2@sandbox.example");
    let admin = caller.userinfo(&caller.sign_in("service-admin").await).await.1;
    assert_eq!(admin["groups"], json!(["/service/virtual-lab-svc/admin"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_ends_after_its_life() {
    let config = StandInConfig { token_life: Duration::from_secs(1), ..StandInConfig::default() };
    let (stand_in, caller) = started(config).await;
    let token = caller.sign_in("student-1").await;
    assert_eq!(token["expires_in"], 1);
    eventually(async || caller.userinfo(&token).await.0 == 401).await;
    assert_eq!(caller.userinfo(&token).await.1["error"], "invalid_token");
    let (status, refused) = caller.get("users/count").await;
    assert_eq!((status, &refused["error"]), (401, &json!("HTTP 401 Unauthorized")));
    stand_in.set_token_life(Duration::from_secs(60));
    assert_eq!(caller.service_token().await["expires_in"], 60);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_issuer_follows_the_host_and_so_does_who_is_believed() {
    let (_stand_in, caller) = started(StandInConfig::default()).await;
    let document = format!("{}/realms/obp-realm/.well-known/openid-configuration", caller.url);
    let asked = caller.http.get(&document).header(HOST, "keycloak.example");
    let (_, document) = read(asked.send().await.unwrap()).await;
    assert_eq!(document["issuer"], "http://keycloak.example/realms/obp-realm");
    let token = caller.sign_in("student-1").await;
    let asked = caller.openid("userinfo").bearer_auth(token["access_token"].as_str().unwrap());
    let answer = asked.header(HOST, "keycloak.example").send().await.unwrap();
    assert_eq!(answer.status(), 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn members_and_users_come_in_pages() {
    let (stand_in, caller) = started(StandInConfig::default()).await;
    let people = stand_in.add_people(130).unwrap();
    assert_eq!(caller.create("vlab/1/member").await, 201);
    let group = caller.group("vlab/1/member").await;
    for person in &people {
        assert_eq!(caller.join(&person.id.to_string(), &group).await, 204);
    }
    let page = async |query: &str| {
        let (_, page) = caller.get(&format!("groups/{group}/members{query}")).await;
        page.as_array().unwrap().iter().map(|user| user["username"].clone()).collect::<Vec<_>>()
    };
    let all = page("?max=1000").await;
    assert_eq!(all.len(), 130);
    assert!(all.is_sorted_by_key(|name| name.as_str().unwrap()));
    assert_eq!(page("").await, all[..100]);
    assert_eq!(page("?first=100").await, all[100..]);
    assert_eq!(page("?first=10&max=5").await, all[10..15]);
    assert_eq!(page("?first=130").await, Vec::<Value>::new());

    assert_eq!(caller.get("users").await.1.as_array().unwrap().len(), 100);
    assert_eq!(caller.get("users?username=BULK-7&exact=true").await.1[0]["username"], "bulk-7");
    assert_eq!(caller.get("users?search=bulk-13").await.1.as_array().unwrap().len(), 2);
    assert_eq!(caller.get("users/count").await.1, 142);
    assert_eq!(caller.get("users/count?emailVerified=true").await.1, 142);
    // With a filter the service account counts, too.
    assert_eq!(caller.get("users/count?emailVerified=false").await.1, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_are_found_listed_and_counted() {
    let (_stand_in, caller) = started(StandInConfig::default()).await;
    for name in ["vlab/1/admin", "vlab/1/member", "vlab/2/admin"] {
        assert_eq!(caller.create(name).await, 201);
    }
    let names = async |query: &str| {
        let (_, found) = caller.get(&format!("groups{query}")).await;
        let found = found.as_array().unwrap().iter().map(|group| group["name"].clone());
        found.map(|name| name.as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names("?search=VLAB/1").await, ["vlab/1/admin", "vlab/1/member"]);
    assert_eq!(names("?search=vlab%2F2%2Fadmin&exact=true").await, ["vlab/2/admin"]);
    assert_eq!(names("?first=1&max=2").await, ["vlab/1/admin", "vlab/1/member"]);
    assert_eq!(caller.get("groups/count").await.1, json!({ "count": 4 }));
    let group = caller.group("vlab/2/admin").await;
    assert_eq!(caller.join(FACULTY, &group).await, 204);
    assert_eq!(caller.get(&format!("users/{FACULTY}/groups")).await.1[0]["id"], group.as_str());
    assert_eq!(caller.get(&format!("users/{STUDENT}/groups")).await.1, json!([]));
    let delete = caller.admin(Method::DELETE, &format!("groups/{group}"));
    assert_eq!(delete.send().await.unwrap().status(), 204);
    assert_eq!(caller.get(&format!("users/{FACULTY}/groups")).await.1, json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_goes_away_stops_nothing() {
    let (stand_in, caller) = started(StandInConfig::default()).await;
    let slow =
        Fault { delay_ms: 500, ..Fault::once(Operation::CreateGroup, FaultKind::SlowBefore) };
    stand_in.inject(slow).unwrap();
    let create = caller.admin(Method::POST, "groups").json(&json!({ "name": "vlab/1/admin" }));
    let asking = Handle::current().spawn(create.send());
    eventually(async || stand_in.calls(Operation::CreateGroup) == 1).await;
    asking.abort();
    assert!(asking.await.unwrap_err().is_cancelled(), "gone before it was answered");
    eventually(async || caller.groups().await.contains_key("vlab/1/admin")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_call_takes_as_long_as_it_shall() {
    let latency = Duration::from_secs(60);
    let config = StandInConfig { latency, ..StandInConfig::default() };
    let stand_in = StandIn::start(config).await.unwrap();
    let http = Client::builder().no_proxy().build().unwrap();
    let page = http.get(format!("{}/realms/obp-realm", stand_in.base_url()));
    let hasty = page.try_clone().unwrap().timeout(Duration::from_millis(100));
    assert!(hasty.send().await.unwrap_err().is_timeout());
    stand_in.set_latency(Duration::ZERO);
    assert_eq!(page.send().await.unwrap().status(), 200);
}
