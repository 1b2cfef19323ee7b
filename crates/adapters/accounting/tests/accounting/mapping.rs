//! One test for each line of the table in the README: what the client makes of what it sees.

use crate::world::{LAB, PROJECT, client, hasty};
use course_seats_accounting::AccountingClient;
use course_seats_application::ports::{Accounting, PortError};
use course_seats_domain::values::Credits;
use course_seats_testkit::runtime::long_lease;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use wiremock::matchers::{any, body_json, header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

type Outcomes = Vec<(&'static str, Result<(), PortError>)>;

/// What each write gets.
async fn writes(client: &AccountingClient) -> Outcomes {
    let lease = long_lease();
    vec![
        ("open_lab", client.open_lab(LAB, "Lab", &lease).await),
        ("open_project", client.open_project(PROJECT, LAB, "S1", &lease).await),
        ("grant", client.grant(PROJECT, Credits::whole(200), &lease).await),
        ("deplete_project", client.deplete_project(PROJECT, &lease).await.map(drop)),
        ("deplete_lab", client.deplete_lab(LAB, &lease).await.map(drop)),
    ]
}

/// What each read gets.
async fn reads(client: &AccountingClient) -> Outcomes {
    vec![
        ("project_balance", client.project_balance(PROJECT).await.map(drop)),
        ("lab_balance", client.lab_balance(LAB).await.map(drop)),
    ]
}

fn all_unknown(outcomes: Outcomes) {
    for (call, outcome) in outcomes {
        assert!(matches!(outcome, Err(PortError::Unknown(_))), "{call}: {outcome:?}");
    }
}

fn all_unavailable(outcomes: Outcomes) {
    for (call, outcome) in outcomes {
        assert!(matches!(outcome, Err(PortError::Unavailable(_))), "{call}: {outcome:?}");
    }
}

fn all(outcomes: Outcomes, expected: &Result<(), PortError>) {
    for (call, outcome) in outcomes {
        assert_eq!(&outcome, expected, "{call}");
    }
}

/// A server that answers everything in this way.
async fn answering(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(answer).mount(&server).await;
    server
}

fn refusal(status: u16) -> ResponseTemplate {
    ResponseTemplate::new(status)
        .set_body_json(json!({ "error_code": "SOME_CODE", "message": "m", "details": null }))
}

#[tokio::test]
async fn nobody_listens_is_unavailable() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let client = client(&format!("http://{address}"));
    all_unavailable(writes(&client).await);
    all_unavailable(reads(&client).await);
}

#[tokio::test]
async fn no_name_is_unavailable() {
    let client = client("http://nowhere.invalid");
    all_unavailable(writes(&client).await);
    all_unavailable(reads(&client).await);
}

#[tokio::test]
async fn no_tls_there_is_unavailable() {
    let server = answering(ResponseTemplate::new(200)).await;
    let client = client(&server.uri().replace("http://", "https://"));
    all_unavailable(writes(&client).await);
}

#[tokio::test]
async fn silence_leaves_a_write_unknown_and_a_read_unavailable() {
    let server = answering(ResponseTemplate::new(200).set_delay(Duration::from_secs(60))).await;
    let client = hasty(&server.uri());
    all_unknown(writes(&client).await);
    all_unavailable(reads(&client).await);
}

#[tokio::test]
async fn a_lost_connection_leaves_a_write_unknown_and_a_read_unavailable() {
    // Takes the request and goes away.
    let url = raw(b"").await;
    let client = client(&url);
    all_unknown(writes(&client).await);
    all_unavailable(reads(&client).await);
}

#[tokio::test]
async fn an_answer_that_is_cut_off_leaves_a_write_unknown_and_a_read_unavailable() {
    let url = raw(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"message\"").await;
    let client = client(&url);
    all_unknown(writes(&client).await);
    all_unavailable(reads(&client).await);
}

#[tokio::test]
async fn no_http_at_all_leaves_a_write_unknown_and_a_read_unavailable() {
    let url = raw(b"220 mail.example ESMTP\r\n").await;
    let client = client(&url);
    all_unknown(writes(&client).await);
    all_unavailable(reads(&client).await);
}

#[tokio::test]
async fn an_answer_without_end_leaves_a_write_unknown_and_a_read_unavailable() {
    let long = ResponseTemplate::new(200).set_body_string("x".repeat(1_000_000));
    let server = answering(long).await;
    let client = client(&server.uri());
    all_unknown(writes(&client).await);
    all_unavailable(reads(&client).await);
}

#[tokio::test]
async fn a_server_error_leaves_a_write_unknown_and_a_read_unavailable() {
    for status in [500, 501, 502, 503, 504, 599] {
        let crash = ResponseTemplate::new(status).set_body_string("Internal Server Error");
        let server = answering(crash).await;
        let client = client(&server.uri());
        all_unknown(writes(&client).await);
        all_unavailable(reads(&client).await);
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = answering(ResponseTemplate::new(200)).await;
    let redirect = ResponseTemplate::new(307).insert_header("location", elsewhere.uri().as_str());
    let server = answering(redirect).await;
    let client = client(&server.uri());
    all_unknown(writes(&client).await);
    all_unavailable(reads(&client).await);
    assert!(elsewhere.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_success_without_its_body_leaves_a_write_unknown_and_a_read_unavailable() {
    for body in ["", "<html>hello</html>", "{}", "[]", "null", r#"{"message": "done"}"#] {
        let server = answering(ResponseTemplate::new(200).set_body_string(body)).await;
        let client = client(&server.uri());
        all_unknown(writes(&client).await);
        all_unavailable(reads(&client).await);
    }
}

#[tokio::test]
async fn a_success_with_half_of_its_body_leaves_it_unknown() {
    for data in [
        json!(null),
        json!({}),
        json!({ "total_amount": null, "balance": null, "id": null }),
        json!({ "total_amount": "much", "balance": {}, "id": "x" }),
    ] {
        let body = json!({ "message": "done", "data": data });
        let server = answering(ResponseTemplate::new(200).set_body_json(body)).await;
        let client = client(&server.uri());
        let outcomes = writes(&client).await;
        // A grant promises nothing in `data`, only that it is there.
        let (granted, others): (Outcomes, Outcomes) =
            outcomes.into_iter().partition(|(call, _)| *call == "grant");
        all(granted, &Ok(()));
        all_unknown(others);
        all_unavailable(reads(&client).await);
    }
}

#[tokio::test]
async fn an_account_that_was_not_asked_for_is_unknown() {
    let body = json!({ "message": "created", "data": { "id": uuid::Uuid::max() } });
    let server = answering(ResponseTemplate::new(201).set_body_json(body)).await;
    let answer = client(&server.uri()).open_lab(LAB, "Lab", &long_lease()).await;
    assert!(matches!(answer, Err(PortError::Unknown(_))), "{answer:?}");
}

#[tokio::test]
async fn not_found() {
    let server = answering(refusal(404)).await;
    let client = client(&server.uri());
    all(writes(&client).await, &Err(PortError::NotFound));
    all(reads(&client).await, &Err(PortError::NotFound));
}

#[tokio::test]
async fn conflict() {
    let server = answering(refusal(409)).await;
    let client = client(&server.uri());
    all(writes(&client).await, &Err(PortError::Conflict));
    all(reads(&client).await, &Err(PortError::Conflict));
}

#[tokio::test]
async fn what_may_heal_is_unavailable() {
    for status in [403, 408, 425, 429] {
        let server = answering(refusal(status)).await;
        let client = client(&server.uri());
        all_unavailable(writes(&client).await);
        all_unavailable(reads(&client).await);
    }
}

#[tokio::test]
async fn every_other_refusal_is_rejected() {
    for status in [400, 402, 405, 410, 413, 418, 422, 451] {
        let server = answering(refusal(status)).await;
        let client = client(&server.uri());
        let rejected = Err(PortError::Rejected(format!("HTTP {status} SOME_CODE")));
        all(writes(&client).await, &rejected);
        all(reads(&client).await, &rejected);
    }
}

#[tokio::test]
async fn a_refusal_is_one_whatever_its_body_and_tells_none_of_it() {
    for body in ["", "no", r#"{"error_code": "ada@epfl.ch was here"}"#, r#"{"error_code": 1}"#] {
        let server = answering(ResponseTemplate::new(400).set_body_string(body)).await;
        let client = client(&server.uri());
        all(writes(&client).await, &Err(PortError::Rejected("HTTP 400".into())));
    }
    let url = raw(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 100\r\n\r\n{").await;
    all(writes(&client(&url)).await, &Err(PortError::Rejected("HTTP 400".into())));
}

#[tokio::test]
async fn any_success_is_one() {
    for status in [200, 201, 202, 203, 226] {
        let data = |id: Value| {
            json!({
                "message": "done",
                "data": { "id": id, "balance": "1.50", "total_amount": 2.5, "more": [1] },
                "more": true,
            })
        };
        let server = MockServer::start().await;
        let answer = |id| ResponseTemplate::new(status).set_body_json(data(id));
        let lab = Mock::given(path("/account/virtual-lab")).respond_with(answer(json!(LAB)));
        lab.mount(&server).await;
        Mock::given(any()).respond_with(answer(json!(PROJECT))).mount(&server).await;
        let client = client(&server.uri());
        all(writes(&client).await, &Ok(()));
        all(reads(&client).await, &Ok(()));
        let amount = |text: &str| text.parse::<Credits>().unwrap();
        assert_eq!(client.lab_balance(LAB).await, Ok(amount("1.50")), "a text");
        let taken = client.deplete_lab(LAB, &long_lease()).await;
        assert_eq!(taken, Ok(amount("2.5")), "a number");
    }
}

#[tokio::test]
async fn says_what_the_service_expects() {
    let server = MockServer::start().await;
    let expected = [
        ("POST", "/account/virtual-lab", json!({ "id": LAB, "name": "Zoë's", "balance": "0" })),
        ("POST", "/account/project", json!({ "id": PROJECT, "name": "S\n1", "vlab_id": LAB })),
        ("POST", "/budget/grant", json!({ "proj_id": PROJECT, "amount": "149.99" })),
        ("POST", "/budget/deplete/project", json!({ "proj_id": PROJECT })),
        ("POST", "/budget/deplete/virtual-lab", json!({ "vlab_id": LAB })),
    ];
    for (verb, at, body) in &expected {
        let id = if *at == "/account/project" { json!(PROJECT) } else { json!(LAB) };
        let data = json!({ "message": "", "data": { "id": id, "total_amount": "1" } });
        Mock::given(method(*verb))
            .and(path(format!("/below{at}")))
            .and(header("authorization", "Bearer the-token"))
            .and(header("content-type", "application/json"))
            .and(body_json(body))
            .respond_with(ResponseTemplate::new(200).set_body_json(data))
            .expect(1)
            .mount(&server)
            .await;
    }
    let client = client(&format!("{}/below/", server.uri()));
    let lease = long_lease();
    client.open_lab(LAB, "Zoë's", &lease).await.unwrap();
    client.open_project(PROJECT, LAB, "S\n1", &lease).await.unwrap();
    client.grant(PROJECT, "149.99".parse().unwrap(), &lease).await.unwrap();
    client.deplete_project(PROJECT, &lease).await.unwrap();
    client.deplete_lab(LAB, &lease).await.unwrap();
}

/// A server that reads a request, writes this, and closes the connection.
async fn raw(answer: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::runtime::Handle::current().spawn(async move {
        loop {
            let Ok((mut stream, _)) = listener.accept().await else { return };
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(answer).await;
            let _ = stream.shutdown().await;
        }
    });
    format!("http://{address}")
}
