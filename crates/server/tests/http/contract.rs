//! The OpenAPI document: what is routed is what is documented.

use crate::support::{As, TestServer};
use course_seats::http::Inside;
use serde_json::Value;

#[test]
fn the_document_as_it_is() {
    let document = serde_json::to_value(course_seats::http::document("", Inside::ALL)).unwrap();
    insta::assert_json_snapshot!(document, { ".info.version" => "[version]" });
}

#[test]
fn every_operation_has_a_name_a_tag_and_a_summary() {
    let document = serde_json::to_value(course_seats::http::document("/api", Inside::ALL)).unwrap();
    assert_eq!(document["servers"][0]["url"], "/api");
    let mut names = std::collections::BTreeSet::new();
    for (method, path, operation) in operations(&document) {
        let at = format!("{method} {path}");
        let name = operation["operationId"].as_str().unwrap_or_else(|| panic!("{at}"));
        assert!(names.insert(name.to_owned()), "{at}: {name} twice");
        assert_eq!(operation["tags"].as_array().map(Vec::len), Some(1), "{at}");
        assert!(operation["summary"].is_string(), "{at}");
        assert!(operation["responses"].as_object().is_some_and(|all| !all.is_empty()), "{at}");
    }
}

/// Whoever does not know what became of any of these can ask again.
#[test]
fn every_post_on_seats_and_courses_takes_a_key() {
    let document = serde_json::to_value(course_seats::http::document("", Inside::ALL)).unwrap();
    let mut posts = 0;
    for (method, path, operation) in operations(&document) {
        if method != "POST" || !(path.starts_with("/seats") || path.starts_with("/courses")) {
            continue;
        }
        let parameters = operation["parameters"].as_array().unwrap();
        let key = parameters.iter().find(|parameter| parameter["name"] == "Idempotency-Key");
        assert_eq!(key.map(|key| &key["in"]), Some(&"header".into()), "{path}");
        posts += 1;
    }
    assert_eq!(posts, 11);
}

/// `(METHOD, path, operation)` of a document.
pub fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let paths = document["paths"].as_object().unwrap();
    let each = paths.iter().flat_map(|(path, item)| {
        item.as_object().unwrap().iter().map(move |(method, operation)| {
            (method.to_uppercase(), path.clone(), operation.clone())
        })
    });
    each.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_document_and_swagger_ui_are_served_offline() {
    let server = TestServer::start().await;
    let document = server.call(As::Nobody, "GET", "/openapi.json", None).await;
    assert_eq!(document.status, 200);
    assert!(document.json()["components"]["securitySchemes"]["bearer"].is_object());
    for path in ["/", "/docs"] {
        let page = server.call(As::Nobody, "GET", path, None).await;
        assert_eq!(page.status, 200, "{path}, after a redirect");
    }
    let page = server.call(As::Nobody, "GET", "/docs/", None).await;
    assert!(page.text.contains("swagger-ui-bundle.js"), "{}", page.text);
    assert!(!page.text.contains("https://"), "nothing from elsewhere");
    let script = server.call(As::Nobody, "GET", "/docs/swagger-initializer.js", None).await;
    assert!(script.text.contains("../openapi.json"), "{}", script.text);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_documented_operation_is_routed() {
    let server = TestServer::start().await;
    let document = server.call(As::Nobody, "GET", "/openapi.json", None).await.json();
    for (method, path, _) in operations(&document) {
        let path = path.replace("_id}", "").replace('{', "x-");
        let answer = server.call(As::Nobody, &method, &path, None).await;
        assert_ne!(answer.status, 405, "{method} {path}");
        assert!(!answer.text.contains("\"NOT_FOUND\""), "{method} {path}");
    }
    server.stop().await;
}

/// What Swagger UI puts into the form: the example of the schema, or one from its fields.
fn example(document: &Value, schema: &Value) -> Option<Value> {
    let name = schema["$ref"].as_str()?.rsplit('/').next()?;
    let schema = &document["components"]["schemas"][name];
    if let Some(example) = schema.get("example") {
        return Some(example.clone());
    }
    let fields = schema["properties"].as_object()?.iter();
    let fields = fields.map(|(name, field)| {
        let value = field.get("example").or_else(|| field.get("default"));
        Some((name.clone(), value?.clone()))
    });
    Some(Value::Object(fields.collect::<Option<_>>()?))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_body_has_an_example_and_the_examples_are_valid() {
    let server = TestServer::start().await;
    let course = server.course("Examples", 2).await;
    let document = server.call(As::Nobody, "GET", "/openapi.json", None).await.json();
    for (method, path, operation) in operations(&document) {
        let at = format!("{method} {path}");
        let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
        if schema.is_null() {
            continue;
        }
        let body = example(&document, schema).unwrap_or_else(|| panic!("{at}: {schema}"));
        let path = path.replace("{course_id}", &course.id).replace("{virtual_lab_id}", &course.lab);
        // An id of the right form, of nothing: what it says of the body comes first.
        let path = path.replace("{institution_id}", &course.id).replace("{saga_id}", &course.id);
        for user in ["service-admin", "obi-virtual-lab"] {
            let answer = server.call(As::User(user), &method, &path, Some(&body)).await;
            assert_ne!(answer.status, 422, "{at} {body}: {}", answer.text);
        }
    }
    server.stop().await;
}
