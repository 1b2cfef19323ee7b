#![doc = include_str!("../README.md")]

mod compose;
mod connection;
mod failure;
mod mailer;
mod pool;
mod settings;

pub use mailer::SmtpMailer;
pub use settings::{MailCredentials, MailSecurity, MailerSettings, MailerSetupError};
