//! What is sent about groups and users, and what is read.

use crate::world::{ADMIN, USER, World, group, name, settings};
use course_seats_application::ports::{IdentityProvider, PortError};
use course_seats_domain::group::{GroupId, GroupName};
use course_seats_domain::ids::UserId;
use course_seats_keycloak::{Keycloak, KeycloakSetupError};
use course_seats_testkit::clock::TestClock;
use course_seats_testkit::runtime::long_lease;
use serde_json::{Value, json};
use std::sync::Arc;
use uuid::Uuid;
use wiremock::matchers::{body_json, header, method, path, query_param};
use wiremock::{Mock, ResponseTemplate};

#[tokio::test]
async fn a_group_is_made_by_its_name_alone_and_told_by_location() {
    let world = World::new().await;
    let location = format!("https://other.example{ADMIN}/groups/{}", group());
    Mock::given(method("POST"))
        .and(path(format!("{ADMIN}/groups")))
        .and(header("Authorization", "Bearer service"))
        .and(body_json(json!({"name": name()})))
        .respond_with(ResponseTemplate::new(201).insert_header("Location", location))
        .mount(&world.server)
        .await;
    assert_eq!(world.keycloak.create_group(&name(), &long_lease()).await, Ok(group()));
}

#[tokio::test]
async fn a_group_is_found_by_exactly_its_name_at_the_top() {
    let world = World::new().await;
    let found = json!([
        {"id": "parent", "name": "vlab", "subGroups": [{"id": "below", "name": name()}]},
        {"id": "upper", "name": name().as_str().to_uppercase()},
        {"id": group(), "name": name(), "path": "/vlab~/x~/admin"},
    ]);
    Mock::given(method("GET"))
        .and(path(format!("{ADMIN}/groups")))
        .and(query_param("search", name().as_str()))
        .and(query_param("exact", "true"))
        .respond_with(ResponseTemplate::new(200).set_body_json(found))
        .mount(&world.server)
        .await;
    assert_eq!(world.keycloak.find_group(&name()).await, Ok(Some(group())));

    let empty = World::new().await;
    empty.admin(ResponseTemplate::new(200).set_body_json(json!([]))).await;
    assert_eq!(empty.keycloak.find_group(&name()).await, Ok(None));
}

#[tokio::test]
async fn any_name_is_one_parameter() {
    let world = World::new().await;
    world.admin(ResponseTemplate::new(200).set_body_json(json!([]))).await;
    let odd = GroupName::from_provider("a&exact=false#x y/é%2F");
    assert_eq!(world.keycloak.find_group(&odd).await, Ok(None));
    let requests = world.server.received_requests().await.unwrap();
    let asked = &requests.last().unwrap().url;
    let pairs: Vec<_> = asked.query_pairs().collect();
    assert_eq!(pairs[0], ("search".into(), odd.as_str().into()));
    assert_eq!(pairs[1], ("exact".into(), "true".into()));
}

