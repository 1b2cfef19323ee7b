use super::{CREDITS, SEATS, Tale, Taught};
use crate::demo::api::{FACULTY, LAB_OWNER, SERVICE_ADMIN, Seen};
use crate::demo::wrong::{must, same};
use chrono::{DateTime, Utc};
use reqwest::Method;
use rust_decimal::Decimal;
use uuid::Uuid;

pub async fn people(tale: &mut Tale<'_>) -> Seen<()> {
    tale.step("everybody signs in with OpenID Connect");
    for user in [SERVICE_ADMIN, LAB_OWNER, FACULTY, "student-1"] {
        tale.client.token(user).await?;
    }
    let wrong = tale.client.sign_in(FACULTY, "guessed").await?;
    same("a wrong password", wrong.status, 401)?;
    let nobody = tale.client.call(None, Method::GET, "/institutions/_search", None).await?;
    nobody.refused(401, "No Authentication was provided")?;
    tale.seen("tokens for service-admin, obi-virtual-lab, faculty; a wrong password gets none");
    Ok(())
}

pub async fn institution(tale: &mut Tale<'_>) -> Seen<Uuid> {
    tale.step("service-admin registers an institution");
    let id = tale.client.create_institution("Example University").await?;
    tale.seen(&format!("Example University is {id}"));
    Ok(id)
}

pub async fn lab(tale: &mut Tale<'_>, name: &str) -> Seen<Uuid> {
    tale.step(&format!("obi-virtual-lab makes the virtual lab \"{name}\""));
    let id = tale.client.create_lab(name).await?;
    let groups = tale.client.groups().await?.groups;
    let admins = groups.iter().find(|group| group.name == format!("vlab/{id}/admin"));
    let admins = admins.map(|group| group.members.len());
    same("members of the lab's admin group", admins, Some(1))?;
    tale.seen(&format!("lab {id}, with its groups (its owner is the admin) and its account"));
    Ok(id)
}

pub async fn template(tale: &mut Tale<'_>, lab: Uuid) -> Seen<Uuid> {
    tale.step("and a template project in it");
    let id = tale.client.create_project(lab, "Template").await?;
    let again = serde_json::json!({ "name": "TEMPLATE" });
    let again =
        tale.client.post(LAB_OWNER, &format!("/virtual-labs/{lab}/projects"), again).await?;
    again.refused(400, "Another project with the same name already exists")?;
    tale.seen(&format!("project {id}; the name is taken from here on, also in capitals"));
    Ok(id)
}

pub async fn draft(
    tale: &mut Tale<'_>,
    lab: Uuid,
    template: Uuid,
    institution: Uuid,
) -> Seen<Uuid> {
    tale.step("service-admin makes a course on the lab");
    let course = tale.client.create_course(lab, template, institution).await?;
    same("status", course.status.as_str(), "draft")?;
    same("template_project_funded", course.template_project_funded, Some(true))?;
    let accounts = tale.client.accounts().await?;
    let balance = accounts.project(template).map(|account| account.balance);
    same("credits of the template", balance, Some(Decimal::from(CREDITS)))?;
    tale.seen(&format!("draft {}, its template holds {CREDITS} credits", course.id));
    Ok(course.id)
}

pub async fn dates(tale: &mut Tale<'_>, course: Uuid) -> Seen<(DateTime<Utc>, DateTime<Utc>)> {
    tale.step("the course gets its dates");
    let early = tale.client.activate_course(course).await?;
    early.refused(409, "Cannot activate: the following fields are not set")?;
    let now = tale.client.clock().await?;
    let calendar = tale.client.outside().calendar();
    let dates = calendar.dates(now);
    tale.client.set_dates(course, dates).await?;
    let form = if calendar.can_turn() { "%-d %B" } else { "%-d %B %H:%M:%S" };
    let day = |time: DateTime<Utc>| time.format(form).to_string();
    tale.seen(&format!(
        "starts {}, last drop {}, ends {}; without them it could not be activated",
        day(dates.start),
        day(dates.last_drop),
        day(dates.end),
    ));
    Ok((dates.last_drop, dates.end))
}

pub async fn activation(tale: &mut Tale<'_>, course: Uuid) -> Seen<()> {
    tale.step("the course is activated");
    let active: crate::demo::answers::Course = tale.client.activate_course(course).await?.data()?;
    same("status", active.status.as_str(), "active")?;
    let body = serde_json::json!({ "start_date": null });
    let path = format!("/courses/{course}");
    let late = tale.client.call(Some(SERVICE_ADMIN), Method::PATCH, &path, Some(body)).await?;
    late.refused(409, "Only draft courses can be modified")?;
    tale.seen("active; from here on it cannot be changed");
    Ok(())
}

pub async fn seats(tale: &mut Tale<'_>, course: &Taught) -> Seen<()> {
    tale.step(&format!("service-admin provisions {SEATS} seats"));
    let new = tale.client.provision(course.id, SEATS).await?;
    same("new seats", new.len(), SEATS as usize)?;
    let seats = tale.client.seats(LAB_OWNER, course.id).await?;
    let free = seats.iter().filter(|seat| seat.state == "free").count();
    same("free seats", free, SEATS as usize)?;
    must(seats.iter().all(|seat| seat.credit_value == CREDITS), "200 credits a seat", &seats)?;
    tale.seen(&format!("{free} free seats of {CREDITS} credits"));
    Ok(())
}
