use crate::caller::{FACULTY, started};
use keycloak_stand_in::{Operation, StandInConfig};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn it_is_controlled_over_http() {
    let (stand_in, caller) = started(StandInConfig::default()).await;
    let post = async |page: &str, body: Value| caller.control(Method::POST, page, Some(body)).await;
    let get = async |page: &str| caller.control(Method::GET, page, None).await.1;

    let settings = json!({ "latency_ms": 2, "token_life_ms": 60_000 });
    assert_eq!(post("settings", settings.clone()).await, (200, settings.clone()));
    assert_eq!(get("settings").await, settings);
    assert_eq!(post("settings", json!({ "latency_ms": 0, "colour": 1 })).await.0, 400);
    assert_eq!(get("settings").await, settings, "all or nothing");

    let fault = json!({ "kind": "error_before", "status": 503, "after": 1 });
    assert_eq!(post("faults", fault).await.0, 200);
    assert_eq!(caller.create("a").await, 201);
    assert_eq!(caller.get("groups").await.0, 200, "no write");
    assert_eq!(caller.create("b").await, 503);
    assert_eq!(caller.create("b").await, 201);
    assert_eq!(get("faults").await, json!({ "faults": [] }));
    assert_eq!(post("faults", json!({ "kind": "x" })).await.0, 400);
    assert_eq!(post("faults", json!({ "kind": "late", "times": 0 })).await.0, 400);

    assert_eq!(get("chaos").await, json!({ "chaos": null }));
    let chaos = json!({ "rate": 1.0, "seed": 3, "kinds": ["error_after"], "status": 500 });
    let (status, set) = post("chaos", chaos).await;
    assert_eq!((status, &set["chaos"]["calls"]), (200, &json!("writes")));
    assert_eq!(caller.create("c").await, 500);
    assert_eq!(caller.get("groups").await.0, 200, "no write");
    caller.control(Method::DELETE, "chaos", None).await;
    assert_eq!(caller.create("c").await, 409, "it had happened");
    assert_eq!(post("chaos", json!({ "rate": 2.0 })).await.0, 400);
    post("chaos", json!({ "rate": 1.0, "calls": "all", "kinds": ["error_before"] })).await;
    assert_eq!(caller.get("groups").await.0, 500);
    caller.control(Method::DELETE, "faults", None).await;
    assert_eq!(caller.get("groups").await.0, 200, "all is well again");

    let calls = get("calls").await;
    assert_eq!(calls["calls"]["create_group"], 5);
    assert_eq!(calls["calls"]["token"], 1);
    assert_eq!(calls["gone_wrong"], 3);
    assert!(calls["connections"].as_u64().unwrap() >= 1);
    assert_eq!(stand_in.calls(Operation::CreateGroup), 5);
    assert_eq!(caller.control(Method::GET, "nowhere", None).await.0, 404);
    assert_eq!(caller.control(Method::PUT, "faults", None).await.0, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_tells_the_groups_as_the_sandbox_does() {
    let (stand_in, caller) = started(StandInConfig::default()).await;
    assert_eq!(caller.create("vlab/1/admin").await, 201);
    let group = caller.group("vlab/1/admin").await;
    assert_eq!(caller.join(FACULTY, &group).await, 204);
    let report = caller.control(Method::GET, "groups", None).await.1;
    assert_eq!(report, stand_in.groups());
    let groups = report["groups"].as_array().unwrap();
    assert_eq!(groups[0]["name"], "service/virtual-lab-svc/admin");
    assert_eq!(
        groups[1],
        json!({
            "id": group,
            "name": "vlab/1/admin",
            "path": "/vlab/1/admin",
            "members": [{ "id": FACULTY, "username": "faculty" }],
        })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn it_brings_a_crowd() {
    let (_stand_in, caller) = started(StandInConfig::default()).await;
    let add = async |count: u64| {
        caller.control(Method::POST, "users", Some(json!({ "count": count }))).await
    };
    let (status, added) = add(3).await;
    assert_eq!((status, added["users"].as_array().unwrap().len()), (201, 3));
    let (_, added) = add(2).await;
    assert_eq!(added["users"][0]["username"], "bulk-4");
    assert_eq!(added["users"][1]["email"], "bulk-5@sandbox.example");
    let info = caller.userinfo(&caller.sign_in("bulk-5").await).await.1;
    assert_eq!(info["sub"], added["users"][1]["id"]);
    assert_eq!((&info["email_verified"], info.get("groups")), (&json!(true), None));
    assert_eq!(add(100_001).await.0, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_of_ones_own_and_another_key() {
    let (_stand_in, caller) = started(StandInConfig::default()).await;
    let client = json!({ "clientId": "mine", "secret": "s", "serviceAccountsEnabled": true });
    let add = async || caller.control(Method::POST, "clients", Some(client.clone())).await.0;
    assert_eq!(add().await, 201);
    assert_eq!(add().await, 409);
    let before = caller.sign_in("student-1").await;
    let keys = async || {
        let page = format!("{}/realms/obp-realm/protocol/openid-connect/certs", caller.url);
        let published: Value = caller.http.get(page).send().await.unwrap().json().await.unwrap();
        let keys = published["keys"].as_array().unwrap().iter();
        keys.map(|key| key["kid"].clone()).collect::<Vec<_>>()
    };
    let old = keys().await;
    let (_, rotated) = caller.control(Method::POST, "keys", None).await;
    let new = keys().await;
    assert_eq!(new[0], rotated["kid"]);
    assert_eq!(new[1..], old);
    assert_eq!(caller.userinfo(&before).await.0, 200, "the old key still counts");
    assert_eq!(caller.userinfo(&caller.sign_in("student-1").await).await.0, 200);
}
