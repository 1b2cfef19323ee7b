//! What is said over the wire, compared word by word as far as a client could look at it.

use super::{Realm, good, new_id};
use course_seats_application::ports::IdentityProvider;
use course_seats_domain::group::{GroupName, GroupRole};
use course_seats_domain::ids::LabId;
use course_seats_testkit::runtime::long_lease;
use reqwest::header::{CACHE_CONTROL, LOCATION, WWW_AUTHENTICATE};
use reqwest::{Method, RequestBuilder};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

const STUDENT: &str = "5a4db0c5-0000-4000-8000-000000000001";

/// What was said otherwise than expected, all of it at once.
#[derive(Default)]
struct Differences(Vec<String>);

impl Differences {
    /// The answer has this status and, if it is a refusal, this in its body.
    async fn compare(
        &mut self,
        request: RequestBuilder,
        status: u16,
        body: impl Into<Option<(&str, &str)>>,
    ) {
        let answer = request.send().await.unwrap();
        let asked = answer.url().path().to_owned();
        let seen = answer.status().as_u16();
        let text = answer.text().await.unwrap();
        let said: Value = serde_json::from_str(&text).unwrap_or_default();
        let as_expected = match body.into() {
            Some((name, words)) => said[name] == words,
            None => text.is_empty(),
        };
        if seen != status || !as_expected {
            self.0.push(format!("{asked}: {seen} {text}"));
        }
    }

    fn none(self) {
        assert!(self.0.is_empty(), "{:#?}", self.0);
    }
}

pub async fn refusals_have_the_same_words(realm: Realm) {
    let mut differences = Differences::default();
    let token = realm.keycloak.service_token().token().await.unwrap();
    let token = token.expose_secret();
    let asked = |method, page: &str| realm.admin(method, page).bearer_auth(token);
    let posted = |body: Value| asked(Method::POST, "groups").json(&body);
    let name = GroupName::of_lab(LabId::new(new_id()), GroupRole::Member);
    let group = realm.keycloak.create_group(&name, &long_lease()).await.unwrap().0;
    let nobody = new_id();

    let taken = format!("Top level group named '{}' already exists.", name.as_str());
    let (no_name, no_child) = ("Group name is missing", "Could not find child by id");
    let no_group = ("error", "Could not find group by id");
    for (request, status, body) in [
        (posted(json!({"name": ""})), 400, ("errorMessage", no_name)),
        (posted(json!({})), 400, ("errorMessage", no_name)),
        (posted(json!({"name": name})), 409, ("errorMessage", taken.as_str())),
        (posted(json!({"name": "x", "id": nobody})), 404, ("error", no_child)),
        (posted(json!({"name": "x".repeat(256)})), 500, ("error", "unknown_error")),
        (asked(Method::GET, &format!("groups/{nobody}")), 404, no_group),
        (asked(Method::DELETE, &format!("groups/{nobody}")), 404, no_group),
        (asked(Method::GET, &format!("groups/{nobody}/members")), 404, no_group),
    ] {
        differences.compare(request, status, body).await;
    }

    let (no_group, no_user) = (("error", "Group not found"), ("error", "User not found"));
    for method in [Method::PUT, Method::DELETE] {
        for (user, group, status, body) in [
            (STUDENT, group.as_str(), 204, None),
            (STUDENT, group.as_str(), 204, None),
            (STUDENT, "x", 404, Some(no_group)),
            ("x", group.as_str(), 404, Some(no_user)),
            ("x", "y", 404, Some(no_user)),
        ] {
            let request = asked(method.clone(), &format!("users/{user}/groups/{group}"));
            differences.compare(request, status, body).await;
        }
    }
    differences.compare(asked(Method::GET, "users/x"), 404, no_user).await;
    let gone = asked(Method::DELETE, &format!("groups/{group}"));
    differences.compare(gone, 204, None).await;

    let page = || realm.admin(Method::GET, "groups");
    let own = realm.sign_in("student-7").await.access;
    let unauthorized = ("error", "HTTP 401 Unauthorized");
    differences.compare(page(), 401, unauthorized).await;
    differences.compare(page().bearer_auth("x"), 401, unauthorized).await;
    differences.compare(page().bearer_auth(own), 403, ("error", "HTTP 403 Forbidden")).await;
    let elsewhere = realm.page("realms/elsewhere");
    differences.compare(elsewhere, 404, ("error", "Realm does not exist")).await;

    let grant = |form: &[(&str, &str)]| realm.openid("token").form(form);
    let portal = ("client_id", "obpapp");
    let person = [portal, ("grant_type", "password"), ("username", "student-7")];
    let wrong = [person.as_slice(), &[("password", "wrong")]].concat();
    let service = [("client_id", "course-seats"), ("grant_type", "client_credentials")];
    let wrong_secret = [service.as_slice(), &[("client_secret", "wrong")]].concat();
    for (form, status, error) in [
        (wrong.as_slice(), 401, "invalid_grant"),
        (&person, 401, "invalid_grant"),
        (&[("client_id", "nobody"), ("grant_type", "password")], 401, "invalid_client"),
        (&wrong_secret, 401, "unauthorized_client"),
        (&service, 401, "unauthorized_client"),
        (&[portal, ("grant_type", "client_credentials")], 401, "unauthorized_client"),
        (&[portal, ("grant_type", "nonsense")], 400, "unsupported_grant_type"),
        (&[portal], 400, "invalid_request"),
    ] {
        differences.compare(grant(form), status, ("error", error)).await;
    }
    let logout = realm.openid("logout").form(&[portal, ("refresh_token", "x")]);
    differences.compare(logout, 400, ("error", "invalid_grant")).await;
    differences.none();
}

