use crate::demo::answers::{Mail, Mailbox};
use crate::demo::wrong::Wrong;
use serde::Deserialize;
use std::path::Path;

/// A mail as `scripts/smtp_server.py` keeps it.
#[derive(Deserialize)]
struct Kept {
    to: Vec<String>,
    headers: Vec<(String, String)>,
    text: String,
}

/// All mails in the file, newest first. No file: no mail yet.
pub(super) fn read(path: &Path) -> Result<Mailbox, Wrong> {
    let kept = match std::fs::read_to_string(path) {
        Ok(kept) => kept,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(Wrong::new("the file of the mails", error.to_string())),
    };
    // A line that is being written has no end yet.
    let whole = kept.split_inclusive('\n').filter(|line| line.ends_with('\n'));
    let mails = whole.map(|line| serde_json::from_str::<Kept>(line).map(mail));
    let mut mails: Vec<Mail> = mails
        .collect::<Result<_, _>>()
        .map_err(|error| Wrong::new("a mail a line", error.to_string()))?;
    mails.reverse();
    Ok(Mailbox { mails })
}

fn mail(kept: Kept) -> Mail {
    let subject = kept.headers.into_iter().find(|(name, _)| name == "Subject");
    Mail {
        to: kept.to.into_iter().next().unwrap_or_default(),
        subject: subject.map(|(_, subject)| subject).unwrap_or_default(),
        links: links(&kept.text),
    }
}

fn links(text: &str) -> Vec<String> {
    let words = text.split_whitespace();
    words.filter(|word| word.starts_with("http")).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_is_read_and_a_line_without_an_end_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mails.jsonl");
        assert_eq!(read(&path).unwrap().mails.len(), 0);
        let line = r#"{"to":["s@u.example"],"headers":[["Subject","A place"]],"text":"Claim:\nhttp://p/x?enrolment_id=1\n"}"#;
        std::fs::write(&path, format!("{line}\n{{\"to\":")).unwrap();
        let mails = read(&path).unwrap().mails;
        assert_eq!(mails.len(), 1);
        assert_eq!((mails[0].to.as_str(), mails[0].subject.as_str()), ("s@u.example", "A place"));
        assert_eq!(mails[0].parameter("enrolment_id"), Some("1"));
        std::fs::write(&path, "no mail\n").unwrap();
        assert!(read(&path).is_err());
    }
}
