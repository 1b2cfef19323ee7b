//! The pages that stand in for the portal: where the links in the mails lead, as a person uses
//! them in a browser.

use crate::support::{Answer, As, TestServer};
use serde_json::json;

const FORM: &str = "application/x-www-form-urlencoded";

async fn open(server: &TestServer, link: &str) -> Answer {
    let path = link.strip_prefix(&server.url).unwrap();
    server.call(As::Nobody, "GET", path, None).await
}

/// Sends the page's form, as a browser does.
async fn submit(server: &TestServer, page: &Answer, username: &str) -> Answer {
    let value = |before: &str| {
        let (_, behind) = page.text.split_once(before).unwrap_or_else(|| panic!("{}", page.text));
        behind.split_once('"').unwrap().0.to_owned()
    };
    let action = value("action=\"");
    let name = value("type=\"hidden\" name=\"");
    let hidden = value(&format!("name=\"{name}\" value=\""));
    let body = url::form_urlencoded::Serializer::new(String::new())
        .append_pair(&name, &hidden)
        .append_pair("username", username)
        .finish();
    let path = if action.starts_with("sandbox/") { action } else { format!("sandbox/{action}") };
    server.raw(As::Nobody, "POST", &format!("/{path}"), Some(body.into_bytes()), FORM).await
}

async fn newest_link(server: &TestServer) -> String {
    let mails = server.call(As::Nobody, "GET", "/sandbox/mailbox.json", None).await.json();
    mails["mails"][0]["links"][0].as_str().unwrap().to_owned()
}

async fn assigned(server: &TestServer) -> (String, String) {
    let course = server.course("Portal & <co>", 2).await;
    let path = format!("/seats/courses/{}/assign", course.id);
    let students =
        json!({"students": [{"student_id": "S<1>", "email": "student-1@sandbox.example"}]});
    server.good("obi-virtual-lab", "POST", &path, students).await;
    (course.id, newest_link(server).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_link_leads_into_the_course() {
    let server = TestServer::start_with(&[("BASE_PATH", "/api")]).await;
    let (course, link) = assigned(&server).await;
    let page = open(&server, &link).await;
    assert_eq!(
        (page.status, page.headers["content-type"].to_str().unwrap()),
        (200, "text/html; charset=utf-8")
    );
    assert!(page.text.contains("student S&lt;1&gt;"), "{}", page.text);
    assert!(page.text.contains("Portal &amp; &lt;co&gt;"), "{}", page.text);
    assert!(page.text.contains("<option value=\"student-1\" selected>"), "{}", page.text);
    assert!(!page.text.contains("<script"));
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("default-src 'none'"), "{policy}");
    let nobody = submit(&server, &page, "").await;
    assert_eq!(nobody.status, 422);
    assert!(nobody.text.contains("Choose a user of the sandbox."), "{}", nobody.text);
    let done = submit(&server, &page, "student-1").await;
    assert_eq!(done.status, 200, "{}", done.text);
    assert!(done.text.contains("student-1 has claimed the place."), "{}", done.text);
    assert!(done.text.contains("the project is open"), "{}", done.text);
    assert!(!done.text.contains("<form"), "nothing is left to do: {}", done.text);
    let enrolments = format!("/courses/{course}/enrolments?state=activated");
    let list = server.call(As::User("obi-virtual-lab"), "GET", &enrolments, None).await.json();
    assert_eq!(list["enrolments"].as_array().map(Vec::len), Some(1), "{list}");
    let other = submit(&server, &page, "student-2").await;
    assert_eq!(other.status, 409);
    assert!(other.text.contains("This enrolment has already been claimed."), "{}", other.text);
    let again = open(&server, &link).await;
    assert!(again.text.contains("student-1 has claimed it, and the project is open"));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_student_who_comes_before_the_course_begins_signs_in_again_later() {
    let server = TestServer::start().await;
    let (_, link) = assigned(&server).await;
    let turn = async |days: i64| {
        let body = json!({"advance_days": days});
        server.call(As::Nobody, "POST", "/sandbox/clock", Some(&body)).await;
        server.forget_tokens();
    };
    turn(-2).await;
    let early = submit(&server, &open(&server, &link).await, "student-1").await;
    assert!(early.text.contains("Course has not started yet."), "{}", early.text);
    turn(2).await;
    let page = open(&server, &link).await;
    assert!(page.text.contains(">Sign in again</button>"), "{}", page.text);
    let done = submit(&server, &page, "student-1").await;
    assert!(done.text.contains("student-1 had claimed the place before."), "{}", done.text);
    assert!(done.text.contains("the project is open"), "{}", done.text);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invite_link_leads_into_the_lab() {
    let server = TestServer::start().await;
    let course = server.course("Invite", 1).await;
    let invite = json!({"email": "Faculty@sandbox.example", "role": "admin"});
    let path = format!("/virtual-labs/{}/invites", course.lab);
    server.good("obi-virtual-lab", "POST", &path, invite).await;
    let link = newest_link(&server).await;
    let page = open(&server, &link).await;
    assert_eq!(page.status, 200, "{}", page.text);
    assert!(page.text.contains("<option value=\"faculty\" selected>"), "{}", page.text);
    let wrong = submit(&server, &page, "student-1").await;
    assert_eq!(wrong.status, 403);
    assert!(wrong.text.contains("Invite was sent to another e-mail address."), "{}", wrong.text);
    let done = submit(&server, &wrong, "faculty").await;
    assert_eq!(done.status, 200, "{}", done.text);
    assert!(done.text.contains("faculty is now admin of the virtual lab"), "{}", done.text);
    let seats = format!("/seats/courses/{}", course.id);
    assert_eq!(server.call(As::User("faculty"), "GET", &seats, None).await.status, 200);
    let again = submit(&server, &page, "faculty").await;
    assert!(again.text.contains("had been accepted before"), "{}", again.text);
    assert!(open(&server, &link).await.text.contains("The invitation is accepted."));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn links_that_are_cut_off_say_so() {
    let server = TestServer::start().await;
    let none = uuid::Uuid::from_u128(7);
    for (path, status) in [
        ("/course-enrolment".to_owned(), 404),
        ("/course-enrolment?enrolment_id=x".to_owned(), 404),
        (format!("/course-enrolment?enrolment_id={none}"), 404),
        ("/invite".to_owned(), 400),
        ("/invite?token=x.y.z".to_owned(), 400),
    ] {
        let page = server.call(As::Nobody, "GET", &path, None).await;
        assert_eq!(page.status, status, "{path}");
        assert!(page.text.contains("<h1>Not done</h1>"), "{path}: {}", page.text);
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn links_lead_to_a_portal_that_is_set() {
    let server =
        TestServer::start_with(&[("INVITE_LINK_BASE", "https://portal.example/app")]).await;
    let (_, link) = assigned(&server).await;
    assert!(link.starts_with("https://portal.example/app/course-enrolment?"), "{link}");
    server.stop().await;
}
