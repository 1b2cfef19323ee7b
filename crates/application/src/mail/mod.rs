//! The texts of our mails, made from templates that escape.

mod in_hand;
mod pace;

pub(crate) use in_hand::{Held, InHand};
pub(crate) use pace::{Pace, Turn};

use crate::app::App;
use crate::ports::Mail;
use crate::ports::store::{MailContent, OutboxMail};
use crate::use_cases::labs::issue;
use minijinja::{Environment, context};

const CLAIM_TEXT: &str = include_str!("claim.txt");
const CLAIM_HTML: &str = include_str!("claim.html");
const INVITE_TEXT: &str = include_str!("invite.txt");
const INVITE_HTML: &str = include_str!("invite.html");

/// Why a mail has no text: a bug, or a secret that cannot sign.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ComposeError {
    #[error("the template does not render: {0}")]
    Template(#[from] minijinja::Error),
    #[error("the invite's token cannot be signed: {0}")]
    Token(#[from] jsonwebtoken::errors::Error),
}

/// The mail as it is sent.
pub(crate) fn compose(app: &App, mail: &OutboxMail) -> Result<Mail, ComposeError> {
    let base = app.settings.invite_link_base.trim_end_matches('/');
    let (subject, values, text, html) = match &mail.content {
        MailContent::Claim { enrolment, lab_name } => {
            let link = format!("{base}/course-enrolment?enrolment_id={enrolment}");
            let subject = format!("Your place in {lab_name}");
            (subject, context! { lab_name, link }, CLAIM_TEXT, CLAIM_HTML)
        }
        MailContent::Invite { invite, lab_name, inviter, expires_at } => {
            let token = issue(*invite, *expires_at, &app.settings.invite_secret)?;
            let link = format!("{base}/invite?token={token}");
            let until = expires_at.format("%-d %B %Y, %H:%M UTC").to_string();
            let subject = format!("Invitation to {lab_name}");
            (subject, context! { lab_name, link, inviter, until }, INVITE_TEXT, INVITE_HTML)
        }
    };
    Ok(Mail {
        id: mail.id,
        to: mail.to.clone(),
        subject,
        text: render("mail.txt", text, &values)?,
        html: render("mail.html", html, &values)?,
    })
}

/// `name` decides by its ending whether values are escaped.
fn render(
    name: &'static str,
    template: &'static str,
    values: &minijinja::Value,
) -> Result<String, minijinja::Error> {
    let mut environment = Environment::new();
    environment.add_template(name, template)?;
    environment.get_template(name)?.render(values)
}