pub async fn what_is_published_has_the_same_shape(realm: Realm) {
    let page = |page: &str| realm.page(&format!("realms/obp-realm{page}"));
    let published = async |at: &str| good(page(at).send().await.unwrap()).await;
    assert_eq!(published("").await.json::<Value>().await.unwrap()["realm"], "obp-realm");
    let discovery = published("/.well-known/openid-configuration").await;
    let discovery: Value = discovery.json().await.unwrap();
    assert_eq!(discovery["issuer"], realm.keycloak.issuer().await.unwrap());
    let certs = published("/protocol/openid-connect/certs").await;
    assert_eq!(certs.headers()[CACHE_CONTROL], "no-cache");
    let certs: Value = certs.json().await.unwrap();
    let uses: Vec<_> = certs["keys"].as_array().unwrap().iter().map(|key| &key["use"]).collect();
    assert!(uses.contains(&&json!("sig")) && uses.contains(&&json!("enc")), "{uses:?}");

    let userinfo = || page("/protocol/openid-connect/userinfo");
    let session = realm.sign_in("student-8").await;
    let info = good(userinfo().bearer_auth(&session.access).send().await.unwrap()).await;
    // Who is in no group has no claim of that name.
    let expected = json!({
        "sub": "5a4db0c5-0000-4000-8000-000000000008",
        "preferred_username": "student-8",
        "name": "Student 8",
        "given_name": "Student",
        "family_name": "8",
        "email": "student-8@sandbox.example",
        "email_verified": true,
    });
    assert_eq!(info.json::<Value>().await.unwrap(), expected);
    let without = realm.sign_in_with_scope("student-8", "profile").await;
    for (token, status, error) in
        [("x", 401, "invalid_token"), (&without.access, 403, "insufficient_scope")]
    {
        let answer = userinfo().bearer_auth(token).send().await.unwrap();
        assert_eq!(answer.status(), status);
        let why = answer.headers()[WWW_AUTHENTICATE].to_str().unwrap();
        assert!(why.contains(&format!("error=\"{error}\"")), "{why}");
    }
    realm.log_out(&session).await;
    let answer = userinfo().bearer_auth(&session.access).send().await.unwrap();
    assert_eq!(answer.status(), 401);

    let token = realm.keycloak.service_token().token().await.unwrap();
    let asked = |method, page: &str| realm.admin(method, page).bearer_auth(token.expose_secret());
    let read = async |page: &str| {
        let answer = good(asked(Method::GET, page).send().await.unwrap()).await;
        answer.json::<Value>().await.unwrap()
    };
    let found = read("users?email=student-8@sandbox.example&exact=true").await;
    assert_eq!(found.as_array().unwrap().len(), 1);
    for (name, value) in [("username", json!("student-8")), ("emailVerified", json!(true))] {
        assert_eq!(found[0][name], value, "{name}");
    }
    assert_eq!(read("users?email=nobody@sandbox.example&exact=true").await, json!([]));
    let name = GroupName::of_lab(LabId::new(new_id()), GroupRole::Member);
    let made = asked(Method::POST, "groups").json(&json!({"name": name})).send().await.unwrap();
    assert_eq!(made.status(), 201);
    let location = made.headers()[LOCATION].to_str().unwrap().to_owned();
    let (rest, id) = location.rsplit_once('/').unwrap();
    assert!(rest.ends_with("/admin/realms/obp-realm/groups"), "{location}");
    assert_eq!(made.text().await.unwrap(), "");
    let group = read(&format!("groups/{id}")).await;
    assert_eq!((&group["id"], &group["name"]), (&json!(id), &json!(name)));
    let found = read(&format!("groups?search={}&exact=true", name.as_str())).await;
    assert_eq!((&found[0]["id"], &found[0]["name"]), (&json!(id), &json!(name)));
}
