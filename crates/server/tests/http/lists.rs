//! Pages, filters and states of lists.

use crate::support::{As, TestServer};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn pages_filters_and_states() {
    let server = TestServer::start().await;
    let course = server.course("Lists", 5).await;
    let seats = format!("/seats/courses/{}", course.id);
    let enrolments = format!("/courses/{}/enrolments", course.id);
    let students = json!({"students": [
        {"student_id": "Ada_1", "email": "ada@a.example"},
        {"student_id": "Bob%2", "email": "bob@b.example"},
    ]});
    let assigned =
        server.good("obi-virtual-lab", "POST", &format!("{seats}/assign"), students).await;
    assert_eq!(assigned["results"][1]["status"], "done", "{assigned}");
    let get = async |path: String| {
        let answer = server.call(As::User("obi-virtual-lab"), "GET", &path, None).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        answer.json()
    };
    let ids = |list: &Value| -> Vec<Value> {
        list.as_array().unwrap().iter().map(|item| item["id"].clone()).collect()
    };

    let all = get(seats.clone()).await;
    assert_eq!(
        all["pagination"],
        json!({"page": 1, "page_size": 5, "total_items": 5, "total_pages": 1})
    );
    let (first, second) = (
        get(format!("{seats}?page_size=3")).await,
        get(format!("{seats}?page_size=3&page=2")).await,
    );
    assert_eq!([ids(&first["data"]), ids(&second["data"])].concat(), ids(&all["data"]));
    assert_eq!(second["pagination"]["total_pages"], 2);
    let beyond = get(format!("{seats}?page=9")).await;
    assert_eq!((&beyond["data"], &beyond["pagination"]["total_items"]), (&json!([]), &json!(5)));

    let free = get(format!("{seats}?state=free")).await;
    assert_eq!(free["data"].as_array().unwrap().len(), 3);
    let found = get(format!("{seats}?q=ADA_")).await;
    assert_eq!(found["data"][0]["enrolment"]["student_id"], "Ada_1");
    assert_eq!(found["data"][0]["state"], "assigned");
    let plain = get(format!("{enrolments}?q=%25")).await;
    assert_eq!(plain["enrolments"].as_array().unwrap().len(), 1, "% is a plain character");
    assert!(plain.get("pagination").is_none(), "no page was asked for");
    let page = get(format!("{enrolments}?page=1&page_size=1&state=assigned")).await;
    assert_eq!(page["pagination"]["total_items"], 2);
    assert_eq!(page["enrolments"][0]["state"], "assigned");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_faulty_parameters_are_told_at_once() {
    let server = TestServer::start().await;
    let course = server.course("Faulty", 1).await;
    let path = format!("/seats/courses/{}?page=0&page_size=1001&state=lost", course.id);
    let answer = server.call(As::User("obi-virtual-lab"), "GET", &path, None).await;
    assert_eq!(answer.status, 422);
    let details = answer.json()["details"].clone();
    assert_eq!(details["page"], "Input should be greater than or equal to 1");
    assert_eq!(details["page_size"], "Input should be less than or equal to 1000");
    assert_eq!(
        details["state"],
        "Input should be 'free', 'reserved', 'assigned', 'dropping' or 'consumed'"
    );
    let path = "/seats/batches?course_id=x&created_after=soon";
    let answer = server.call(As::User("service-admin"), "GET", path, None).await;
    let details = answer.json()["details"].clone();
    assert!(details["course_id"].is_string() && details["created_after"].is_string(), "{details}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sagas_with_their_notebooks() {
    let server = TestServer::start().await;
    server.course("Sagas", 1).await;
    let sagas = |query: &str| {
        let path = format!("/operator/sagas{query}");
        let server = &server;
        async move { server.call(As::User("service-admin"), "GET", &path, None).await }
    };
    let list = sagas("?kind=create_lab&status=completed").await.json();
    assert_eq!(list["pagination"]["total_items"], 1, "{list}");
    let saga = list["data"][0].clone();
    for field in [
        "id",
        "kind",
        "status",
        "needs_attention",
        "subject",
        "attempts",
        "created_at",
        "updated_at",
        "lease_until",
        "error",
    ] {
        assert!(saga.get(field).is_some(), "{field}");
    }
    let one = sagas(&format!("/{}", saga["id"].as_str().unwrap())).await.json();
    assert_eq!(one["steps"][0]["state"], "done", "{one}");
    for field in ["name", "state", "undo", "output", "attempts", "error"] {
        assert!(one["steps"][0].get(field).is_some(), "{field}");
    }
    assert!(one.get("reason").is_some());
    assert_eq!(sagas("?status=lost").await.status, 422);
    let none = uuid::Uuid::from_u128(7);
    assert_eq!(sagas(&format!("/{none}")).await.status, 404);
    server.stop().await;
}
