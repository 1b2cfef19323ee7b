use super::histograms;
use super::metered::SYSTEMS;
use course_seats_application::ports::{AuthError, PortError};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use std::time::Duration;

/// Calls to the systems outside, as this process sees them.
#[derive(Clone)]
pub struct Calls {
    counted: Family<Call, Counter>,
    lasted: Family<System, Histogram>,
}

#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Call {
    system: &'static str,
    operation: &'static str,
    outcome: &'static str,
}

#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct System {
    system: &'static str,
}

impl Calls {
    pub(super) fn new(registry: &mut Registry) -> Self {
        let (counted, lasted) = (Family::default(), histograms());
        registry.register(
            "outside_calls",
            "Calls to systems outside, by system, operation and outcome",
            Family::clone(&counted),
        );
        registry.register(
            "outside_call_duration_seconds",
            "How long calls to a system outside took, waiting for their turn included",
            Family::clone(&lasted),
        );
        // There from the beginning, at zero: what has no series has neither HELP nor TYPE.
        for (system, operations) in SYSTEMS {
            drop(lasted.get_or_create(&System { system }));
            for operation in operations {
                drop(counted.get_or_create(&Call { system, operation, outcome: "ok" }));
            }
        }
        Self { counted, lasted }
    }

    pub(super) fn ended(
        &self,
        (system, operation): (&'static str, &'static str),
        outcome: &'static str,
        took: Duration,
    ) {
        self.counted.get_or_create(&Call { system, operation, outcome }).inc();
        self.lasted.get_or_create(&System { system }).observe(took.as_secs_f64());
    }
}

/// What a call came to, in a word.
pub(super) trait Outcome {
    fn word(&self) -> &'static str;
}

impl<T> Outcome for Result<T, PortError> {
    fn word(&self) -> &'static str {
        match self {
            Ok(_) => "ok",
            Err(PortError::NotFound) => "not_found",
            Err(PortError::Conflict) => "conflict",
            Err(PortError::Rejected(_)) => "rejected",
            Err(PortError::Unavailable(_)) => "unavailable",
            Err(PortError::Unknown(_)) => "unknown",
        }
    }
}

impl<T> Outcome for Result<T, AuthError> {
    fn word(&self) -> &'static str {
        match self {
            Ok(_) => "ok",
            Err(AuthError::Malformed | AuthError::Inactive) => "refused",
            Err(AuthError::Unavailable(_)) => "unavailable",
        }
    }
}
