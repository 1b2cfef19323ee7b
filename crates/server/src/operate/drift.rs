use super::table::table;
use super::{ACTOR, open, told};
use crate::config::Config;
use crate::http::views::{DriftRepairOut, DriftReportOut, FindingOut};
use clap::{Args, Subcommand};
use course_seats_application::use_cases::operations::{repair_drift, report_drift};

/// What of database, groups and credits does not fit together.
#[derive(Debug, Clone, Args)]
pub struct DriftArgs {
    #[command(subcommand)]
    command: Option<DriftCommand>,
    /// Write JSON.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Clone, Copy, Subcommand)]
enum DriftCommand {
    /// Say what does not fit.
    Report,
    /// Put right what has one right answer.
    Repair,
}

impl DriftArgs {
    /// Does it, and returns what is to be said.
    ///
    /// # Errors
    /// What went wrong, in words.
    pub async fn run(self, config: &Config) -> Result<String, String> {
        let opened = open(config, true).await?;
        // Nobody waits for an answer of HTTP: it may take as long as it takes.
        match self.command {
            None | Some(DriftCommand::Report) => {
                let report =
                    report_drift(&opened.app, None).await.map_err(|error| error.to_string())?;
                let report = DriftReportOut::from(report);
                told(self.json, &report, || report_text(&report))
            }
            Some(DriftCommand::Repair) => {
                let done = repair_drift(&opened.app, ACTOR, None).await;
                let done = DriftRepairOut::from(done.map_err(|error| error.to_string())?);
                told(self.json, &done, || repair_text(&done))
            }
        }
    }
}

fn report_text(report: &DriftReportOut) -> String {
    let row = |one: &FindingOut| {
        let repairable = if one.repairable { "yes" } else { "no" };
        let since = one.first_seen_at.0.format("%Y-%m-%d %H:%M:%S").to_string();
        [one.kind.to_owned(), repairable.into(), since, one.subject.clone(), one.detail.clone()]
    };
    let rows: Vec<_> = report.findings.iter().map(row).collect();
    let text = match rows.is_empty() {
        true => "Database, groups and credits fit.\n".to_owned(),
        false => table(["KIND", "REPAIRABLE", "SINCE", "SUBJECT", "DETAIL"], &rows),
    };
    text + &unread(report.unread)
}

fn repair_text(done: &DriftRepairOut) -> String {
    let repaired = done.repaired.iter().map(|one| (one, "repaired".to_owned()));
    let left = done.left.iter().map(|one| (&one.finding, format!("left: {}", one.why)));
    let row = |(one, what): (&FindingOut, String)| [one.kind.to_owned(), one.subject.clone(), what];
    let rows: Vec<_> = repaired.chain(left).map(row).collect();
    let text = match rows.is_empty() {
        true => "Database, groups and credits fit: there was nothing to repair.\n".to_owned(),
        false => table(["KIND", "SUBJECT", "WHAT BECAME OF IT"], &rows),
    };
    text + &unread(done.unread)
}

fn unread(count: u64) -> String {
    match count {
        0 => String::new(),
        count => {
            format!("{count} groups or accounts could not be read: nothing is said of them.\n")
        }
    }
}
