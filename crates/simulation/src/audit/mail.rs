use super::Audit;
use course_seats_application::ports::store::{MailContent, MailStatus};
use course_seats_domain::plans::{CourseStep, SagaKind};
use course_seats_domain::saga::Status;
use std::collections::BTreeSet;

impl Audit<'_> {
    /// Each mail arrived at least once for what was settled and is still so, and none did for what
    /// was never settled.
    pub(super) fn mail(&mut self) {
        let arrived: BTreeSet<_> =
            self.mailbox.deliveries.iter().map(|delivery| delivery.mail.id).collect();
        let settled: BTreeSet<_> = self
            .tables
            .sagas
            .values()
            .filter(|row| row.kind == SagaKind::AssignSeat && row.status == Status::Completed)
            .filter_map(|row| match row.plan.steps.last().map(|planned| &planned.step) {
                Some(CourseStep::SettleAssign(assign)) => Some(assign.enrolment),
                _ => None,
            })
            .collect();
        let mut found = Vec::new();
        let mut written = BTreeSet::new();
        for (id, row) in self.tables.mails.iter() {
            // The mail server will never take it.
            let dead = row.status == MailStatus::Dead;
            match row.content {
                MailContent::Claim { enrolment, .. } => {
                    written.insert(enrolment);
                    if !settled.contains(&enrolment) {
                        found.push(format!("mail {id} is about {enrolment}, never settled"));
                    }
                    let live = self.tables.enrolments.get(&enrolment);
                    let live = live.is_some_and(|row| !row.dropped);
                    if live && !dead && !arrived.contains(id) {
                        found.push(format!("mail {id} about {enrolment} never arrived"));
                    }
                }
                MailContent::Invite { invite, .. } => {
                    let known = self.tables.invites.contains_key(&invite);
                    if !known || !dead && !arrived.contains(id) {
                        found.push(format!("mail {id} about {invite} never arrived"));
                    }
                }
            }
            if row.status == MailStatus::Sent && !arrived.contains(id) {
                found.push(format!("mail {id} is said to be sent"));
            }
        }
        for id in arrived.iter().filter(|id| !self.tables.mails.contains_key(*id)) {
            found.push(format!("mail {id} arrived and was never written"));
        }
        for enrolment in settled.difference(&written) {
            found.push(format!("no mail was written for {enrolment}"));
        }
        self.findings.append(&mut found);
    }
}
