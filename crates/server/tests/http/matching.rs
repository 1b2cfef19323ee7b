//! Compares an answer with what was recorded: nothing may be missing or different; more is fine.

use serde_json::Value;
use std::collections::BTreeMap;
use uuid::Uuid;

/// What the names in angle brackets stand for: `<course-1>` is bound where it is first seen.
#[derive(Debug, Clone, Default)]
pub struct Names(BTreeMap<String, String>);

impl Names {
    /// The text with all known names replaced.
    pub fn fill(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
    }

    /// The same for every text in a value.
    pub fn fill_value(&self, value: &Value) -> Value {
        serde_json::from_str(&self.fill(&value.to_string())).unwrap()
    }

    /// Compares, and binds the names that are new.
    pub fn compare(&mut self, expected: &Value, actual: &Value) -> Result<(), String> {
        match (expected, actual) {
            (Value::String(any), _) if any == "<any>" => Ok(()),
            (Value::Object(expected), Value::Object(actual)) => {
                expected.iter().try_for_each(|(field, expected)| {
                    let actual = actual.get(field).ok_or(format!("{field} is missing"))?;
                    self.compare(expected, actual).map_err(|why| format!("{field}: {why}"))
                })
            }
            (Value::Array(expected), Value::Array(actual)) => self.compare_items(expected, actual),
            (Value::String(expected), Value::String(actual)) => self.compare_text(expected, actual),
            _ if expected == actual => Ok(()),
            _ => Err(format!("{expected} was recorded, {actual} was answered")),
        }
    }

    /// Lists have the same items; the recording has no order that means anything.
    fn compare_items(&mut self, expected: &[Value], actual: &[Value]) -> Result<(), String> {
        if expected.len() != actual.len() {
            return Err(format!(
                "{} items were recorded, {} answered",
                expected.len(),
                actual.len()
            ));
        }
        let mut left: Vec<&Value> = actual.iter().collect();
        for (at, expected) in expected.iter().enumerate() {
            let mut why = Vec::new();
            let found = left.iter().position(|actual| {
                let mut tried = self.clone();
                match tried.compare(expected, actual) {
                    Ok(()) => {
                        *self = tried;
                        true
                    }
                    Err(error) => {
                        why.push(error);
                        false
                    }
                }
            });
            left.remove(found.ok_or(format!("no item is like number {at}: {why:?}"))?);
        }
        Ok(())
    }

    fn compare_text(&mut self, expected: &str, actual: &str) -> Result<(), String> {
        match expected {
            "<time>" if is_time(actual) => return Ok(()),
            "<any id>" if Uuid::parse_str(actual).is_ok() => return Ok(()),
            _ => {}
        }
        let is_name = expected.starts_with('<') && expected.ends_with('>');
        if is_name && !self.0.contains_key(expected) && Uuid::parse_str(actual).is_ok() {
            self.0.insert(expected.to_owned(), actual.to_owned());
            return Ok(());
        }
        match self.fill(expected) {
            expected if expected == actual => Ok(()),
            expected => Err(format!("`{expected}` was recorded, `{actual}` was answered")),
        }
    }
}

/// `2026-11-21T11:49:02Z`, or with six digits of a second.
fn is_time(text: &str) -> bool {
    chrono::DateTime::parse_from_rfc3339(text).is_ok()
        && text.ends_with('Z')
        && matches!(text.len(), 20 | 27)
}

#[test]
fn names_are_bound_once() {
    use serde_json::json;
    let mut names = Names::default();
    let (one, two) = (Uuid::from_u128(1).to_string(), Uuid::from_u128(2).to_string());
    names.compare(&json!({"id": "<x-1>"}), &json!({"id": one, "more": 1})).unwrap();
    names.compare(&json!(["<x-2>", "<x-1>"]), &json!([two, one])).unwrap();
    assert!(names.compare(&json!("<x-1>"), &json!(two)).is_err());
    assert!(names.compare(&json!(1.0), &json!(1)).is_err(), "200.0 stays 200.0");
    assert_eq!(names.fill("/courses/<x-1>"), format!("/courses/{one}"));
}
