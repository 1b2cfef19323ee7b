//! Times, and what is said of many of them.

use course_seats::demo::{Seen, Stopwatch};
use std::time::Duration;

/// How long something took, and what it gave.
pub async fn timed<T>(what: impl Future<Output = Seen<T>>) -> Seen<(Duration, T)> {
    let watch = Stopwatch::start();
    let value = what.await?;
    Ok((watch.elapsed(), value))
}

/// The middle one; zero of none.
pub fn median(times: &[Duration]) -> Duration {
    percentile(times, 50)
}

/// The one below which so many in a hundred are; zero of none.
pub fn percentile(times: &[Duration], percent: usize) -> Duration {
    let mut sorted = times.to_vec();
    sorted.sort();
    let at = sorted.len().saturating_sub(1) * percent / 100;
    sorted.get(at).copied().unwrap_or_default()
}

/// The middle number; zero of none.
pub fn middle(numbers: &[f64]) -> f64 {
    let mut sorted = numbers.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

/// Milliseconds, with a fraction.
pub fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// How many times as long.
pub fn ratio(time: Duration, bound: Duration) -> f64 {
    time.as_secs_f64() / bound.as_secs_f64().max(f64::EPSILON)
}

/// The exponent of the power of the size by which the times grow, fitted by least squares over the
/// logarithms: 0 is flat, 1 is in proportion.
pub fn exponent(points: &[(f64, Duration)]) -> f64 {
    let points: Vec<(f64, f64)> =
        points.iter().map(|(size, time)| (size.ln(), time.as_secs_f64().max(1e-9).ln())).collect();
    #[expect(clippy::cast_precision_loss, reason = "a handful of points")]
    let count = points.len() as f64;
    let mean = |pick: fn(&(f64, f64)) -> f64| points.iter().map(pick).sum::<f64>() / count;
    let (mean_x, mean_y) = (mean(|point| point.0), mean(|point| point.1));
    let over: f64 = points.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    let under: f64 = points.iter().map(|(x, _)| (x - mean_x).powi(2)).sum();
    if under == 0.0 { 0.0 } else { over / under }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(millis: &[u64]) -> Vec<Duration> {
        millis.iter().map(|ms| Duration::from_millis(*ms)).collect()
    }

    #[test]
    fn the_middle_and_the_tail() {
        assert_eq!(median(&times(&[9, 1, 5])), Duration::from_millis(5));
        assert_eq!(percentile(&times(&(1..=100).collect::<Vec<_>>()), 99).as_millis(), 99);
        assert_eq!(median(&[]), Duration::ZERO);
    }

    #[test]
    fn exponents_are_found() {
        let grown = |power: i32| {
            [1, 10, 100].map(|size: i32| {
                let size = f64::from(size);
                (size, Duration::from_secs_f64(0.001 * size.powi(power)))
            })
        };
        assert!(exponent(&grown(0)).abs() < 1e-9);
        assert!((exponent(&grown(1)) - 1.0).abs() < 1e-6);
        assert!((exponent(&grown(2)) - 2.0).abs() < 1e-6);
    }
}
