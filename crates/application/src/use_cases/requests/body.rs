use serde_json::{Number, Value};
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// The biggest whole number up to which floating point has every whole number.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// A hash of a JSON *value*: the same for other blanks, another order of fields, and `2.0` for `2`.
#[must_use]
pub fn body_hash(value: &Value) -> String {
    let mut hash = Sha256::new();
    feed(&mut hash, value);
    hash.finalize().iter().fold(String::new(), |mut text, byte| {
        // Writing to a text cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Every value begins with a sign of its kind and tells how long it is, so that no two values
/// feed the same bytes.
fn feed(hash: &mut Sha256, value: &Value) {
    match value {
        Value::Null => hash.update(b"n"),
        Value::Bool(true) => hash.update(b"t"),
        Value::Bool(false) => hash.update(b"f"),
        Value::Number(number) => text(hash, b'#', &plain(number)),
        Value::String(string) => text(hash, b's', string),
        Value::Array(items) => {
            text(hash, b'[', &items.len().to_string());
            items.iter().for_each(|item| feed(hash, item));
        }
        Value::Object(fields) => {
            text(hash, b'{', &fields.len().to_string());
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_by_key(|(name, _)| *name);
            for (name, value) in fields {
                text(hash, b's', name);
                feed(hash, value);
            }
        }
    }
}

fn text(hash: &mut Sha256, kind: u8, text: &str) {
    hash.update([kind]);
    hash.update(text.len().to_string());
    hash.update(b":");
    hash.update(text);
}

/// One text for a number, however it was written.
fn plain(number: &Number) -> String {
    match number.as_f64() {
        Some(float) if number.is_f64() && float.fract() == 0.0 && float.abs() < EXACT => {
            // Exact: it is whole, and small enough. This also makes 0 of -0.
            (float as i64).to_string()
        }
        _ => number.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn of(text: &str) -> String {
        body_hash(&serde_json::from_str(text).unwrap())
    }

    #[test]
    fn the_value_counts_not_how_it_is_written() {
        let one = of(r#"{"a": [1, 2.5, {"x": null, "y": true}], "b": "é"}"#);
        assert_eq!(one.len(), 64);
        assert_eq!(one, of("{\"b\":\"\\u00e9\",\n\"a\":[1.0,25e-1,{\"y\":true,\"x\":null}]}"));
        assert_eq!(of("-0.0"), of("0"));
        assert_eq!(of("1e2"), of("100"));
    }

    #[test]
    fn other_values_are_other_bodies() {
        let values = [
            json!(null),
            json!(false),
            json!(true),
            json!(0),
            json!(1),
            json!("1"),
            json!(1.5),
            json!(u64::MAX),
            json!(i64::MIN),
            json!(""),
            json!("null"),
            json!([]),
            json!({}),
            json!([null]),
            json!([[]]),
            json!([1, 2]),
            json!([2, 1]),
            json!([[1], 2]),
            json!(["ab", "c"]),
            json!(["a", "bc"]),
            json!(["a", "b", "c"]),
            json!({"a": 1}),
            json!({"a": null}),
            json!({"a": 1, "b": 2}),
            json!({"a": 2, "b": 1}),
            json!({"a": {"b": 1}}),
            json!({"students": [{"student_id": "S1", "email": "a@x.ch"}]}),
            json!({"students": [{"student_id": "S1", "email": "A@x.ch"}]}),
        ];
        for (at, one) in values.iter().enumerate() {
            for other in values.iter().skip(at + 1) {
                assert_ne!(body_hash(one), body_hash(other), "{one} and {other}");
            }
        }
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            // In quarters: what is written is what is read.
            any::<i32>().prop_map(|number| Value::from(f64::from(number) / 4.0)),
            "[a-c\"\\\\]{0,4}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 16, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("[a-c]{0,2}", inner, 0..4)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    /// The same value with its fields the other way round and blanks in between.
    fn turned(value: &Value) -> String {
        match value {
            Value::Array(items) => {
                let items: Vec<String> = items.iter().map(turned).collect();
                format!("[ {} ]", items.join(" ,\n"))
            }
            Value::Object(fields) => {
                let fields = fields.iter().rev();
                let fields: Vec<String> = fields
                    .map(|(name, value)| format!("{} : {}", json!(name), turned(value)))
                    .collect();
                format!("{{\t{}}}", fields.join(", "))
            }
            Value::Number(number) if number.is_i64() => {
                // Beyond this, floating point would make another number of it.
                let small = number.as_i64().is_some_and(|number| number.unsigned_abs() < 1 << 53);
                if small { format!("{number}.0") } else { number.to_string() }
            }
            leaf => leaf.to_string(),
        }
    }

    proptest! {
        #[test]
        fn order_and_blanks_do_not_count(value in any_value()) {
            prop_assert_eq!(of(&turned(&value)), body_hash(&value));
        }

        #[test]
        fn different_values_are_told_apart(one in any_value(), other in any_value()) {
            // Compared as texts of one form: the same only if written the same.
            let same = turned(&one) == turned(&other);
            prop_assert_eq!(body_hash(&one) == body_hash(&other), same);
        }
    }
}
