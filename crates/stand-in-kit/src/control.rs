//! The control endpoints that every stand-in has, under `/_control`: for tests, and for whoever
//! plays with it.

use crate::answer::Answer;
use crate::mood::Mood;
use crate::request::Request;
use crate::service::Service;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

/// The latency's name among the settings.
const LATENCY: &str = "latency_ms";

/// Answers a path below `/_control`.
pub(crate) fn answer<S: Service>(
    service: &S,
    mood: &Mood<S::Kind>,
    path: &str,
    request: &Request,
) -> Answer {
    if let Some(answer) = service.control(path, request) {
        return answer;
    }
    match common(service, mood, path, request) {
        Ok(Some(body)) => Answer::json(200, body),
        Ok(None) => service.refusal(404, "No such path"),
        Err(why) => service.refusal(400, &why),
    }
}

fn common<S: Service>(
    service: &S,
    mood: &Mood<S::Kind>,
    path: &str,
    request: &Request,
) -> Result<Option<Value>, String> {
    let method = request.method.as_str();
    match (method, path) {
        ("POST", "/faults") => mood.inject(request.json()?)?,
        ("DELETE", "/faults") => mood.clear(),
        ("POST", "/chaos") => mood.set_chaos(request.json()?)?,
        ("DELETE", "/chaos") => mood.end_chaos(),
        ("POST", "/settings") => set(service, mood, &request.json()?)?,
        ("GET", _) => {}
        _ => return Ok(None),
    }
    Ok(match path {
        "/calls" => {
            let counts = mood.counts();
            Some(json!({
                "calls": counts.calls,
                "gone_wrong": counts.gone_wrong,
                "connections": counts.connections,
            }))
        }
        "/faults" => Some(json!({ "faults": mood.faults() })),
        "/chaos" => Some(json!({ "chaos": mood.chaos() })),
        "/settings" => Some(settings(service, mood)),
        _ => None,
    })
}

fn set<S: Service>(
    service: &S,
    mood: &Mood<S::Kind>,
    wanted: &BTreeMap<String, u64>,
) -> Result<(), String> {
    let known = service.settings();
    let unknown = |name: &&String| *name != LATENCY && !known.iter().any(|(own, _)| own == name);
    if let Some(name) = wanted.keys().find(unknown) {
        return Err(format!("no setting is named {name}"));
    }
    for (name, millis) in wanted {
        let value = Duration::from_millis(*millis);
        match name.as_str() {
            LATENCY => mood.set_latency(value),
            name => service.set(name, value),
        }
    }
    Ok(())
}

fn settings<S: Service>(service: &S, mood: &Mood<S::Kind>) -> Value {
    let millis = |value: Duration| u64::try_from(value.as_millis()).unwrap_or(u64::MAX).into();
    let own = service.settings().into_iter().map(|(name, value)| (name.to_owned(), millis(value)));
    let latency = (LATENCY.to_owned(), millis(mood.latency()));
    Value::Object(own.chain([latency]).collect::<Map<_, _>>())
}
