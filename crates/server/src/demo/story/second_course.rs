use super::teaching::{pupil, student};
use super::{Tale, Taught};
use crate::demo::api::{Dates, FACULTY, LAB_OWNER, Seen, assigned, transferred};
use crate::demo::wrong::{Wrong, same};
use chrono::{SubsecRound, TimeDelta};
use serde_json::json;
use uuid::Uuid;

const NAME: &str = "Neuroscience 102";

pub async fn open(tale: &mut Tale<'_>, institution: Uuid) -> Seen<Taught> {
    let client = tale.client;
    tale.step(&format!("a second course of the university opens, in the lab \"{NAME}\""));
    let lab = client.create_lab(NAME).await?;
    let template = client.create_project(lab, "Template").await?;
    let course = client.create_course(lab, template, institution).await?.id;
    let now = client.clock().await?.trunc_subsecs(0);
    let dates = Dates {
        start: now - TimeDelta::days(1),
        last_drop: now + TimeDelta::days(13),
        end: now + TimeDelta::days(90),
    };
    client.set_dates(course, dates).await?;
    client.activate_course(course).await?.ok()?;
    tale.seen("active, without a seat");
    Ok(Taught::new(course, (lab, NAME), template, (dates.last_drop, dates.end)))
}

pub async fn transfer(tale: &mut Tale<'_>, first: &Taught, second: &Taught) -> Seen<()> {
    tale.step("three of the first course's five free seats move to the second");
    let (client, source, target) = (tale.client, first.id, second.id);
    let many = client.transfer(source, target, json!(6)).await?;
    many.refused(409, "Requested 6 seats but only 5 available")?;
    let back = client.transfer(target, source, json!("all")).await?;
    back.refused(409, "Source course must be past its last drop date")?;
    let moved = transferred(client.transfer(source, target, json!(3)).await?)?;
    same("transferred_count", moved.transferred_count, 3)?;
    let now = client.seats(LAB_OWNER, target).await?;
    same("seats of the second course", now.len(), 3)?;
    let left = client.seats(FACULTY, source).await?;
    let left = left.iter().filter(|seat| seat.state == "free").count();
    same("free seats of the first course", left, 2)?;
    tale.seen("six were too many; three moved, two are left");
    Ok(())
}

pub async fn teach(tale: &mut Tale<'_>, second: &Taught) -> Seen<()> {
    tale.step("student 7 gets one of them, claims and logs in");
    let client = tale.client;
    let results = assigned(client.assign(LAB_OWNER, second.id, &[student(7)]).await?)?;
    let result = results.first().ok_or_else(|| Wrong::new("one result", "none"))?;
    let pupil = pupil(result, 7)?;
    client.claim(&pupil.user, pupil.enrolment).await?.ok()?;
    let activated = client.log_in(&pupil.user).await?;
    let activated: Vec<_> = activated.iter().map(|result| result.activated).collect();
    same("activations", activated, vec![true])?;
    tale.seen("and is in");
    Ok(())
}
