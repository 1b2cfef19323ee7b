//! What holds for every request: unknown paths, methods, big bodies, CORS, the base path, a stop.

use crate::support::{As, TestServer};
use course_seats::Example;
use reqwest::Method;
use serde_json::json;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn unknown_paths_and_wrong_methods() {
    let server = TestServer::start().await;
    let none = server.call(As::Nobody, "GET", "/nowhere", None).await;
    assert_eq!((none.status, none.json()["message"].as_str()), (404, Some("Not Found")));
    let wrong = server.call(As::Nobody, "PUT", "/institutions/x", None).await;
    assert_eq!((wrong.status, wrong.json()["message"].as_str()), (405, Some("Method Not Allowed")));
    assert_eq!(wrong.headers["allow"], "GET, PATCH");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_are_not_read() {
    let server = TestServer::start().await;
    let admin = As::User("service-admin");
    let big = vec![b' '; 2 * 1024 * 1024];
    let answer = server.raw(admin, "POST", "/institutions", Some(big), "application/json").await;
    assert_eq!(
        (answer.status, answer.json()["error_code"].as_str()),
        (413, Some("PAYLOAD_TOO_LARGE"))
    );
    let body = br#"{"name": "x", "contact_email": "a@b.ch"}"#.to_vec();
    for (content_type, status) in [
        ("application/json; charset=utf-8", 200),
        ("application/vnd.api+json", 200),
        ("text/plain", 422),
        ("application/x-www-form-urlencoded", 422),
    ] {
        let answer =
            server.raw(admin, "POST", "/institutions", Some(body.clone()), content_type).await;
        assert_eq!(answer.status, status, "{content_type}: {}", answer.text);
    }
    let none = server.call(admin, "POST", "/institutions", None).await;
    assert_eq!(none.status, 422, "no body at all");
    server.stop().await;
}

/// Its place among those that are answered is free again.
#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_does_not_come() {
    let server = TestServer::start_with(&[("REQUESTS_AT_ONCE", "1")]).await;
    let token = server.token("student-1").await;
    let request = format!(
        "POST /courses/claim HTTP/1.1\r\nhost: seats\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\ncontent-length: 100\r\n\r\n{{"
    );
    let answer = answered(server.running().addr, &request);
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(answer.contains("REQUEST_TIMEOUT"), "{answer}");
    let after = server.call(As::Token(&token), "GET", "/health/ready", None).await;
    assert_eq!(after.status, 200);
    let after = server.call(As::Token(&token), "POST", "/courses/claim", None).await;
    assert_eq!(after.status, 422);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_120_kilobytes_is_taken() {
    let server = TestServer::start().await;
    let token = format!("{}.{}.x", "a".repeat(60_000), "b".repeat(60_000));
    let answer = server.call(As::Token(&token), "GET", "/courses?vlab_name=x", None).await;
    assert_eq!(answer.status, 401, "{}", answer.text);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn web_origins_on_the_list_may_call() {
    let server = TestServer::start_with(&[
        ("CORS_ORIGINS", "https://portal.example"),
        ("CORS_ORIGIN_REGEX", r"https://[a-z]+\.preview\.example"),
    ])
    .await;
    let preflight = async |origin: &str| {
        let url = format!("{}/institutions", server.url);
        let request = server.client.request(Method::OPTIONS, url).header("origin", origin);
        let request = request.header("access-control-request-method", "POST");
        let answer = request.send().await.unwrap();
        let allowed = answer.headers().get("access-control-allow-origin").cloned();
        (answer.status().as_u16(), allowed.map(|origin| origin.to_str().unwrap().to_owned()))
    };
    let portal = "https://portal.example".to_owned();
    assert_eq!(preflight(&portal).await, (204, Some(portal)));
    let preview = "https://a.preview.example".to_owned();
    assert_eq!(preflight(&preview).await, (204, Some(preview)));
    assert_eq!(preflight("https://evil.example").await, (403, None));
    let refused = server.client.get(format!("{}/courses", server.url));
    let refused = refused.header("origin", "https://portal.example").send().await.unwrap();
    assert_eq!(refused.status(), 401);
    assert!(refused.headers().contains_key("access-control-allow-origin"), "also on a refusal");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_under_the_base_path() {
    let server = TestServer::start_with(&[("BASE_PATH", "/api/seats")]).await;
    assert!(server.url.ends_with("/api/seats"));
    assert_eq!(server.call(As::Nobody, "GET", "/health", None).await.status, 200);
    let search = server.call(As::User("service-admin"), "GET", "/institutions/_search", None).await;
    assert_eq!(search.status, 200, "{}", search.text);
    assert_eq!(server.call(As::Nobody, "GET", "/docs", None).await.status, 200);
    let document = server.call(As::Nobody, "GET", "/openapi.json", None).await.json();
    assert_eq!(document["servers"][0]["url"], "/api/seats");
    let wrong = server.call(As::Nobody, "PUT", "/institutions", None).await;
    assert_eq!((wrong.status, &wrong.headers["allow"]), (405, &"POST".parse().unwrap()));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn health() {
    let server = TestServer::start().await;
    assert_eq!(server.call(As::Nobody, "GET", "/health", None).await.text, "\"OK\"");
    let live = server.call(As::Nobody, "GET", "/health/live", None).await;
    assert_eq!(live.json(), json!({"status": "alive"}));
    let ready = server.call(As::Nobody, "GET", "/health/ready", None).await;
    assert_eq!(
        ready.json(),
        json!({"status": "ready", "database": true, "identity_provider": true})
    );
    let fault = json!({"system": "identity", "operation": "ready", "kind": "refuse"});
    server.call(As::Nobody, "POST", "/sandbox/faults", Some(&fault)).await;
    let not_ready = server.call(As::Nobody, "GET", "/health/ready", None).await;
    assert_eq!((not_ready.status, &not_ready.json()["identity_provider"]), (503, &json!(false)));
    server.stop().await;
}

/// Some load balancers ask so. On a bare connection, where a body could not hide.
#[tokio::test(flavor = "multi_thread")]
async fn health_is_answered_to_head_without_a_body() {
    let server = TestServer::start_with(&[("BASE_PATH", "/api")]).await;
    let address = server.running().addr;
    for path in ["/health", "/health/live", "/health/ready"] {
        let whole = server.call(As::Nobody, "GET", path, None).await;
        let (head, body) = head(address, &format!("/api{path}"));
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
        assert!(head.contains("content-type: application/json"), "{head}");
        let length = format!("content-length: {}", whole.text.len());
        assert!(head.contains(&length), "{head}");
        assert_eq!(body, "", "{path}");
    }
    let (missing, _) = head(address, "/api/healthy");
    assert!(missing.starts_with("HTTP/1.1 404 "), "{missing}");
    let (other, _) = head(address, "/api/institutions/_search");
    assert!(other.starts_with("HTTP/1.1 405 "), "{other}");
    let metrics = server.call(As::Nobody, "GET", "/metrics", None).await.text;
    assert!(metrics.contains(r#"method="HEAD",route="/api/health/live",status="200"#), "{metrics}");
    server.stop().await;
}

/// What comes back to this on a connection, until the server closes it.
fn answered(address: SocketAddr, request: &str) -> String {
    let mut connection = TcpStream::connect(address).unwrap();
    connection.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    answer
}

/// The lines of the head, and what follows.
fn head(address: SocketAddr, path: &str) -> (String, String) {
    let request = format!("HEAD {path} HTTP/1.1\r\nhost: seats\r\nconnection: close\r\n\r\n");
    let answer = answered(address, &request);
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (format!("{head}\r\n"), body.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draining_server_begins_nothing_new() {
    let server = TestServer::start().await;
    let token = server.token("service-admin").await;
    server.running().app().begin_shutdown();
    let refused = server.call(As::Token(&token), "POST", "/institutions", Some(&json!({}))).await;
    assert_eq!(refused.status, 503);
    assert_eq!(refused.json()["error_code"], "EXTERNAL_SERVICE_ERROR");
    assert!(refused.headers.contains_key("retry-after"));
    let read = server.call(As::Token(&token), "GET", "/institutions/_search", None).await;
    assert_eq!(read.status, 200, "what only reads is still answered");
    assert_eq!(server.call(As::Nobody, "GET", "/health/ready", None).await.status, 503);
    let stopped = tokio::time::timeout(Duration::from_secs(30), server.stop()).await;
    assert!(stopped.is_ok(), "and it ends");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_accounting_service_that_is_down_starts_nothing() {
    let server = TestServer::start().await;
    let course = server.course("Down", 1).await;
    let fault = json!({
        "system": "accounting", "operation": "lab_balance", "kind": "refuse", "times": 100,
    });
    server.call(As::Nobody, "POST", "/sandbox/faults", Some(&fault)).await;
    let path = format!("/seats/courses/{}/assign", course.id);
    let students = json!({"students": [{"student_id": "S1", "email": "s@s.example"}]});
    let answer = server.call(As::User("obi-virtual-lab"), "POST", &path, Some(&students)).await;
    assert_eq!(answer.status, 503, "{}", answer.text);
    assert_eq!(answer.json()["error_code"], "EXTERNAL_SERVICE_ERROR");
    assert!(answer.headers.contains_key("retry-after"));
    server.call(As::Nobody, "DELETE", "/sandbox/faults", None).await;
    let again = server.good("obi-virtual-lab", "POST", &path, students).await;
    assert_eq!(again["results"][0]["status"], "done", "{again}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_identity_provider_that_is_down_is_a_503() {
    let server = TestServer::start().await;
    let token = server.token("service-admin").await;
    let fault = json!({"system": "identity", "operation": "authenticate", "kind": "refuse"});
    server.call(As::Nobody, "POST", "/sandbox/faults", Some(&fault)).await;
    let answer = server.call(As::Token(&token), "GET", "/institutions/_search", None).await;
    assert_eq!(answer.status, 503, "{}", answer.text);
    assert_eq!(answer.json()["error_code"], "EXTERNAL_SERVICE_ERROR");
    assert!(answer.headers.contains_key("retry-after"));
    server.stop().await;
}

#[actix_web::test]
async fn a_handler_that_panics_is_an_opaque_500() {
    use actix_web::{App, test, web};
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (sender, server) = std::sync::mpsc::channel();
    runtime.spawn(async move {
        sender.send(TestServer::start_with(&[("CORS_ORIGINS", "http://localhost:3000")]).await)
    });
    let server = server.recv().unwrap();
    let app = App::new()
        .app_data(server.running().state().clone())
        .wrap(actix_web::middleware::from_fn(course_seats::http::around))
        .route("/", web::get().to(panics));
    let app = test::init_service(app).await;
    let request = test::TestRequest::get();
    let request = request.insert_header(("origin", "http://localhost:3000")).to_request();
    let error = test::try_call_service(&app, request).await.unwrap_err();
    let response = error.error_response();
    assert_eq!(response.status(), 500);
    // Like every answer: a portal can read it, and it is counted.
    let header = |name: &str| response.headers().get(name).unwrap().to_str().unwrap().to_owned();
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert_eq!(header("access-control-allow-origin"), "http://localhost:3000");
    let page = server.running().state().metrics.page(None, chrono::DateTime::UNIX_EPOCH).unwrap();
    let counted = r#"course_seats_http_request_duration_seconds_count{method="GET",route="-",status="500"} 1"#;
    assert!(page.contains(counted), "{page}");
    let body = actix_web::body::to_bytes(response.into_body()).await.unwrap();
    let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(body["error_code"], "INTERNAL_ERROR");
    assert!(body["details"].as_str().unwrap().starts_with("reference: "), "{body}");
    assert!(!body.to_string().contains("secret"), "{body}");
    runtime.spawn(server.stop()).await.unwrap();
    runtime.shutdown_background();
}

async fn panics() -> &'static str {
    panic!("with a secret")
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_do_not_share_a_folder() {
    use course_seats::config::{Config, RawSettings};
    let server = TestServer::start().await;
    let folder = server.folder();
    let raw = RawSettings::default().with("DATA_DIR", folder).with("BIND_ADDR", "127.0.0.1:0");
    let second = course_seats::Server::start(Config::parse(&raw).unwrap()).await;
    let why = second.err().map(|error| error.to_string()).unwrap_or_default();
    assert!(why.contains("in use by another process"), "{why}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_finds_everything_again() {
    let server = TestServer::start().await;
    let course = server.course("Restart", 2).await;
    let folder = server.stop().await;
    let path = folder.path().to_string_lossy().into_owned();
    let server = TestServer::start_with(&[("DATA_DIR", &path)]).await;
    let seats = format!("/seats/courses/{}", course.id);
    let list = server.call(As::User("obi-virtual-lab"), "GET", &seats, None).await;
    assert_eq!(list.json()["pagination"]["total_items"], 2, "{}", list.text);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_start_makes_an_example_once() {
    let server = TestServer::start_with(&[("SEED_EXAMPLE", "true")]).await;
    assert_eq!(server.running().example, Example::Made);
    let courses = "/courses?vlab_name=Example";
    let found = server.call(As::User("service-admin"), "GET", courses, None).await.json();
    assert_eq!(found["data"][0]["status"], "active", "{found}");
    let seats = format!("/seats/courses/{}", found["data"][0]["id"].as_str().unwrap());
    let seats = server.call(As::User("faculty"), "GET", &seats, None).await;
    assert_eq!(seats.json()["pagination"]["total_items"], 5, "{}", seats.text);
    let folder = server.stop().await;
    let path = folder.path().to_string_lossy().into_owned();
    let server = TestServer::start_with(&[("SEED_EXAMPLE", "true"), ("DATA_DIR", &path)]).await;
    assert_eq!(server.running().example, Example::LeftAlone);
    server.stop().await;
}
