//! What whoever watches the service sees at `/metrics`: what this process counts, and what the
//! database holds at the moment of the question.

mod calls;
mod ledger;
mod metered;

pub use calls::Calls;
pub use metered::Metered;

use actix_web::http::{Method, StatusCode};
use chrono::{DateTime, Utc};
use course_seats_application::ports::store::Statistics;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::{encode_eof, encode_registry};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use std::fmt;
use std::time::Duration;

/// What `/metrics` is declared as.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// From a millisecond to half a minute.
const BUCKETS: [f64; 11] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 5.0, 30.0];

/// What this process counts.
pub struct Metrics {
    registry: Registry,
    /// Calls to the systems outside.
    pub calls: Calls,
    requests: Family<Request, Histogram>,
}

#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Request {
    method: &'static str,
    route: String,
    status: u16,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("course_seats");
        let calls = Calls::new(&mut registry);
        let requests = histograms();
        registry.register(
            "http_request_duration_seconds",
            "How long requests took, by method, route and status",
            requests.clone(),
        );
        Self { registry, calls, requests }
    }
}

impl Metrics {
    /// A request was answered.
    pub fn answered(&self, method: &Method, route: &str, status: StatusCode, took: Duration) {
        let (route, status) = (route.to_owned(), status.as_u16());
        let request = Request { method: method_word(method), route, status };
        self.requests.get_or_create(&request).observe(took.as_secs_f64());
    }

    /// The page: what was counted here, and, if the database could be asked, what it holds.
    ///
    /// # Errors
    /// Never, as a string takes everything.
    pub fn page(
        &self,
        statistics: Option<&Statistics>,
        now: DateTime<Utc>,
    ) -> Result<String, fmt::Error> {
        let mut page = String::new();
        encode_registry(&mut page, &self.registry)?;
        encode_registry(&mut page, &ledger::registry(statistics, now))?;
        encode_eof(&mut page)?;
        Ok(page)
    }
}

/// Only words that we know: anybody may send any method.
fn method_word(method: &Method) -> &'static str {
    let known = ["GET", "POST", "PATCH", "PUT", "DELETE", "HEAD", "OPTIONS"];
    known.into_iter().find(|known| method.as_str() == *known).unwrap_or("other")
}

fn histograms<L: Clone + std::hash::Hash + Eq>() -> Family<L, Histogram> {
    Family::new_with_constructor(|| Histogram::new(BUCKETS))
}

#[cfg(test)]
mod tests;
