//! More requests than are answered at once.

use crate::support::{As, TestServer};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn who_is_too_many_is_told_to_come_again() {
    let server =
        TestServer::start_with(&[("REQUESTS_AT_ONCE", "1"), ("SANDBOX_LATENCY_MS", "200")]).await;
    let token = server.token("obi-virtual-lab").await;
    let lab = json!({"name": "Slow", "description": "d", "entity": "e"});
    // Either of the two may be the one that is too many; the slow one is inside for long.
    let slow = async {
        loop {
            let made = server.call(As::Token(&token), "POST", "/virtual-labs", Some(&lab)).await;
            if made.status != 503 {
                break made;
            }
        }
    };
    let refused = async {
        loop {
            let answer = server.call(As::Nobody, "GET", "/courses", None).await;
            if answer.status == 503 {
                let live = server.call(As::Nobody, "GET", "/health/live", None).await;
                break (answer, live);
            }
            assert_eq!(answer.status, 401);
        }
    };
    let (made, (refused, live)) = tokio::join!(slow, refused);
    assert_eq!(made.status, 200, "{}", made.text);
    assert!(refused.headers.contains_key("retry-after"));
    assert_eq!(refused.json()["error_code"], "EXTERNAL_SERVICE_ERROR");
    assert_eq!(live.status, 200, "who watches is always answered");
    let after = server.call(As::Nobody, "GET", "/courses", None).await;
    assert_eq!(after.status, 401, "there is room again");
    server.stop().await;
}
