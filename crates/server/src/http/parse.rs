//! Parsers from one JSON value (or one query parameter, as a JSON string) to one type. The texts
//! of what is wrong are those that the portal knows from the service we replace.

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, NaiveTime, TimeZone, Utc};
use serde_json::Value;
use std::fmt::Display;
use std::str::FromStr;
use uuid::Uuid;

/// What a parser gives: the value, or what is wrong.
pub type Parsed<T> = Result<T, String>;

/// Any text.
pub fn text(value: &Value) -> Parsed<&str> {
    value.as_str().ok_or_else(|| "Input should be a valid string".to_owned())
}

/// A text of one or more lines, without the control characters that no database takes.
pub fn prose(value: &Value) -> Parsed<String> {
    let text = text(value)?;
    match text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        true => Err("String should have no control characters".into()),
        false => Ok(text.to_owned()),
    }
}

/// A text that is searched for.
pub fn search(value: &Value) -> Parsed<String> {
    match prose(value)? {
        text if text.is_empty() => Err("String should have at least 1 character".into()),
        text => Ok(text),
    }
}

/// Why somebody does something: 1 to 1,000 characters.
pub fn reason(value: &Value) -> Parsed<String> {
    let text = prose(value)?.trim().to_owned();
    match text.chars().count() {
        0 => Err("String should have at least 1 character".into()),
        1..=1000 => Ok(text),
        _ => Err("String should have at most 1000 characters".into()),
    }
}

/// A value type that parses itself.
pub fn line<T: FromStr<Err: Display>>(value: &Value) -> Parsed<T> {
    text(value)?.parse().map_err(|why: T::Err| why.to_string())
}

/// An id.
pub fn id<T: From<Uuid>>(value: &Value) -> Parsed<T> {
    let text = value.as_str().ok_or("UUID input should be a string, bytes or UUID object")?;
    uuid(text).map(T::from)
}

/// A UUID of any version.
pub fn uuid(text: &str) -> Parsed<Uuid> {
    Uuid::parse_str(text).map_err(|why| {
        let foreign = |c: &(usize, char)| !(c.1.is_ascii_hexdigit() || c.1 == '-');
        // The words that the portal knows for what is most often wrong.
        match text.chars().enumerate().find(foreign) {
            Some((at, found)) => format!(
                "Input should be a valid UUID, invalid character: expected an optional prefix of \
                 `urn:uuid:` followed by [0-9a-fA-F-], found `{found}` at {}",
                at + 1
            ),
            None => format!("Input should be a valid UUID, {why}"),
        }
    })
}

/// A whole number; one that is too big for us is the biggest.
pub fn integer(value: &Value) -> Parsed<i64> {
    match value {
        Value::Number(number) => whole(number),
        Value::String(text) => from_digits(text).ok_or_else(|| {
            "Input should be a valid integer, unable to parse string as an integer".into()
        }),
        _ => Err("Input should be a valid integer".into()),
    }
}

fn whole(number: &serde_json::Number) -> Parsed<i64> {
    if let Some(number) = number.as_i64() {
        return Ok(number);
    }
    match number.as_f64() {
        Some(number) if number.is_finite() && number.fract() == 0.0 => Ok(saturate(number)),
        Some(number) if number.is_finite() => {
            Err("Input should be a valid integer, got a number with a fractional part".into())
        }
        _ => Err("Input should be a finite number".into()),
    }
}

/// `as` saturates: a number beyond what fits becomes the biggest, which no range here allows.
fn saturate(number: f64) -> i64 {
    number as i64
}

fn from_digits(text: &str) -> Option<i64> {
    let text = text.trim();
    let (negative, digits) = match text.strip_prefix(['-', '+']) {
        Some(digits) => (text.starts_with('-'), digits),
        None => (false, text),
    };
    let digits = match digits.split_once('.') {
        Some((digits, zeros)) if zeros.bytes().all(|zero| zero == b'0') => digits,
        Some(_) => return None,
        None => digits,
    };
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let number = digits.parse().unwrap_or(i64::MAX);
    Some(if negative { -number } else { number })
}

/// A whole number in a range.
pub fn between(value: &Value, least: u32, most: u32) -> Parsed<u32> {
    match integer(value)? {
        number if number < i64::from(least) => {
            Err(format!("Input should be greater than or equal to {least}"))
        }
        number => match u32::try_from(number) {
            Ok(number) if number <= most => Ok(number),
            _ => Err(format!("Input should be less than or equal to {most}")),
        },
    }
}

