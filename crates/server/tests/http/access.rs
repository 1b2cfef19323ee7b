//! Every endpoint without a token, with one that is none, and with one that is too weak. The
//! table is checked against the OpenAPI document: a new endpoint must be added to it.

use crate::contract::operations;
use crate::support::{As, TestServer};
use Need::{Anyone, CourseAdmin, LabAdmin, LabReader, ServiceAdmin, SignedIn};
use course_seats::http::Inside;
use serde_json::json;
use std::collections::BTreeSet;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Need {
    Anyone,
    SignedIn,
    ServiceAdmin,
    CourseAdmin,
    LabAdmin(&'static str),
    LabReader,
}

const NOT_AUTHORIZED: &str = "Not authorized to perform this action";
const NO_INVITE: &str =
    "[verity_member_invite] The supplied authentication is not authorized for this action";
const NO_READ: &str =
    "[verify_vlab_read] The supplied authentication is not authorized for this action";

const ENDPOINTS: &[(&str, &str, Need)] = &[
    ("POST", "/institutions", ServiceAdmin),
    ("GET", "/institutions/_search", ServiceAdmin),
    ("GET", "/institutions/{institution_id}", ServiceAdmin),
    ("PATCH", "/institutions/{institution_id}", ServiceAdmin),
    ("GET", "/courses", ServiceAdmin),
    ("POST", "/courses", ServiceAdmin),
    ("POST", "/courses/claim", SignedIn),
    ("POST", "/courses/activate-enrolments", SignedIn),
    ("GET", "/courses/{course_id}", ServiceAdmin),
    ("PATCH", "/courses/{course_id}", ServiceAdmin),
    ("DELETE", "/courses/{course_id}", ServiceAdmin),
    ("POST", "/courses/{course_id}/activate", ServiceAdmin),
    ("POST", "/courses/{course_id}/void", ServiceAdmin),
    ("POST", "/courses/{course_id}/claim", SignedIn),
    ("GET", "/courses/{course_id}/enrolments", CourseAdmin),
    ("POST", "/courses/{course_id}/enrolments/{enrolment_id}/resend", CourseAdmin),
    ("POST", "/seats/provision", ServiceAdmin),
    ("POST", "/seats/transfer", ServiceAdmin),
    ("GET", "/seats/batches", ServiceAdmin),
    ("GET", "/seats/batches/{batch_id}", ServiceAdmin),
    ("GET", "/seats/courses/{course_id}", CourseAdmin),
    ("POST", "/seats/courses/{course_id}/assign", CourseAdmin),
    ("POST", "/seats/courses/{course_id}/drop", CourseAdmin),
    ("GET", "/seats/courses/{course_id}/jobs/{job_id}", CourseAdmin),
    ("POST", "/virtual-labs", SignedIn),
    ("GET", "/virtual-labs/{virtual_lab_id}", LabReader),
    ("POST", "/virtual-labs/{virtual_lab_id}/projects", LabAdmin(NOT_AUTHORIZED)),
    ("POST", "/virtual-labs/{virtual_lab_id}/invites", LabAdmin(NO_INVITE)),
    ("GET", "/invites", SignedIn),
    ("POST", "/invites", SignedIn),
    ("POST", "/operator/expire-courses", ServiceAdmin),
    ("GET", "/operator/sagas", ServiceAdmin),
    ("GET", "/operator/sagas/{saga_id}", ServiceAdmin),
    ("POST", "/operator/sagas/{saga_id}/retry", ServiceAdmin),
    ("POST", "/operator/sagas/{saga_id}/settle", ServiceAdmin),
    ("GET", "/operator/outbox", ServiceAdmin),
    ("POST", "/operator/outbox/{mail_id}/retry", ServiceAdmin),
    ("GET", "/operator/drift", ServiceAdmin),
    ("POST", "/operator/drift", ServiceAdmin),
    // What the portal has in production, while a sandbox runs.
    ("GET", "/course-enrolment", Anyone),
    ("GET", "/invite", Anyone),
    ("GET", "/health", Anyone),
    ("GET", "/health/live", Anyone),
    ("GET", "/health/ready", Anyone),
    ("GET", "/metrics", Anyone),
];

#[tokio::test(flavor = "multi_thread")]
async fn the_table_has_every_endpoint() {
    let document = serde_json::to_value(course_seats::http::document("", Inside::ALL)).unwrap();
    let documented: BTreeSet<_> = operations(&document)
        .into_iter()
        .filter(|(_, path, _)| !path.starts_with("/sandbox/"))
        .map(|(method, path, _)| (method, path))
        .collect();
    let table: BTreeSet<_> =
        ENDPOINTS.iter().map(|(method, path, _)| ((*method).into(), (*path).into())).collect();
    assert_eq!(documented, table);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_token_with_a_malformed_one_and_with_one_that_is_over() {
    let server = TestServer::start().await;
    let over = server.new_token("service-admin").await;
    let logout = "/sandbox/realms/obp-realm/protocol/openid-connect/logout";
    server.call(As::Token(&over), "POST", logout, None).await;
    for (method, path, need) in ENDPOINTS.iter().filter(|(.., need)| *need != Anyone) {
        // Neither the id nor the body is looked at before the caller is known.
        let path = path.replace(['{', '}'], "");
        let at = format!("{method} {path}");
        let body = json!("nonsense");
        let none = server.call(As::Nobody, method, &path, Some(&body)).await;
        assert_eq!(none.status, 401, "{at}");
        assert_eq!(
            none.json(),
            json!({
                "error_code": "AUTHORIZATION_ERROR",
                "message": "No Authentication was provided",
                "details": "The supplied authentication is not authorized to access",
                "data": null,
            }),
            "{at}"
        );
        let bad = server.call(As::Token("not-a-token"), method, &path, Some(&body)).await;
        let (message, details) = match need {
            ServiceAdmin => ("Invalid authentication credentials", json!(null)),
            _ => ("Invalid authentication session", json!("Invalid JWS Object [Invalid format]")),
        };
        assert_eq!((bad.status, &bad.json()["message"]), (401, &json!(message)), "{at}");
        assert_eq!(bad.json()["details"], details, "{at}");
        let ended = server.call(As::Token(&over), method, &path, Some(&body)).await;
        assert_eq!(ended.status, 401, "{at}");
        assert_eq!(ended.json()["details"], "Session not active", "{at}");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_token_that_is_too_weak() {
    let server = TestServer::start().await;
    let course = server.course("Weak", 1).await;
    let other = uuid::Uuid::from_u128(7).to_string();
    for (method, path, need) in ENDPOINTS {
        let at = format!("{method} {path}");
        let filled = path
            .replace("{course_id}", &course.id)
            .replace("{virtual_lab_id}", &course.lab)
            .replace("{institution_id}", &other)
            .replace("{batch_id}", &other)
            .replace("{job_id}", &other)
            .replace("{saga_id}", &other)
            .replace("{mail_id}", &other)
            .replace("{enrolment_id}", &other);
        // A lab's admin is no service admin, and a service admin is no lab's.
        let users: &[&str] = match need {
            ServiceAdmin => &["obi-virtual-lab", "student-1"],
            CourseAdmin | LabAdmin(_) | LabReader => &["service-admin", "student-1"],
            Anyone | SignedIn => continue,
        };
        let message = match need {
            ServiceAdmin => "Access denied",
            LabAdmin(message) => message,
            LabReader => NO_READ,
            _ => NOT_AUTHORIZED,
        };
        for user in users {
            let answer =
                server.call(As::User(user), method, &filled, Some(&json!("nonsense"))).await;
            assert_eq!(answer.status, 403, "{at} as {user}: {}", answer.text);
            assert_eq!(answer.json()["message"], message, "{at} as {user}");
        }
        // An id that is none: 422 for any signed-in caller, but 403 first for service admins'.
        if path.contains('{') {
            let no_id = path.replace('}', "");
            let answer = server.call(As::User("student-1"), method, &no_id, None);
            let wanted = if *need == ServiceAdmin { 403 } else { 422 };
            assert_eq!(answer.await.status, wanted, "{at}");
        }
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_course_or_lab_that_is_not_there() {
    let server = TestServer::start().await;
    let none = uuid::Uuid::from_u128(7);
    let seats = server
        .call(As::User("obi-virtual-lab"), "GET", &format!("/seats/courses/{none}"), None)
        .await;
    assert_eq!((seats.status, seats.json()["message"].as_str()), (403, Some(NOT_AUTHORIZED)));
    let lab = server
        .call(As::User("obi-virtual-lab"), "GET", &format!("/virtual-labs/{none}"), None)
        .await;
    assert_eq!((lab.status, lab.json()["error_code"].as_str()), (404, Some("DATABASE_ERROR")));
    server.stop().await;
}
