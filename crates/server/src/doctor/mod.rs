//! `course-seats doctor`: looks at every part that the settings name, and says in one screen what
//! works, what does not, and what to do.

mod checks;

use crate::config::Config;
use crate::wiring;
use clap::Args;
use course_seats_domain::values::EmailAddress;
use std::fmt::Write;

/// What is looked at beside the parts.
#[derive(Debug, Clone, Default, Args)]
pub struct DoctorOptions {
    /// Also look at the person with this e-mail address: can they accept an invite?
    #[arg(long, value_name = "EMAIL")]
    pub user: Option<EmailAddress>,
}

/// How it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// As it should be.
    Good,
    /// It works, but somebody should know.
    Odd,
    /// It does not work.
    Wrong,
}

/// What was found about a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Which part.
    pub part: &'static str,
    /// How it is.
    pub verdict: Verdict,
    /// What was seen.
    pub seen: String,
    /// What to do about it; empty if nothing.
    pub advice: String,
}

impl Finding {
    fn good(part: &'static str, seen: impl Into<String>) -> Self {
        Self { part, verdict: Verdict::Good, seen: seen.into(), advice: String::new() }
    }

    fn odd(part: &'static str, seen: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { part, verdict: Verdict::Odd, seen: seen.into(), advice: advice.into() }
    }

    fn wrong(part: &'static str, seen: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { part, verdict: Verdict::Wrong, seen: seen.into(), advice: advice.into() }
    }
}

/// Looks at everything, side by side: each check ends after the time limit of its part at the
/// latest.
pub async fn examine(config: &Config, options: &DoctorOptions) -> Vec<Finding> {
    let real = match wiring::open_real(config) {
        Ok(real) => real,
        Err(error) => return vec![Finding::wrong("Settings", error.to_string(), "")],
    };
    let (database, identity, accounting, mail) = futures::join!(
        checks::database(config),
        checks::identity(config, real.keycloak.as_deref()),
        checks::accounting(config, real.accounting.as_deref()),
        checks::mail(config, real.mailer.as_deref()),
    );
    let person = match (&options.user, real.keycloak.as_deref()) {
        (Some(user), Some(keycloak)) => vec![checks::person(config, keycloak, user).await],
        _ => Vec::new(),
    };
    [database, identity, person, accounting, mail].concat()
}

/// The findings, for people.
#[must_use]
pub fn told(config: &Config, findings: &[Finding]) -> String {
    let version = env!("CARGO_PKG_VERSION");
    let mut text = format!("Course Seats {version}, {}\n\n", config.environment.as_str());
    for finding in findings {
        let mark = match finding.verdict {
            Verdict::Good => "ok",
            Verdict::Odd => "odd",
            Verdict::Wrong => "WRONG",
        };
        // Writing into a string cannot fail, here and below.
        let _ = writeln!(text, "  {mark:<6} {:<12} {}", finding.part, finding.seen);
        if !finding.advice.is_empty() {
            let _ = writeln!(text, "  {:<6} {:<12} → {}", "", "", finding.advice);
        }
    }
    text
}
