use chrono::{DateTime, Utc};
use course_seats_application::FindingKind;
use course_seats_application::ports::store::{MailStatus, Statistics};
use course_seats_domain::plans::SagaKind;
use course_seats_domain::saga::Status;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Saga {
    kind: &'static str,
    status: &'static str,
}

#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Mail {
    status: &'static str,
}

#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Drift {
    kind: &'static str,
}

/// What the database holds; whether it could be asked is told, too.
pub(super) fn registry(statistics: Option<&Statistics>, now: DateTime<Utc>) -> Registry {
    let mut registry = Registry::with_prefix("course_seats");
    let mut gauge = |name: &str, help: &str, value: i64| {
        let gauge = Gauge::<i64>::default();
        gauge.set(value);
        registry.register(name, help, gauge);
    };
    gauge(
        "database_up",
        "Whether the database answered this very question: 1 or 0",
        i64::from(statistics.is_some()),
    );
    let Some(statistics) = statistics else { return registry };
    let age = |since: Option<DateTime<Utc>>| since.map_or(0, |at| (now - at).num_seconds().max(0));
    gauge(
        "oldest_open_saga_age_seconds",
        "How long ago the oldest saga was written down that is neither completed nor undone",
        age(statistics.oldest_open_saga),
    );
    gauge(
        "sagas_needing_attention",
        "Sagas that a person may want to look at",
        count(statistics.needing_attention),
    );
    gauge(
        "sagas_with_failing_undo",
        "Sagas of which a step could not be undone yet; it is tried again",
        count(statistics.failing_undos),
    );
    gauge(
        "given_up_accounts",
        "Accounts that were given up after a grant with an unknown outcome, or undone",
        count(statistics.given_up_accounts),
    );
    gauge(
        "oldest_queued_mail_age_seconds",
        "How long ago the oldest mail was written down that is not sent yet",
        age(statistics.oldest_queued_mail),
    );
    // Also what there is none of: an alert on it has something to look at.
    let sagas = Family::<Saga, Gauge>::default();
    for kind in SagaKind::ALL {
        for status in Status::ALL {
            let mut found = statistics.sagas.iter();
            let found = found.find(|(of, at, _)| (*of, *at) == (kind, status));
            let saga = Saga { kind: kind.as_str(), status: status.as_str() };
            sagas.get_or_create(&saga).set(found.map_or(0, |(_, _, number)| count(*number)));
        }
    }
    registry.register("sagas", "Sagas in the ledger, by kind and status", sagas);
    let mails = Family::<Mail, Gauge>::default();
    for status in MailStatus::ALL {
        let found = statistics.mails.iter().find(|(at, _)| *at == status);
        let mail = Mail { status: status.as_str() };
        mails.get_or_create(&mail).set(found.map_or(0, |(_, number)| count(*number)));
    }
    registry.register("outbox_mails", "Mails in the outbox, by status", mails);
    let drift = Family::<Drift, Gauge>::default();
    for kind in FindingKind::ALL.map(FindingKind::as_str) {
        let found = statistics.drift.iter().find(|(found, _)| found == kind);
        drift.get_or_create(&Drift { kind }).set(found.map_or(0, |(_, number)| count(*number)));
    }
    registry.register("drift_findings", "What the last look for drift has found, by kind", drift);
    registry
}

fn count(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
