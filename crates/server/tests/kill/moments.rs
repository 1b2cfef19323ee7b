//! The embedded service is killed in the middle of a step of each saga, before its effect and after it,
//! and started again on the same folder.
//!
//! The step is held by the latency of every call to the sandbox, which acts at its end: a fault on the
//! step's call tells that it has arrived. With that fault the sandbox acts, and loses the answer.

use crate::acts::{Act, Ground};
use crate::binary::Serving;
use crate::place::Place;
use crate::{AT_ONCE, IMPATIENT};
use course_seats::demo::client::fetch;
use course_seats::demo::{Client, Seen, Wrong, must, pause, until};
use futures::{StreamExt, stream};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

/// What is done, the system and its call, and how many such calls go before.
type Moment = (Act, &'static str, &'static str, u32);

const MOMENTS: &[Moment] = &[
    (Act::CreateLab, "identity", "create_group", 1),
    (Act::CreateProject, "accounting", "open_project", 0),
    (Act::AcceptInvite, "identity", "join", 0),
    (Act::CreateCourse, "accounting", "grant", 0),
    (Act::Assign, "accounting", "grant", 0),
    (Act::Activate, "identity", "join", 1),
    (Act::Drop, "accounting", "deplete_project", 0),
    (Act::Void, "accounting", "deplete_lab", 0),
    (Act::End, "accounting", "deplete_lab", 0),
    (Act::Delete, "identity", "delete_group", 0),
];

/// When the process dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Killed {
    BeforeTheEffect,
    AfterTheEffect,
}

/// How long a call takes: long enough to be seen under way, and less than its limit.
const LATENCY_MS: u64 = 400;

/// How long the act may take to get as far as the step.
const STEP_LIMIT: Duration = Duration::from_secs(20);

/// When the effect of a call that has arrived is there for certain.
const EFFECT_LIMIT: Duration = Duration::from_millis(LATENCY_MS * 5);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_in_the_middle_of_a_step() {
    let both = [Killed::BeforeTheEffect, Killed::AfterTheEffect];
    let all = both.into_iter().flat_map(|when| MOMENTS.iter().map(move |it| (when, *it)));
    let played = stream::iter(all).map(|(when, moment)| async move {
        let place = Place::new(IMPATIENT).unwrap();
        let played = play(&place, when, moment).await;
        played.err().map(|wrong| format!("{when:?} in {moment:?}: {wrong}\n{}", place.log()))
    });
    let told: Vec<String> =
        played.buffer_unordered(AT_ONCE).filter_map(|told| async { told }).collect().await;
    assert!(told.is_empty(), "{} moments failed:\n{}", told.len(), told.join("\n"));
}

async fn play(place: &Place, when: Killed, (act, system, operation, after): Moment) -> Seen<()> {
    let serving = place.serve(0).await?;
    let ground = Ground::prepare(&serving.client, act, 0, 1, &[]).await?;
    serving.stop().await?;

    let serving = place.serve(LATENCY_MS).await?;
    for user in ground.people() {
        serving.client.token(user).await?;
    }
    let fault = json!({
        "system": system, "operation": operation, "kind": "lose_answer", "after": after,
    });
    faults(&serving, Method::POST, Some(fault)).await?;
    if act == Act::End {
        // The daily job is due then, too: whichever is first.
        let now = serving.client.clock().await?;
        serving.client.pass(now + chrono::TimeDelta::days(91)).await?;
    }
    until_held(&serving, &ground, when).await?;
    // kill -9
    drop(serving);

    let serving = place.serve(0).await?;
    let sagas = ground.judged(&serving.client).await?;
    ground.once_more(&serving.client, &sagas).await?;
    serving.stop().await
}

/// Does it, until the process is to be killed.
async fn until_held(serving: &Serving, ground: &Ground, when: Killed) -> Seen<()> {
    let taken_out = async {
        // Looked at before it is asked whether the call is there: without the effect.
        let look = async || {
            Ok((outside(&serving.client).await?, faults(serving, Method::GET, None).await?))
        };
        let arrived =
            |(_, faults): &(String, Value)| must(*faults == json!([]), "the held call", faults);
        let (held, _) = until(STEP_LIMIT, look, arrived).await?;
        if when == Killed::AfterTheEffect {
            pause(Duration::from_millis(LATENCY_MS)).await;
            let acted = |seen: &String| must(*seen != held, "the effect", "none");
            // Who was slow to look may have seen it already: by then it is there anyway.
            let _ = until(EFFECT_LIMIT, || outside(&serving.client), acted).await;
        }
        Ok::<_, Wrong>(())
    };
    let mut taken_out = std::pin::pin!(taken_out);
    let answer = tokio::select! {
        biased;
        taken_out = &mut taken_out => taken_out.map(|()| None)?,
        answer = ground.act(&serving.client) => Some(answer),
    };
    if let Some(answer) = answer {
        // On a slow machine the answer may be faster than who looks for the effect.
        must(when == Killed::AfterTheEffect, "a call that is held", &answer)?;
        taken_out.await?;
    }
    Ok(())
}

/// The faults that wait.
async fn faults(serving: &Serving, method: Method, fault: Option<Value>) -> Seen<Value> {
    let client = &serving.client;
    let url = format!("{}/sandbox/faults", client.base());
    let body = fetch(client.http(), method, &url, fault).await?.ok()?;
    Ok(body["faults"].clone())
}

/// Everything that a call may change.
async fn outside(client: &Client) -> Seen<String> {
    let (groups, accounts) = (client.groups().await?, client.accounts().await?);
    let mails = client.mailbox().await?.mails.len();
    Ok(format!("{groups:?} {accounts:?} {mails}"))
}