#[tokio::test]
async fn members_come_in_pages_until_one_is_not_full() {
    let world = World::new().await;
    let id = |number: usize| UserId::new(Uuid::from_u128(number as u128));
    for (first, count) in [(0, 100), (100, 100), (200, 50)] {
        // Somebody joined in between: the last of a page is also the first of the next one.
        let page = (first..first + count).map(|number| json!({"id": id(number.max(1) - 1)}));
        Mock::given(path(format!("{ADMIN}/groups/{}/members", group())))
            .and(query_param("first", first.to_string()))
            .and(query_param("max", "100"))
            .respond_with(ResponseTemplate::new(200).set_body_json(page.collect::<Value>()))
            .expect(1)
            .mount(&world.server)
            .await;
    }
    let members = world.keycloak.members(&group()).await.unwrap();
    assert_eq!(members, (0..249).map(id).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_page_that_fails_fails_the_whole() {
    let world = World::new().await;
    let page: Value = (0..100).map(|_| json!({"id": Uuid::nil()})).collect();
    world.admin(ResponseTemplate::new(500)).await;
    Mock::given(path(format!("{ADMIN}/groups/{}/members", group())))
        .and(query_param("first", "0"))
        .respond_with(ResponseTemplate::new(200).set_body_json(page))
        .with_priority(1)
        .mount(&world.server)
        .await;
    let members = world.keycloak.members(&group()).await;
    assert!(matches!(members, Err(PortError::Unavailable(_))), "{members:?}");
}

#[tokio::test]
async fn a_member_whose_id_is_no_uuid_is_passed_over() {
    let world = World::new().await;
    let page = json!([{"id": "f:ldap:ada"}, {"id": USER}]);
    world.admin(ResponseTemplate::new(200).set_body_json(page)).await;
    assert_eq!(world.keycloak.members(&group()).await, Ok(vec![USER]));
}

#[tokio::test]
async fn an_id_that_no_group_can_have_is_not_asked_for() {
    let world = World::new().await;
    world.admin(ResponseTemplate::new(204)).await;
    let lease = long_lease();
    for id in ["", ".", "..", "a/b", "a?b", "a b", "é"] {
        let id = GroupId(id.into());
        assert_eq!(world.keycloak.delete_group(&id, &lease).await, Err(PortError::NotFound));
        assert_eq!(world.keycloak.members(&id).await, Err(PortError::NotFound));
        assert_eq!(world.keycloak.join(USER, &id, &lease).await, Err(PortError::NotFound));
        assert_eq!(world.keycloak.leave(USER, &id, &lease).await, Err(PortError::NotFound));
    }
    assert_eq!(world.admin_calls().await, 0);
}

#[tokio::test]
async fn joining_and_leaving_are_a_put_and_a_delete() {
    let world = World::new().await;
    let page = format!("{ADMIN}/users/{USER}/groups/{}", group());
    for verb in ["PUT", "DELETE"] {
        Mock::given(method(verb))
            .and(path(page.as_str()))
            .respond_with(ResponseTemplate::new(204))
            .expect(1)
            .mount(&world.server)
            .await;
    }
    assert_eq!(world.keycloak.join(USER, &group(), &long_lease()).await, Ok(()));
    assert_eq!(world.keycloak.leave(USER, &group(), &long_lease()).await, Ok(()));
}

#[tokio::test]
async fn a_user_may_have_next_to_nothing() {
    let world = World::new().await;
    let user = json!({"id": USER, "username": "ada"});
    world
        .answer(
            "GET",
            &format!("{ADMIN}/users/{USER}"),
            ResponseTemplate::new(200).set_body_json(user),
        )
        .await;
    let profile = world.keycloak.user(USER).await.unwrap().unwrap();
    assert_eq!((profile.full_name().as_str(), profile.email), ("ada", None));
}

#[tokio::test]
async fn the_address_may_end_with_a_slash_and_have_a_path() {
    let world = World::without_token().await;
    for base in ["/auth", "/auth/"] {
        let uri = format!("{}{base}", world.server.uri());
        let keycloak = Keycloak::new(&settings(&uri), Arc::new(TestClock::default())).unwrap();
        assert!(keycloak.ready().await.is_err());
    }
    let page = "/auth/realms/obp-realm/.well-known/openid-configuration";
    assert_eq!(world.asked(page).await, 2);
}

#[tokio::test]
async fn an_address_that_cannot_be_called_is_refused() {
    for uri in ["ftp://keycloak", "mailto:ada@example.org", "http://keycloak/?a=b", "http://k/#a"] {
        let keycloak = Keycloak::new(&settings(uri), Arc::new(TestClock::default()));
        assert!(matches!(keycloak.err(), Some(KeycloakSetupError::Address)), "{uri}");
    }
}

#[tokio::test]
async fn it_is_ready_when_the_realm_answers() {
    let world = World::publishing(json!([])).await;
    assert_eq!(world.keycloak.ready().await, Ok(()));
    drop(world.server);
    assert!(matches!(world.keycloak.ready().await, Err(PortError::Unavailable(_))));
}

/// In pages, only what is at the top and begins with the prefix, in exactly that case.
#[tokio::test]
async fn groups_are_listed_by_prefix_in_pages() {
    let world = World::new().await;
    let named = |n: usize| json!({"id": format!("g{n}"), "name": format!("proj/{n}/admin")});
    let first: Vec<Value> = (0..500).map(named).collect();
    let second = json!([
        named(500),
        {"id": "upper", "name": "PROJ/1/admin"},
        {"id": "inside", "name": "my/proj/1/admin"},
        {"id": "below", "name": "proj/1/below", "parentId": "g1"},
        named(499),
    ]);
    for (at, page) in [("0", json!(first)), ("500", second)] {
        Mock::given(method("GET"))
            .and(path(format!("{ADMIN}/groups")))
            .and(query_param("search", "proj/"))
            .and(query_param("first", at))
            .and(query_param("max", "500"))
            .respond_with(ResponseTemplate::new(200).set_body_json(page))
            .mount(&world.server)
            .await;
    }
    let groups = world.keycloak.groups("proj/").await.unwrap();
    assert_eq!(groups.len(), 501);
    let last = (GroupId("g500".into()), GroupName::from_provider("proj/500/admin"));
    assert!(groups.contains(&last));
}
