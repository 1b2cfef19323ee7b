use super::{Mails, Seen};
use crate::demo::answers::{Enrolment, Mail, Mailbox};
use std::collections::HashMap;
use uuid::Uuid;

/// Claim mails, held against the rows.
pub fn findings(seen: &Seen, mailbox: &Mailbox) -> Vec<String> {
    let mut findings = Vec::new();
    // To its end: the name of one lab may be the beginning of another's.
    let ending = format!(" in {}", seen.watched.lab_name);
    let of_the_lab = |mail: &&Mail| mail.subject.ends_with(&ending);
    let mut mails: HashMap<Uuid, Vec<&Mail>> = HashMap::new();
    for mail in mailbox.mails.iter().filter(of_the_lab) {
        if let Some(enrolment) = mail.enrolment() {
            mails.entry(enrolment).or_default().push(mail);
        }
    }
    for enrolment in seen.enrolments.iter().chain(&seen.watched.former) {
        let got = mails.remove(&enrolment.id).unwrap_or_default();
        if !is_right(seen.watched.mails, enrolment, got.len()) {
            findings.push(format!("enrolment {} got {} mails", enrolment.id, got.len()));
        }
        if got.iter().any(|mail| mail.to != enrolment.contact_email) {
            findings.push(format!("a mail of enrolment {} went to another", enrolment.id));
        }
    }
    if seen.watched.mails != Mails::Any {
        let nobody = |id| format!("a mail was sent for {id}, which is nobody");
        findings.extend(mails.keys().map(nobody));
    }
    findings
}

fn is_right(mails: Mails, enrolment: &Enrolment, count: usize) -> bool {
    match mails {
        Mails::One => count == 1,
        Mails::AtLeastOne => count >= 1 || enrolment.is_dropped,
        Mails::Any => true,
    }
}