/// Yes or no.
pub fn boolean(value: &Value) -> Parsed<bool> {
    match value {
        Value::Bool(answer) => Ok(*answer),
        Value::String(word) => match word.to_ascii_lowercase().as_str() {
            "true" | "t" | "yes" | "y" | "on" | "1" => Ok(true),
            "false" | "f" | "no" | "n" | "off" | "0" => Ok(false),
            _ => Err("Input should be a valid boolean, unable to interpret input".into()),
        },
        Value::Number(number) => match number.as_f64() {
            Some(1.0) => Ok(true),
            Some(0.0) => Ok(false),
            _ => Err("Input should be a valid boolean, unable to interpret input".into()),
        },
        _ => Err("Input should be a valid boolean".into()),
    }
}

/// One of a few words.
pub fn one_of<T: Copy>(value: &Value, words: &[(&str, T)]) -> Parsed<T> {
    let wanted = value.as_str();
    let found = words.iter().find(|(word, _)| Some(*word) == wanted);
    found.map(|(_, item)| *item).ok_or_else(|| {
        let quoted: Vec<_> = words.iter().map(|(word, _)| format!("'{word}'")).collect();
        match quoted.split_last() {
            Some((last, [])) => format!("Input should be {last}"),
            Some((last, others)) => format!("Input should be {} or {last}", others.join(", ")),
            None => "Input should not be there".to_owned(),
        }
    })
}

/// A time: RFC 3339; without an offset it is UTC, without a time midnight.
pub fn time(value: &Value) -> Parsed<DateTime<Utc>> {
    let text = value.as_str().ok_or("Input should be a valid datetime")?;
    parse_time(text.trim())
        .map_err(|why| format!("Input should be a valid datetime or date, {why}"))
}

fn parse_time(text: &str) -> Result<DateTime<Utc>, &'static str> {
    if text.len() < 10 {
        return Err("input is too short");
    }
    let date = text.get(..10).ok_or("invalid character in year")?;
    let date = parse_date(date)?;
    let rest = text.get(10..).unwrap_or_default();
    let (time, offset) = match rest.strip_prefix(['T', 't', ' ', '_']) {
        Some(rest) => parse_clock(rest)?,
        None if rest.is_empty() => (NaiveTime::MIN, None),
        None => return Err("invalid datetime separator, expected `T`, `t`, `_` or space"),
    };
    let local = date.and_time(time);
    let utc = match offset {
        None => Utc.from_utc_datetime(&local),
        Some(offset) => offset
            .from_local_datetime(&local)
            .single()
            .ok_or("it is out of range")?
            .with_timezone(&Utc),
    };
    if !(1..=9999).contains(&utc.year()) {
        return Err("year is out of range");
    }
    Ok(utc)
}

fn parse_date(text: &str) -> Result<NaiveDate, &'static str> {
    let mut parts = text.split('-');
    let (Some(year), Some(month), Some(day), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err("invalid date separator, expected `-`");
    };
    let year = digits(year, 4).ok_or("invalid character in year")?;
    let month = digits(month, 2).ok_or("invalid character in month")?;
    let day = digits(day, 2).ok_or("invalid character in day")?;
    if !(1..=12).contains(&month) {
        return Err("month value is outside expected range of 1-12");
    }
    i32::try_from(year)
        .ok()
        .filter(|year| *year > 0)
        .and_then(|year| NaiveDate::from_ymd_opt(year, month, day))
        .ok_or("day value is outside expected range")
}

/// `HH:MM[:SS[.ffffff]]` and an offset, if there is one.
fn parse_clock(text: &str) -> Result<(NaiveTime, Option<FixedOffset>), &'static str> {
    let at = text.find(['Z', 'z', '+', '-', '−']).unwrap_or(text.len());
    let (clock, offset) = text.split_at(at);
    let (clock, fraction) = match clock.split_once(['.', ',']) {
        Some((clock, fraction)) => (clock, Some(fraction)),
        None => (clock, None),
    };
    let mut parts = clock.split(':');
    let hour = parts.next().and_then(|part| digits(part, 2)).ok_or("invalid hour")?;
    let minute = parts.next().and_then(|part| digits(part, 2)).ok_or("invalid minute")?;
    let second = match parts.next() {
        Some(second) => digits(second, 2).ok_or("invalid second")?,
        None if fraction.is_some() => return Err("invalid second"),
        None => 0,
    };
    if parts.next().is_some() {
        return Err("unexpected extra characters at the end of the input");
    }
    let micros = fraction.map_or(Ok(0), parse_fraction)?;
    let time = NaiveTime::from_hms_micro_opt(hour, minute, second, micros)
        .ok_or("time value is outside expected range")?;
    Ok((time, parse_offset(offset.trim_start())?))
}

