use crate::app::{App, finish};
use crate::drift::{Compared, DriftError, Finding, Repair, compare, repair};
use crate::ports::PortError;
use crate::settings::delta;
use chrono::{DateTime, Utc};
use futures::future::{Either, select};
use futures::{StreamExt, stream};
use serde_json::json;
use std::pin::pin;
use std::time::Duration;

/// Something that does not fit, and since when.
#[derive(Debug, Clone)]
pub struct SeenFinding {
    /// What.
    pub finding: Finding,
    /// When it was first found.
    pub first_seen_at: DateTime<Utc>,
    /// Whether a repair would put it right now.
    pub repairable: bool,
}

/// What does not fit.
#[derive(Debug, Clone, Default)]
pub struct DriftReport {
    /// The findings, by kind and subject.
    pub findings: Vec<SeenFinding>,
    /// How many groups and accounts could not be read: of those nothing is said.
    pub unread: u64,
}

/// A finding that a repair has left.
#[derive(Debug, Clone)]
pub struct LeftFinding {
    /// What.
    pub seen: SeenFinding,
    /// Why.
    pub why: String,
}

/// What a repair did.
#[derive(Debug, Clone, Default)]
pub struct DriftRepair {
    /// What it put right.
    pub repaired: Vec<SeenFinding>,
    /// What it did not.
    pub left: Vec<LeftFinding>,
    /// How many groups and accounts could not be read: of those nothing is said.
    pub unread: u64,
}

/// Compares database, groups and credits. `limit`: how long somebody waits for that; `None`: as long
/// as it takes.
///
/// # Errors
/// [`DriftError`] if a system does not answer, or not all of it within the limit.
pub async fn report_drift(app: &App, limit: Option<Duration>) -> Result<DriftReport, DriftError> {
    let compared = match limit {
        Some(limit) => compare_within(app, limit).await?,
        None => compare(app).await?,
    };
    remember(app, compared).await
}

async fn compare_within(app: &App, limit: Duration) -> Result<Compared, DriftError> {
    match select(pin!(compare(app)), app.ports.clock.sleep(limit)).await {
        Either::Left((compared, _)) => compared,
        Either::Right(_) => {
            let why = "database, groups and credits were not compared in time".to_owned();
            Err(PortError::Unavailable(why).into())
        }
    }
}

/// Compares, and puts right what has one right answer. What may only be in the making must have
/// been found for `DRIFT_MIN_AGE_MS`. Within the limit, as [`report_drift`]; what there is no time
/// for is left.
///
/// # Errors
/// [`DriftError`] if nobody can say what does not fit.
pub async fn repair_drift(
    app: &App,
    actor: &str,
    limit: Option<Duration>,
) -> Result<DriftRepair, DriftError> {
    let deadline = limit.map(|limit| app.ports.clock.monotonic() + limit);
    let report = report_drift(app, limit).await?;
    Ok(put_right(app, actor, report, deadline, |_| true).await)
}

/// What is done by itself: credits are taken back that nobody should hold; the rest is only found.
pub(crate) async fn take_credits_back(app: &App, actor: &str) -> Result<DriftRepair, DriftError> {
    let report = report_drift(app, None).await?;
    let only = |repair: &Repair| matches!(repair, Repair::TakeCredits(_));
    Ok(put_right(app, actor, report, None, only).await)
}

/// Since when each was found is kept. What is not found any more is forgotten, unless something
/// could not be read: it may be there.
async fn remember(app: &App, compared: Compared) -> Result<DriftReport, DriftError> {
    let Compared { findings, unread } = compared;
    let named: Vec<_> =
        findings.iter().map(|one| (one.kind.as_str(), one.subject.clone())).collect();
    let now = app.now();
    let mut tx = app.begin().await?;
    let result = tx.sighted(&named, unread == 0, now).await;
    let since = finish(tx, result).await?;
    let min_age = delta(app.settings.drift_min_age);
    let seen = |(finding, first_seen_at): (Finding, DateTime<Utc>)| {
        let old = now - first_seen_at >= min_age;
        let repairable = finding.repair.as_ref().is_some_and(|repair| old || !repair.waits());
        SeenFinding { finding, first_seen_at, repairable }
    };
    Ok(DriftReport { findings: findings.into_iter().zip(since).map(seen).collect(), unread })
}

/// Repairs some at once, until the deadline, if there is one.
async fn put_right(
    app: &App,
    actor: &str,
    report: DriftReport,
    deadline: Option<Duration>,
    wanted: impl Fn(&Repair) -> bool,
) -> DriftRepair {
    let wanted = &wanted;
    let results = stream::iter(report.findings).map(|seen| async move {
        let result = match &seen.finding.repair {
            None => Err("a person has to decide".to_owned()),
            Some(_) if !seen.repairable => {
                Err(format!("it was first seen at {}: too young", seen.first_seen_at))
            }
            Some(todo) if !wanted(todo) => Err("it is only reported".to_owned()),
            Some(_) if deadline.is_some_and(|due| due <= app.ports.clock.monotonic()) => {
                Err("there was no time left".to_owned())
            }
            Some(todo) => repair(app, todo).await.map_err(|left| left.to_string()),
        };
        (seen, result)
    });
    let at_once = app.settings.batch_concurrency;
    let results: Vec<_> = results.buffered(at_once).collect().await;
    let mut done = DriftRepair { unread: report.unread, ..DriftRepair::default() };
    for (seen, result) in results {
        match result {
            Ok(()) => done.repaired.push(seen),
            Err(why) => done.left.push(LeftFinding { seen, why }),
        }
    }
    note(app, actor, &done.repaired).await;
    done
}

/// The audit log has what was repaired. It is done, whether that can be written or not.
async fn note(app: &App, actor: &str, repaired: &[SeenFinding]) {
    if repaired.is_empty() {
        return;
    }
    let written = async {
        let mut tx = app.begin().await?;
        let result = async {
            for SeenFinding { finding, .. } in repaired {
                let detail = json!({ "kind": finding.kind.as_str(), "detail": finding.detail });
                tx.audit(&app.audit(actor, "repair_drift", &finding.subject, detail)).await?;
            }
            Ok(())
        }
        .await;
        finish(tx, result).await
    }
    .await;
    if let Err(error) = written {
        let error: crate::ports::StoreError = error;
        tracing::warn!(%error, repaired = repaired.len(), "drift: the audit log was not written");
    }
}
