use super::Time;
use course_seats_application::use_cases::operations::{
    DriftRepair, DriftReport, LeftFinding, SeenFinding,
};
use serde::Serialize;
use utoipa::ToSchema;

/// Something that does not fit. It names labs, projects, groups and users by their ids.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FindingOut {
    /// In what way, such as `group_without_row`.
    pub kind: &'static str,
    /// What does not fit.
    pub subject: String,
    /// A sentence for people.
    pub detail: String,
    /// Whether a repair would put it right now.
    pub repairable: bool,
    /// Since when it is known.
    pub first_seen_at: Time,
}

impl From<SeenFinding> for FindingOut {
    fn from(seen: SeenFinding) -> Self {
        Self {
            kind: seen.finding.kind.as_str(),
            subject: seen.finding.subject,
            detail: seen.finding.detail,
            repairable: seen.repairable,
            first_seen_at: Time(seen.first_seen_at),
        }
    }
}

/// What does not fit.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DriftReportOut {
    /// The findings, by kind and subject.
    pub findings: Vec<FindingOut>,
    /// How many groups and accounts could not be read: nothing is said about them.
    pub unread: u64,
}

impl From<DriftReport> for DriftReportOut {
    fn from(report: DriftReport) -> Self {
        let findings = report.findings.into_iter().map(FindingOut::from).collect();
        Self { findings, unread: report.unread }
    }
}

/// A finding that was left.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LeftOut {
    /// The finding.
    #[serde(flatten)]
    pub finding: FindingOut,
    /// Why it was left.
    pub why: String,
}

impl From<LeftFinding> for LeftOut {
    fn from(left: LeftFinding) -> Self {
        Self { finding: left.seen.into(), why: left.why }
    }
}

/// What a repair did.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DriftRepairOut {
    /// What it put right.
    pub repaired: Vec<FindingOut>,
    /// What it did not.
    pub left: Vec<LeftOut>,
    /// How many groups and accounts could not be read: nothing is said about them.
    pub unread: u64,
}

impl From<DriftRepair> for DriftRepairOut {
    fn from(done: DriftRepair) -> Self {
        Self {
            repaired: done.repaired.into_iter().map(FindingOut::from).collect(),
            left: done.left.into_iter().map(LeftOut::from).collect(),
            unread: done.unread,
        }
    }
}
