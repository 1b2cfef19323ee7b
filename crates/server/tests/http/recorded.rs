//! The recorded exchanges with the service that this one replaces, replayed in order against one
//! server: the same status, no field missing, the same texts, but for the differences that are
//! meant, each with its reason.

use crate::matching::Names;
use crate::support::{As, TestServer};
use serde::Deserialize;
use serde_json::Value;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    name: String,
    /// Why it is not in the recording.
    #[expect(dead_code, reason = "for the reader of the file")]
    ours: Option<String>,
    #[serde(rename = "as")]
    who: Option<String>,
    method: String,
    path: String,
    request: Option<Value>,
    raw_request: Option<String>,
    status: u16,
    #[serde(default)]
    response: Value,
    differs: Option<Difference>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Difference {
    #[expect(dead_code, reason = "for the reader of the file")]
    because: String,
    status: u16,
    response: Value,
}

const STORY: &[(&str, &str)] = &[
    ("01-institutions", include_str!("../recorded/01-institutions.json")),
    ("02-labs", include_str!("../recorded/02-labs.json")),
    ("03-courses", include_str!("../recorded/03-courses.json")),
    ("04-seats", include_str!("../recorded/04-seats.json")),
    ("05-invites", include_str!("../recorded/05-invites.json")),
    ("06-assign", include_str!("../recorded/06-assign.json")),
    ("07-claim", include_str!("../recorded/07-claim.json")),
    ("08-drop", include_str!("../recorded/08-drop.json")),
    ("09-transfer", include_str!("../recorded/09-transfer.json")),
    ("10-closing", include_str!("../recorded/10-closing.json")),
    ("11-expiry", include_str!("../recorded/11-expiry.json")),
];

#[tokio::test(flavor = "multi_thread")]
async fn the_recorded_story() {
    // The daily job stays away: the story says itself when courses are expired.
    let server = TestServer::start_with(&[("EXPIRE_COURSES_SCHEDULE", "0 0 29 2 *")]).await;
    let mut names = Names::default();
    let mut wrong = Vec::new();
    for (file, text) in STORY {
        let steps: Vec<Step> = serde_json::from_str(text).unwrap();
        for step in steps {
            if let Err(why) = replay(&server, &step, &mut names).await {
                wrong.push(format!("{file}, {}: {why}", step.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{} steps differ:\n{}", wrong.len(), wrong.join("\n"));
    server.stop().await;
}

async fn replay(server: &TestServer, step: &Step, names: &mut Names) -> Result<(), String> {
    let over;
    let who = match step.who.as_deref() {
        None => As::Nobody,
        Some("a malformed token") => As::Token("malformed"),
        Some("a session that is over") => {
            over = ended_session(server).await;
            As::Token(&over)
        }
        Some(user) => As::User(user),
    };
    let mut path = names.fill(&step.path);
    if let Some((before, address)) = path.clone().split_once("<token of ") {
        let token = invite_token(server, address.trim_end_matches('>')).await?;
        path = format!("{before}{token}");
    }
    let body = match (&step.request, &step.raw_request) {
        (Some(body), _) => Some(names.fill_value(body).to_string()),
        (None, raw) => raw.clone(),
    };
    let body = body.map(String::into_bytes);
    let answer = server.raw(who, &step.method, &path, body, "application/json").await;
    if step.path == "/sandbox/clock" {
        server.forget_tokens();
    }
    let (status, response) = match &step.differs {
        Some(difference) => (difference.status, &difference.response),
        None => (step.status, &step.response),
    };
    if answer.status != status {
        return Err(format!("{status} was recorded, {} answered: {}", answer.status, answer.text));
    }
    if response.is_null() {
        return Ok(());
    }
    names.compare(response, &answer.json())
}

async fn ended_session(server: &TestServer) -> String {
    let token = server.new_token("student-9").await;
    let path = "/sandbox/realms/obp-realm/protocol/openid-connect/logout";
    let answer = server.call(As::Token(&token), "POST", path, None).await;
    assert_eq!(answer.status, 204, "{}", answer.text);
    token
}

/// The token in the newest mail to this address.
pub async fn invite_token(server: &TestServer, address: &str) -> Result<String, String> {
    let mails = server.call(As::Nobody, "GET", "/sandbox/mailbox.json", None).await.json();
    let mails = mails["mails"].as_array().ok_or("there is no mailbox")?;
    let mail = mails.iter().find(|mail| mail["to"] == address).ok_or("there is no mail")?;
    let links = mail["links"].as_array().ok_or("the mail has no links")?;
    let mut links = links.iter().filter_map(Value::as_str);
    let token = links.find_map(|link| Some(link.split_once("token=")?.1.to_owned()));
    token.ok_or_else(|| "the mail has no invite link".to_owned())
}
