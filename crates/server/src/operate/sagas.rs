use super::table::{or_dash, table, which_part};
use super::{ACTOR, PageArgs, database, open, told};
use crate::config::Config;
use crate::http::WantedSagas;
use crate::http::page::Pagination;
use crate::http::views::{SagaDetailOut, SagaList, SagaOut};
use clap::{Args, Subcommand};
use course_seats_application::App;
use course_seats_application::ports::store::SagaFilter;
use course_seats_application::use_cases::operations::{
    get_saga, list_sagas, retry_saga, settle_saga,
};
use course_seats_domain::ids::SagaId;
use course_seats_domain::plans::SagaKind;
use std::fmt::Write;
use uuid::Uuid;

/// The operations that touch the systems outside, and their notebooks.
#[derive(Debug, Clone, Args)]
pub struct SagasArgs {
    #[command(subcommand)]
    command: Option<SagasCommand>,
    /// Write JSON.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Clone, Subcommand)]
enum SagasCommand {
    /// List them, newest first.
    List {
        /// Only those that are running, undoing, completed or undone, or that need attention
        /// (`needs_attention`).
        #[arg(long, value_parser = wanted)]
        status: Option<WantedSagas>,
        /// Only those of this kind, such as assign_seat.
        #[arg(long, value_parser = kind)]
        kind: Option<SagaKind>,
        #[command(flatten)]
        page: PageArgs,
    },
    /// Show one with its notebook.
    Show {
        /// Its id.
        id: Uuid,
    },
    /// Make an open one due now.
    Retry {
        /// Its id.
        id: Uuid,
    },
    /// Say that one is over which nobody can decide.
    Settle {
        /// Its id.
        id: Uuid,
        /// Why: kept in the notebook and in the audit log.
        #[arg(long, value_parser = reason)]
        reason: String,
    },
}

fn wanted(word: &str) -> Result<WantedSagas, String> {
    let words = WantedSagas::words();
    let found = words.iter().find(|(known, _)| *known == word).map(|(_, wanted)| *wanted);
    let known = || words.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", ");
    found.ok_or_else(|| format!("one of {}", known()))
}

fn kind(word: &str) -> Result<SagaKind, String> {
    let words = || SagaKind::ALL.map(SagaKind::as_str).join(", ");
    word.parse().map_err(|()| format!("one of {}", words()))
}

fn reason(text: &str) -> Result<String, String> {
    crate::http::parse::reason(&text.into())
}

impl SagasArgs {
    /// Does it, and returns what is to be said.
    ///
    /// # Errors
    /// What went wrong, in words.
    pub async fn run(self, config: &Config) -> Result<String, String> {
        let opened = open(config, false).await?;
        let app = &*opened.app;
        match self.command {
            None => list(app, SagaFilter::default(), PageArgs::default(), self.json).await,
            Some(SagasCommand::List { status, kind, page }) => {
                let WantedSagas { status, needs_attention } = status.unwrap_or_default();
                list(app, SagaFilter { status, needs_attention, kind }, page, self.json).await
            }
            Some(SagasCommand::Show { id }) => show(app, id.into(), self.json).await,
            Some(SagasCommand::Retry { id }) => {
                let done = retry_saga(app, ACTOR, id.into()).await;
                done.map_err(|error| error.to_string())?;
                let what = "It is due now: a running server takes it up at its next look.\n";
                told(self.json, &serde_json::json!({ "id": id }), || what.to_owned())
            }
            Some(SagasCommand::Settle { id, reason }) => {
                let done = settle_saga(app, ACTOR, id.into(), &reason).await;
                done.map_err(|error| error.to_string())?;
                show(app, id.into(), self.json).await
            }
        }
    }
}

async fn list(app: &App, filter: SagaFilter, page: PageArgs, json: bool) -> Result<String, String> {
    let found = list_sagas(app, &filter, page.page()).await.map_err(database)?;
    let pagination = Pagination::of(page.page(), found.total);
    let list = SagaList { data: found.items.into_iter().map(SagaOut::from).collect(), pagination };
    told(json, &list, || {
        let rows: Vec<_> = list.data.iter().map(row).collect();
        let heads = ["ID", "KIND", "STATUS", "SUBJECT", "TRIES", "CREATED", "LAST ERROR"];
        let part = which_part(rows.len(), found.total, page.page, "sagas");
        if rows.is_empty() { part } else { table(heads, &rows) + &part }
    })
}

fn row(saga: &SagaOut) -> [String; 7] {
    let status = match saga.needs_attention {
        true => format!("{} (!)", saga.status),
        false => saga.status.to_owned(),
    };
    [
        saga.id.to_string(),
        saga.kind.to_owned(),
        status,
        saga.subject.clone(),
        saga.attempts.to_string(),
        saga.created_at.0.format("%Y-%m-%d %H:%M:%S").to_string(),
        or_dash(saga.error.as_ref()),
    ]
}

async fn show(app: &App, id: SagaId, json: bool) -> Result<String, String> {
    let found = get_saga(app, id).await.map_err(database)?;
    let (summary, notebook) = found.ok_or_else(|| format!("Saga {id} not found"))?;
    let detail = SagaDetailOut::of(summary, notebook);
    told(json, &detail, || notebook_text(&detail))
}

fn notebook_text(detail: &SagaDetailOut) -> String {
    let saga = &detail.saga;
    let mut text = String::new();
    let mut say = |name: &str, value: &str| {
        // A text takes whatever is written to it.
        let _ = writeln!(text, "{name:<16}{value}");
    };
    say("saga", &saga.id.to_string());
    say("kind", saga.kind);
    say("status", saga.status);
    say("needs attention", if saga.needs_attention { "yes" } else { "no" });
    say("subject", &saga.subject);
    say("reason", &or_dash(detail.reason.as_ref()));
    say("last error", &or_dash(saga.error.as_ref()));
    say("created", &saga.created_at.0.to_rfc3339());
    say("changed", &saga.updated_at.0.to_rfc3339());
    say("held until", &or_dash(saga.lease_until.as_ref().map(|time| time.0.to_rfc3339())));
    let rows: Vec<[String; 6]> = detail
        .steps
        .iter()
        .map(|step| {
            let noted = step.output.iter().map(ToString::to_string).collect::<Vec<_>>();
            [
                step.name.to_owned(),
                step.state.to_owned(),
                or_dash(step.undo),
                step.attempts.to_string(),
                or_dash(Some(noted.join(" ")).filter(|noted| !noted.is_empty())),
                or_dash(step.error.as_ref()),
            ]
        })
        .collect();
    text + "\n" + &table(["STEP", "STATE", "UNDO", "FAILED", "NOTED", "LAST ERROR"], &rows)
}
