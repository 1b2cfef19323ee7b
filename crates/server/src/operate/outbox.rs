use super::table::{or_dash, table, which_part};
use super::{ACTOR, PageArgs, database, open, told};
use crate::config::Config;
use crate::http::page::Pagination;
use crate::http::views::{MailList, MailOut};
use clap::{Args, Subcommand};
use course_seats_application::App;
use course_seats_application::ports::store::MailStatus;
use course_seats_application::use_cases::operations::{list_mails, retry_mail};
use uuid::Uuid;

/// The mails that are to be sent, were sent, or will not be.
#[derive(Debug, Clone, Args)]
pub struct OutboxArgs {
    #[command(subcommand)]
    command: Option<OutboxCommand>,
    /// Write JSON.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Clone, Subcommand)]
enum OutboxCommand {
    /// List them, newest first.
    List {
        /// Only those that are queued, sent, dead or cancelled.
        #[arg(long, value_parser = status)]
        status: Option<MailStatus>,
        #[command(flatten)]
        page: PageArgs,
    },
    /// Make a queued or dead one due now.
    Retry {
        /// Its id.
        id: Uuid,
    },
}

fn status(word: &str) -> Result<MailStatus, String> {
    let found = MailStatus::ALL.into_iter().find(|status| status.as_str() == word);
    found.ok_or_else(|| "queued, sent, dead or cancelled".into())
}

impl OutboxArgs {
    /// Does it, and returns what is to be said.
    ///
    /// # Errors
    /// What went wrong, in words.
    pub async fn run(self, config: &Config) -> Result<String, String> {
        let opened = open(config, false).await?;
        let app = &*opened.app;
        match self.command {
            None => list(app, None, PageArgs::default(), self.json).await,
            Some(OutboxCommand::List { status, page }) => list(app, status, page, self.json).await,
            Some(OutboxCommand::Retry { id }) => {
                let done = retry_mail(app, ACTOR, id.into()).await;
                done.map_err(|error| error.to_string())?;
                let what = "It is due now: a running server sends it at its next look.\n";
                told(self.json, &serde_json::json!({ "id": id }), || what.to_owned())
            }
        }
    }
}

async fn list(
    app: &App,
    status: Option<MailStatus>,
    page: PageArgs,
    json: bool,
) -> Result<String, String> {
    let found = list_mails(app, status, page.page()).await.map_err(database)?;
    let pagination = Pagination::of(page.page(), found.total);
    let list = MailList { data: found.items.into_iter().map(MailOut::from).collect(), pagination };
    told(json, &list, || {
        let rows: Vec<_> = list.data.iter().map(row).collect();
        let heads = ["ID", "KIND", "STATUS", "ABOUT", "TO", "FAILED", "NEXT TRY", "LAST ERROR"];
        let part = which_part(rows.len(), found.total, page.page, "mails");
        if rows.is_empty() { part } else { table(heads, &rows) + &part }
    })
}

fn row(mail: &MailOut) -> [String; 8] {
    let next = mail.next_attempt_at.as_ref();
    [
        mail.id.to_string(),
        mail.kind.to_owned(),
        mail.status.to_owned(),
        mail.subject.to_string(),
        mail.to.clone(),
        mail.attempts.to_string(),
        or_dash(next.map(|at| at.0.format("%Y-%m-%d %H:%M:%S"))),
        or_dash(mail.error.as_ref()),
    ]
}
