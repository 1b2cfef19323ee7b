use super::{Tale, Taught};
use crate::demo::answers::{Course, Enrolment};
use crate::demo::api::{FACULTY, LAB_OWNER, Seen};
use crate::demo::pause::until;
use crate::demo::wrong::{must, same};
use std::time::Duration;

/// How long a closing may take.
const LIMIT: Duration = Duration::from_secs(20);

pub async fn expiry(tale: &mut Tale<'_>, course: &mut Taught) -> Seen<()> {
    tale.step("more time goes by: the first course is over, and the daily expiry runs");
    let client = tale.client;
    let now = client.pass(course.end).await?;
    must(now > course.end, "a time past the end", now)?;
    let claim = client.enrolments(FACULTY, course.id).await?;
    let unclaimed = claim.iter().find(|enrolment| enrolment.claimed_by.is_none());
    if let Some(unclaimed) = unclaimed {
        let late = client.claim("student-6", unclaimed.id).await?;
        must(late.status == 409, "that nobody claims any more", late.status)?;
    }
    let done = client.expire_courses().await?;
    let all = until(
        LIMIT,
        || client.enrolments(FACULTY, course.id),
        |all: &Vec<Enrolment>| {
            let left = all.iter().filter(|enrolment| !enrolment.is_dropped).count();
            same("enrolments that are not dropped", left, 0)
        },
    )
    .await?;
    settled(tale).await?;
    course.watched.closed = true;
    // Turning the clock wakes the schedule too: either may be the one that closes the course.
    let by = match done.expired_courses_found {
        0 => "by schedule, before it was asked for",
        _ => "on demand",
    };
    tale.seen(&format!("{by}: all {} are dropped, the lab's credits are taken back", all.len()));
    Ok(())
}

pub async fn void(tale: &mut Tale<'_>, course: &mut Taught) -> Seen<()> {
    tale.step("the second course is called off");
    let client = tale.client;
    let active = client.delete_course(course.id).await?;
    active.refused(409, "Active courses cannot be deleted. Void the course first.")?;
    let voided: Course = client.void_course(course.id).await?.data()?;
    same("status", voided.status.as_str(), "voided")?;
    let again: Course = client.void_course(course.id).await?.data()?;
    same("status, voided twice", again.status.as_str(), "voided")?;
    settled(tale).await?;
    let all = client.enrolments(LAB_OWNER, course.id).await?;
    same("dropped", all.iter().filter(|enrolment| enrolment.is_dropped).count(), all.len())?;
    course.watched.closed = true;
    tale.seen("voided: student 7 is dropped, all credits are taken back");
    Ok(())
}

pub async fn delete(tale: &mut Tale<'_>, first: &mut Taught, second: &mut Taught) -> Seen<()> {
    tale.step("both courses are deleted");
    let client = tale.client;
    // The first one only ended: it is still active by name.
    client.void_course(first.id).await?.ok()?;
    for course in [first, second] {
        course.watched.former = client.enrolments(LAB_OWNER, course.id).await?;
        client.delete_course(course.id).await?.ok()?;
        let gone = client.course(course.id).await?;
        gone.refused(404, &format!("Course {} not found", course.id))?;
        course.watched.course = None;
    }
    settled(tale).await?;
    tale.seen("with their seats, enrolments and the students' groups");
    Ok(())
}

/// Waits until no saga is open.
async fn settled(tale: &Tale<'_>) -> Seen<()> {
    for status in ["running", "undoing"] {
        until(
            LIMIT,
            || tale.client.sagas(status),
            |sagas| same(&format!("sagas that are {status}"), sagas.len(), 0),
        )
        .await?;
    }
    Ok(())
}
