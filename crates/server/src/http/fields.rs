//! Reads a request field by field and collects *all* that is wrong with it.

use super::error::Failure;
use super::parse::Parsed;
use serde_json::{Map, Value};

/// What is wrong, by field. The first fault of a field stays.
#[derive(Debug, Default)]
struct Faults(Map<String, Value>);

impl Faults {
    fn add(&mut self, field: &str, fault: impl Into<String>) {
        self.0.entry(field).or_insert_with(|| Value::String(fault.into()));
    }
}

/// A field of a PATCH: absent stays, `null` clears, a value sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Patch<T> {
    /// It was not there.
    Absent,
    /// It was `null`.
    Null,
    /// It was a value.
    Value(T),
}

/// The fields of a JSON object, or of a query. Every reader gives `None` for a field that is
/// faulty; [`Fields::finish`] then answers with all the faults.
#[derive(Debug)]
pub struct Fields<'a> {
    object: &'a Map<String, Value>,
    faults: Faults,
}

impl<'a> Fields<'a> {
    /// The fields of a body.
    ///
    /// # Errors
    /// 422 if it is no JSON object.
    pub fn of(body: &'a Value) -> Result<Self, Failure> {
        let object = body.as_object().ok_or_else(|| {
            Failure::invalid_field(
                "body",
                "Input should be a valid dictionary or object to extract fields from",
            )
        })?;
        Ok(Self::of_map(object))
    }

    /// The fields of a map.
    #[must_use]
    pub fn of_map(object: &'a Map<String, Value>) -> Self {
        Self { object, faults: Faults::default() }
    }

