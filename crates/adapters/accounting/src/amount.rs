use course_seats_domain::values::Credits;
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, de::Error};
use serde_json::value::RawValue;

/// An amount as it stands in an answer: `"200.00"`, `200.00` or `"2E+2"`.
///
/// It is read from its text, so that it never goes through a float. An account below zero (a job
/// that cost more than was left) has nothing left: that is what the port asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Amount(pub(crate) Credits);

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        let text = raw.get();
        let text = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
        let amount = exact(text).ok_or_else(|| D::Error::custom("not an exact decimal"))?;
        Credits::try_from(amount.max(Decimal::ZERO)).map(Self).map_err(D::Error::custom)
    }
}

/// What cannot be kept exactly is no amount.
fn exact(text: &str) -> Option<Decimal> {
    match text.split_once(['e', 'E']) {
        // `from_scientific` alone would round what stands before the exponent.
        Some((digits, _)) => {
            Decimal::from_str_exact(digits).and_then(|_| Decimal::from_scientific(text)).ok()
        }
        None => Decimal::from_str_exact(text).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Option<String> {
        let amount: Amount = serde_json::from_str(json).ok()?;
        Some(amount.0.to_string())
    }

    #[test]
    fn is_exact_as_text_and_as_number() {
        for text in ["149.99", "200.00", "0", "0.000000001", "12345678901234567890.123456789"] {
            assert_eq!(read(text).as_deref(), Some(text));
            assert_eq!(read(&format!("\"{text}\"")).as_deref(), Some(text));
        }
        // A float would make 149.99000000000000909 of it.
        assert_eq!(read("149.99").as_deref(), Some("149.99"));
        assert_eq!(read("\"2E+2\"").as_deref(), Some("200"));
        assert_eq!(read("2.5e-1").as_deref(), Some("0.25"));
    }

    #[test]
    fn below_zero_is_nothing_left() {
        assert_eq!(read("\"-3.20\"").as_deref(), Some("0"));
        assert_eq!(read("-0").as_deref(), Some("0"));
    }

    #[test]
    fn is_nothing_else() {
        for json in ["null", "true", "{}", "[]", "\"\"", "\"many\"", "\"NaN\"", "\"1 000\""] {
            assert_eq!(read(json), None, "{json}");
        }
        assert_eq!(read("0.12345678901234567890123456789012"), None, "not exact");
    }
}
