//! A course to do things to, and the audit afterwards.

use chrono::{SubsecRound, TimeDelta};
use course_seats::demo::api::LAB_OWNER;
use course_seats::demo::{Client, Dates, Mails, Snapshot, Watched, Wrong, until};
use std::time::Duration;
use uuid::Uuid;

/// How long it may take until everything that was begun is settled.
const SETTLE_LIMIT: Duration = Duration::from_secs(60);

/// Makes an active course with seats in a lab of its own.
pub async fn course(client: &Client, name: &str, seats: u32) -> Result<Watched, Wrong> {
    let institution = client.create_institution(&format!("University of {name}")).await?;
    let lab = client.create_lab(name).await?;
    let template = client.create_project(lab, "Template").await?;
    let course = client.create_course(lab, template, institution).await?.id;
    let now = client.clock().await?.trunc_subsecs(0);
    let dates = Dates {
        start: now - TimeDelta::days(1),
        last_drop: now + TimeDelta::days(10),
        end: now + TimeDelta::days(90),
    };
    client.set_dates(course, dates).await?;
    client.activate_course(course).await?.ok()?;
    client.provision(course, seats).await?;
    Ok(Watched {
        lab,
        lab_name: name.to_owned(),
        template,
        course: Some(course),
        admin: LAB_OWNER.to_owned(),
        credits: 200,
        closed: false,
        former: Vec::new(),
        mails: Mails::AtLeastOne,
    })
}

/// Students of a course: id and e-mail.
pub fn students(name: &str, count: u32) -> Vec<(String, String)> {
    let student = |number| (format!("{name}-{number}"), format!("{name}-{number}@u.example"));
    (1..=count).map(student).collect()
}

/// Waits until no saga is open, then demands that all adds up. (Mail may take a moment more.)
pub async fn settled(client: &Client, watched: &[Watched]) -> Result<Snapshot, Wrong> {
    until(
        SETTLE_LIMIT,
        || Snapshot::take(client, watched),
        |seen| match seen.open.as_slice() {
            [] => Ok(()),
            open => Err(Wrong::new("that no saga is open", format!("{open:?}"))),
        },
    )
    .await?;
    let mail_limit = Duration::from_secs(15);
    until(mail_limit, || Snapshot::take(client, watched), Snapshot::adds_up).await
}

/// The id of a course that is not deleted.
pub fn id(watched: &Watched) -> Result<Uuid, Wrong> {
    watched.course.ok_or_else(|| Wrong::new("a course", "none"))
}