    /// A field that must be there.
    pub fn required<T>(
        &mut self,
        field: &str,
        parse: impl FnOnce(&'a Value) -> Parsed<T>,
    ) -> Option<T> {
        match self.object.get(field) {
            None => self.fault(field, "Field required"),
            Some(value) => self.parsed(field, parse(value)),
        }
    }

    /// A field that may be absent or `null`.
    pub fn optional<T>(
        &mut self,
        field: &str,
        parse: impl FnOnce(&'a Value) -> Parsed<T>,
    ) -> Option<Option<T>> {
        match self.object.get(field) {
            None | Some(Value::Null) => Some(None),
            Some(value) => self.parsed(field, parse(value)).map(Some),
        }
    }

    /// A field that may be absent, but not `null`.
    pub fn or_default<T>(
        &mut self,
        field: &str,
        default: T,
        parse: impl FnOnce(&'a Value) -> Parsed<T>,
    ) -> Option<T> {
        match self.object.get(field) {
            None => Some(default),
            Some(value) => self.parsed(field, parse(value)),
        }
    }

    /// A field of a PATCH.
    pub fn patch<T>(
        &mut self,
        field: &str,
        parse: impl FnOnce(&'a Value) -> Parsed<T>,
    ) -> Option<Patch<T>> {
        match self.object.get(field) {
            None => Some(Patch::Absent),
            Some(Value::Null) => Some(Patch::Null),
            Some(value) => self.parsed(field, parse(value)).map(Patch::Value),
        }
    }

    /// A field of a PATCH that cannot be cleared: `None` stays.
    pub fn change<T>(
        &mut self,
        field: &str,
        parse: impl FnOnce(&'a Value) -> Parsed<T>,
    ) -> Option<Option<T>> {
        match self.object.get(field) {
            None => Some(None),
            Some(value) => self.parsed(field, parse(value)).map(Some),
        }
    }

    /// A list of 1 to `most` items. A faulty item is told under the list's own name (the first)
    /// and under `list.3` or `list.3.field` (each).
    pub fn list<T>(
        &mut self,
        field: &str,
        most: usize,
        mut parse: impl FnMut(&mut Item<'a, '_>) -> Option<T>,
    ) -> Option<Vec<T>> {
        let items = self.required(field, |value| {
            let items = value.as_array().ok_or("Input should be a valid list")?;
            match items.len() {
                0 => Err("List should have at least 1 item after validation, not 0".to_owned()),
                n if n > most => {
                    Err(format!("List should have at most {most} items after validation, not {n}"))
                }
                _ => Ok(items),
            }
        })?;
        let parsed = items.iter().enumerate().map(|(at, value)| {
            let mut item = Item { list: field, at, value, faults: &mut self.faults };
            parse(&mut item)
        });
        // All of them are read, so that all faults are told.
        let parsed: Vec<Option<T>> = parsed.collect();
        parsed.into_iter().collect()
    }

    /// The whole object at once, told as `body` if it is faulty.
    pub fn whole<T>(&mut self, parse: impl FnOnce(Value) -> Parsed<T>) -> Option<T> {
        self.parsed("body", parse(Value::Object(self.object.clone())))
    }

    /// Tells what is wrong with a field.
    pub fn fault<T>(&mut self, field: &str, fault: impl Into<String>) -> Option<T> {
        self.faults.add(field, fault);
        None
    }

    /// All that was read, if nothing of it is faulty.
    ///
    /// # Errors
    /// 422 with all the faults.
    pub fn finish<R: Read>(self, read: R) -> Result<R::All, Failure> {
        match read.all() {
            Some(all) if self.faults.0.is_empty() => Ok(all),
            _ => Err(Failure::invalid(self.faults.0)),
        }
    }

    fn parsed<T>(&mut self, field: &str, parsed: Parsed<T>) -> Option<T> {
        parsed.map_err(|fault| self.faults.add(field, fault)).ok()
    }
}

/// One item of a list.
#[derive(Debug)]
pub struct Item<'a, 'f> {
    list: &'f str,
    at: usize,
    value: &'a Value,
    faults: &'f mut Faults,
}

impl<'a> Item<'a, '_> {
    /// The item itself.
    pub fn whole<T>(&mut self, parse: impl FnOnce(&'a Value) -> Parsed<T>) -> Option<T> {
        let path = format!("{}.{}", self.list, self.at);
        self.parsed(&path, parse(self.value))
    }

    /// A field that must be in it.
    pub fn required<T>(
        &mut self,
        field: &str,
        parse: impl FnOnce(&'a Value) -> Parsed<T>,
    ) -> Option<T> {
        let Some(object) = self.value.as_object() else {
            return self.whole(|_| {
                Err("Input should be a valid dictionary or object to extract fields from".into())
            });
        };
        let parsed = object.get(field).map_or_else(|| Err("Field required".into()), parse);
        let path = format!("{}.{}.{field}", self.list, self.at);
        self.parsed(&path, parsed)
    }

    fn parsed<T>(&mut self, path: &str, parsed: Parsed<T>) -> Option<T> {
        parsed
            .map_err(|fault| {
                self.faults.add(self.list, fault.clone());
                self.faults.add(path, fault);
            })
            .ok()
    }
}

/// What was read of several fields: all of it, or nothing.
pub trait Read {
    /// All of it.
    type All;

    /// All of it, if nothing is missing.
    fn all(self) -> Option<Self::All>;
}

impl<T> Read for Option<T> {
    type All = T;

    fn all(self) -> Option<T> {
        self
    }
}

macro_rules! read_tuples {
    ($(($($name:ident),+);)+) => {$(
        impl<$($name),+> Read for ($(Option<$name>,)+) {
            type All = ($($name,)+);

            #[expect(non_snake_case, reason = "one name for the type and its value")]
            fn all(self) -> Option<Self::All> {
                let ($($name,)+) = self;
                Some(($($name?,)+))
            }
        }
    )+};
}

read_tuples! {
    (A, B);
    (A, B, C);
    (A, B, C, D);
    (A, B, C, D, E);
    (A, B, C, D, E, F);
    (A, B, C, D, E, F, G);
    (A, B, C, D, E, F, G, H);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::parse;
    use actix_web::ResponseError;
    use serde_json::json;

    fn details(failure: Failure) -> Value {
        let body = failure.error_response().into_body();
        let bytes = futures::executor::block_on(actix_web::body::to_bytes(body)).unwrap();
        serde_json::from_slice::<Value>(&bytes).unwrap()["details"].clone()
    }

    #[test]
    fn all_faulty_fields_are_told_at_once() {
        let body = json!({"name": 1, "count": "x"});
        let mut fields = Fields::of(&body).unwrap();
        let name = fields.required("name", |v| parse::text(v).map(str::to_owned));
        let count = fields.required("count", parse::integer);
        let missing = fields.required("missing", parse::integer);
        assert_eq!(
            details(fields.finish((name, count, missing)).unwrap_err()),
            json!({
                "name": "Input should be a valid string",
                "count": "Input should be a valid integer, unable to parse string as an integer",
                "missing": "Field required",
            })
        );
    }

    #[test]
    fn a_list_tells_its_first_fault_and_each_under_its_place() {
        let body = json!({"students": [{"id": 1}, {}, 3]});
        let mut fields = Fields::of(&body).unwrap();
        let read = fields.list("students", 10, |item| item.required("id", parse::integer));
        assert_eq!(
            details(fields.finish(read).unwrap_err()),
            json!({
                "students": "Field required",
                "students.1.id": "Field required",
                "students.2":
                    "Input should be a valid dictionary or object to extract fields from",
            })
        );
    }

    #[test]
    fn a_patch_tells_absent_from_null() {
        let body = json!({"a": null, "b": 1});
        let mut fields = Fields::of(&body).unwrap();
        assert_eq!(fields.patch("a", parse::integer), Some(Patch::Null));
        assert_eq!(fields.patch("b", parse::integer), Some(Patch::Value(1)));
        assert_eq!(fields.patch("c", parse::integer), Some(Patch::Absent));
    }
}