/// The first six digits: what is finer is cut.
fn parse_fraction(text: &str) -> Result<u32, &'static str> {
    if text.is_empty() || text.len() > 9 || !text.bytes().all(|digit| digit.is_ascii_digit()) {
        return Err("second fraction value is not 1 to 9 digits");
    }
    let micros: String = text.chars().chain("000000".chars()).take(6).collect();
    micros.parse().map_err(|_| "second fraction value is not 1 to 9 digits")
}

fn parse_offset(text: &str) -> Result<Option<FixedOffset>, &'static str> {
    const WRONG: &str = "invalid timezone offset";
    if text.is_empty() {
        return Ok(None);
    }
    if text.eq_ignore_ascii_case("z") {
        return Ok(FixedOffset::east_opt(0));
    }
    let sign = if text.starts_with('+') { 1 } else { -1 };
    let rest = text.strip_prefix(['+', '-', '−']).ok_or(WRONG)?;
    let bare = rest.replacen(':', "", 1);
    let (hours, minutes) = match bare.len() {
        2 => (bare.as_str(), "00"),
        4 => bare.split_at_checked(2).ok_or(WRONG)?,
        _ => return Err(WRONG),
    };
    let hours = digits(hours, 2).filter(|hours| *hours < 24).ok_or(WRONG)?;
    let minutes = digits(minutes, 2).filter(|minutes| *minutes < 60).ok_or(WRONG)?;
    let seconds = i32::try_from(hours * 3600 + minutes * 60).map_err(|_| WRONG)?;
    FixedOffset::east_opt(sign * seconds).ok_or(WRONG).map(Some)
}

/// Exactly so many digits.
fn digits(text: &str, count: usize) -> Option<u32> {
    let plain = text.len() == count && text.bytes().all(|digit| digit.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn whole_numbers_are_taken_in_all_their_forms() {
        for good in [json!(5), json!(5.0), json!("5"), json!(" +5 "), json!("5.00")] {
            assert_eq!(integer(&good), Ok(5), "{good}");
        }
        assert_eq!(integer(&json!(-1)), Ok(-1));
        assert_eq!(integer(&json!(1e300)), Ok(i64::MAX), "the biggest, which no range allows");
        assert_eq!(integer(&json!("99999999999999999999")), Ok(i64::MAX));
        assert_eq!(integer(&json!(u64::MAX)), Ok(i64::MAX));
        for bad in [json!(5.5), json!("x"), json!(""), json!("5.5"), json!(true), json!(null)] {
            assert!(integer(&bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn times_are_utc_with_microseconds() {
        let shown = |text: &str| time(&json!(text)).map(|time| time.to_rfc3339());
        for (text, wanted) in [
            ("2026-01-01", "2026-01-01T00:00:00+00:00"),
            ("2026-01-01T10:00", "2026-01-01T10:00:00+00:00"),
            ("2026-01-01 10:00:00", "2026-01-01T10:00:00+00:00"),
            ("2026-01-01T10:00:00.1234567Z", "2026-01-01T10:00:00.123456+00:00"),
            ("2026-01-01T10:00:00+0130", "2026-01-01T08:30:00+00:00"),
            ("2026-01-01T10:00:00-02", "2026-01-01T12:00:00+00:00"),
        ] {
            assert_eq!(shown(text).as_deref(), Ok(wanted), "{text}");
        }
        assert_eq!(
            shown("soon").unwrap_err(),
            "Input should be a valid datetime or date, input is too short"
        );
        for bad in [
            "2026-13-01",
            "2026-02-30",
            "0000-01-01",
            "0001-01-01T00:00:00+01:00",
            "9999-12-31T23:59:59-01:00",
            "2026-01-01T25:00",
            "2026-01-01T10:00:60Z",
            "2026-01-01X10:00",
            "2026-01-01T10:00:00+25:00",
            "２０２６-01-01",
            "10000-01-01T00:00:00Z",
            "2026-01-01T10:00:00Zfoo",
            "2026-01-01T10:00:00.Z",
        ] {
            assert!(shown(bad).is_err(), "{bad}");
        }
        assert!(time(&json!(1700000000)).is_err());
    }
}
