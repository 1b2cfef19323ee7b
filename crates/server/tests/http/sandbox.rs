//! The sandbox's own endpoints.

use crate::support::{As, TestServer};
use serde_json::json;

const PROTOCOL: &str = "/sandbox/realms/obp-realm/protocol/openid-connect";

#[tokio::test(flavor = "multi_thread")]
async fn it_speaks_openid_connect() {
    let server = TestServer::start().await;
    let path = "/sandbox/realms/obp-realm/.well-known/openid-configuration";
    let discovery = server.call(As::Nobody, "GET", path, None).await.json();
    let endpoint = format!("{}{PROTOCOL}", server.url);
    assert_eq!(discovery["token_endpoint"], format!("{endpoint}/token"));
    let keys = server.call(As::Nobody, "GET", &format!("{PROTOCOL}/certs"), None).await.json();
    assert!(keys["keys"].as_array().is_some_and(|keys| !keys.is_empty()));
    let token = server.new_token("service-admin").await;
    let userinfo = format!("{PROTOCOL}/userinfo");
    let who = server.call(As::Token(&token), "GET", &userinfo, None).await.json();
    assert_eq!(who["preferred_username"], "service-admin");
    let wrong = b"grant_type=password&client_id=obpapp&username=faculty&password=wrong".to_vec();
    let form = "application/x-www-form-urlencoded";
    let token_path = format!("{PROTOCOL}/token");
    let refused = server.raw(As::Nobody, "POST", &token_path, Some(wrong), form).await;
    assert_eq!((refused.status, refused.json()["error"].as_str()), (401, Some("invalid_grant")));
    assert_eq!(refused.json()["error_code"], "AUTHORIZATION_ERROR");
    server.call(As::Token(&token), "POST", &format!("{PROTOCOL}/logout"), None).await;
    assert_eq!(server.call(As::Token(&token), "GET", &userinfo, None).await.status, 401);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_clock_turns() {
    let server = TestServer::start().await;
    let turn = async |body| server.call(As::Nobody, "POST", "/sandbox/clock", Some(&body)).await;
    let answer = turn(json!({"at": "2030-01-01"})).await;
    assert!(answer.json()["now"].as_str().unwrap().starts_with("2030-01-01T00:00:0"));
    turn(json!({"advance_days": 2})).await;
    turn(json!({"advance_seconds": -86400})).await;
    let now = server.call(As::Nobody, "GET", "/sandbox/clock", None).await.json();
    assert!(now["now"].as_str().unwrap().starts_with("2030-01-02T00:00:"), "{now}");
    for bad in [
        json!({}),
        json!({"at": "soon"}),
        json!({"advance_days": i64::MAX}),
        json!({"at": "2030-01-01", "advance_days": 1}),
        json!({"at": "0001-01-01"}),
    ] {
        assert_eq!(turn(bad.clone()).await.status, 422, "{bad}");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_are_injected_listed_and_cleared() {
    let server = TestServer::start().await;
    let path = "/sandbox/faults";
    let fault = json!({"system": "accounting", "operation": "grant", "kind": "lose_answer"});
    assert_eq!(server.call(As::Nobody, "POST", path, Some(&fault)).await.status, 200);
    let list = server.call(As::Nobody, "GET", path, None).await.json();
    assert_eq!(list["faults"][0]["kind"], "lose_answer");
    assert_eq!(server.call(As::Nobody, "DELETE", path, None).await.status, 204);
    let list = server.call(As::Nobody, "GET", path, None).await.json();
    assert_eq!(list["faults"], json!([]));
    for bad in [
        json!({"system": "weather", "kind": "refuse"}),
        json!({"system": "mail", "operation": "grant", "kind": "refuse"}),
        json!({"system": "mail", "kind": "refuse", "times": 0}),
    ] {
        let answer = server.call(As::Nobody, "POST", path, Some(&bad)).await;
        assert_eq!(answer.status, 422, "{bad}: {}", answer.text);
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn credits_are_spent_and_everything_can_be_looked_at() {
    let server = TestServer::start().await;
    let course = server.course("Spend", 1).await;
    let path = format!("/seats/courses/{}/assign", course.id);
    let students = json!({"students": [{"student_id": "S1", "email": "s@s.example"}]});
    let assigned = server.good("obi-virtual-lab", "POST", &path, students).await;
    let project = assigned["results"][0]["project_id"].clone();
    let spend = async |amount| {
        let body = json!({"project_id": project, "amount": amount});
        server.call(As::Nobody, "POST", "/sandbox/spend", Some(&body)).await.status
    };
    assert_eq!(spend(json!(49.5)).await, 204);
    assert_eq!(spend(json!("1000")).await, 409);
    for bad in [json!(0), json!(-1), json!("x"), json!(null), json!(1e300)] {
        assert_eq!(spend(bad.clone()).await, 422, "{bad}");
    }
    let accounts = server.call(As::Nobody, "GET", "/sandbox/accounts.json", None).await;
    assert!(accounts.text.contains("150.5"), "{}", accounts.text);
    let groups = server.call(As::Nobody, "GET", "/sandbox/groups.json", None).await;
    assert!(groups.text.contains(&format!("vlab/{}/admin", course.lab)));
    let page = server.call(As::Nobody, "GET", "/sandbox/mailbox", None).await;
    assert_eq!(page.headers["content-type"], "text/html; charset=utf-8");
    assert!(page.text.contains("s@s.example"));
    server.stop().await;
}
