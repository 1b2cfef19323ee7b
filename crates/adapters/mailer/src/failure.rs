//! What a failure says about the mail. It depends on how far the conversation had come.

use course_seats_application::ports::PortError;
use lettre::transport::smtp::Error;

/// How far the conversation had come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Before anything about this mail was said: greeting, encryption, credentials, and the
    /// sender, which is the same for all mails.
    Opening,
    /// The recipient, and the server's word that it will listen.
    Addressed,
    /// The mail itself is on its way: from here on it may have been taken.
    Content,
}

/// What a failure at this stage means. The server's own text may hold the address: only its code is
/// passed on.
pub(crate) fn meaning(stage: Stage, error: &Error) -> PortError {
    if let Some(code) = error.status() {
        let said = format!("SMTP {code}");
        let is_about_us = matches!(u16::from(code), 530 | 534 | 535 | 538);
        return match error.is_permanent() && stage != Stage::Opening && !is_about_us {
            true => PortError::Rejected(said),
            false => PortError::Unavailable(said),
        };
    }
    if stage == Stage::Content {
        return PortError::Unknown("the mail was sent, its answer was lost".into());
    }
    PortError::Unavailable(what(error).into())
}

fn what(error: &Error) -> &'static str {
    if error.is_tls() {
        "TLS with the mail server failed"
    } else if error.is_client() {
        "the mail server lacks what is needed: STARTTLS, or a way to sign in"
    } else if error.is_response() {
        "the mail server's answer cannot be read"
    } else {
        "no connection to the mail server"
    }
}

/// The time limit was reached.
pub(crate) fn too_slow(stage: Stage) -> PortError {
    match stage {
        Stage::Content => PortError::Unknown("no answer to the mail within the limit".into()),
        _ => PortError::Unavailable("the mail server is too slow".into()),
    }
}
