//! When courses are expired.

use croner::Cron;
use std::str::FromStr;

/// A time of day, such as `02:00`, or a cron expression.
pub fn parse(text: &str) -> Option<Cron> {
    let daily = text.split_once(':').and_then(|(hour, minute)| {
        let (hour, minute): (u32, u32) = (hour.parse().ok()?, minute.parse().ok()?);
        (hour < 24 && minute < 60).then(|| format!("{minute} {hour} * * *"))
    });
    Cron::from_str(daily.as_deref().unwrap_or(text)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_day_or_a_cron_expression() {
        assert!(parse("02:00").is_some() && parse("0 2 * * *").is_some());
        assert!(parse("25:00").is_none() && parse("soon").is_none() && parse("").is_none());
    }
}
