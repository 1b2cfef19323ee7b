//! The story: one step a function. Each does something as a client would, checks what must be
//! true then, and tells it.

mod closing;
mod dropping;
mod opening;
mod second_course;
mod summary;
mod teaching;

use super::api::Seen;
use super::audit::{Mails, Snapshot, Watched};
use super::client::Client;
use super::report::Report;
use super::wrong::Wrong;
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// How many seats are provisioned.
const SEATS: u32 = 10;

/// What a seat grants.
const CREDITS: u32 = 200;

/// Who tells the story, and to whom.
struct Tale<'a> {
    client: &'a Client,
    report: &'a mut Report,
}

/// A course of the story.
struct Taught {
    id: Uuid,
    watched: Watched,
    last_drop: DateTime<Utc>,
    end: DateTime<Utc>,
}

/// A student of the story, with a seat.
#[derive(Debug, Clone)]
struct Pupil {
    user: String,
    student_id: String,
    seat: Uuid,
    enrolment: Uuid,
    project: Uuid,
}

impl Tale<'_> {
    fn step(&mut self, what: &str) {
        let _ = self.client.take_exchanges();
        self.report.step(what);
    }

    fn seen(&mut self, what: &str) {
        self.report.seen(&self.client.take_exchanges(), what);
    }
}

impl Taught {
    fn new(
        id: Uuid,
        (lab, lab_name): (Uuid, &str),
        template: Uuid,
        (last_drop, end): (DateTime<Utc>, DateTime<Utc>),
    ) -> Self {
        let watched = Watched {
            lab,
            lab_name: lab_name.to_owned(),
            template,
            course: Some(id),
            admin: super::api::LAB_OWNER.to_owned(),
            credits: CREDITS,
            closed: false,
            former: Vec::new(),
            mails: Mails::One,
        };
        Self { id, watched, last_drop, end }
    }
}

/// Tells the whole story.
pub async fn tell(client: &Client, report: &mut Report) -> Result<(), Wrong> {
    let mut tale = Tale { client, report };
    let tale = &mut tale;
    opening::people(tale).await?;
    let institution = opening::institution(tale).await?;
    let lab = opening::lab(tale, "Neuroscience 101").await?;
    let template = opening::template(tale, lab).await?;
    let course = opening::draft(tale, lab, template, institution).await?;
    let dates = opening::dates(tale, course).await?;
    opening::activation(tale, course).await?;
    let mut first = Taught::new(course, (lab, "Neuroscience 101"), template, dates);
    opening::seats(tale, &first).await?;

    teaching::invite(tale, &first).await?;
    let pupils = teaching::assign(tale, &first).await?;
    teaching::mails(tale, &pupils).await?;
    teaching::claim(tale, &first, &pupils).await?;
    teaching::log_in(tale, &first, &pupils).await?;

    dropping::hardly_spent(tale, &first, &pupils).await?;
    dropping::spent(tale, &first, &pupils).await?;
    dropping::never_again(tale, &first, &pupils).await?;
    dropping::too_late_to_assign(tale, &first).await?;

    let mut second = second_course::open(tale, institution).await?;
    second_course::transfer(tale, &first, &second).await?;
    dropping::late(tale, &first, &pupils).await?;
    second_course::teach(tale, &second).await?;
    all_adds_up(tale, "in the middle of both courses", &first, &second).await?;

    closing::expiry(tale, &mut first).await?;
    closing::void(tale, &mut second).await?;
    let ended = all_adds_up(tale, "after both have ended", &first, &second).await?;
    summary::check_seats(&ended)?;
    closing::delete(tale, &mut first, &mut second).await?;
    let deleted = all_adds_up(tale, "after both are gone", &first, &second).await?;
    summary::check_credits(&deleted)?;
    summary::table(tale, &ended);
    Ok(())
}

/// The audit.
async fn all_adds_up(
    tale: &mut Tale<'_>,
    when: &str,
    first: &Taught,
    second: &Taught,
) -> Seen<Snapshot> {
    tale.step(&format!("the audit {when}: groups, credits, seats, mails, sagas"));
    let watched = [first.watched.clone(), second.watched.clone()];
    let snapshot = Snapshot::take(tale.client, &watched).await?;
    snapshot.adds_up()?;
    let (groups, accounts) = (snapshot.groups.len(), snapshot.accounts.projects.len());
    let mails = snapshot.mailbox.mails.len();
    tale.seen(&format!(
        "{groups} groups, {accounts} project accounts, {mails} mails, no open saga: all add up"
    ));
    Ok(snapshot)
}
