use super::{CREDITS, Pupil, Tale, Taught};
use crate::demo::answers::{Assigned, Job, Mail};
use crate::demo::api::{FACULTY, Seen};
use crate::demo::pause::until;
use crate::demo::wrong::{Wrong, must, same};
use rust_decimal::Decimal;
use serde_json::Value;
use std::time::Duration;

/// How long a mail may take.
const MAIL_LIMIT: Duration = Duration::from_secs(10);

/// How long an assign may take.
const JOB_LIMIT: Duration = Duration::from_secs(60);

pub async fn invite(tale: &mut Tale<'_>, course: &Taught) -> Seen<()> {
    let (lab, client) = (course.watched.lab, tale.client);
    tale.step("obi-virtual-lab invites faculty to run the lab; the link comes by mail");
    let path = format!("/seats/courses/{}", course.id);
    let before = client.call(Some(FACULTY), reqwest::Method::GET, &path, None).await?;
    before.refused(403, "Not authorized to perform this action")?;
    client.invite(lab, "faculty@sandbox.example").await?.ok()?;
    let is_ours = |mail: &Mail| mail.to == "faculty@sandbox.example";
    let mailbox = until(
        MAIL_LIMIT,
        || client.mailbox(),
        |mailbox| must(mailbox.mails.iter().any(is_ours), "a mail to faculty", "none"),
    )
    .await?;
    let mail = mailbox.mails.iter().find(|mail| is_ours(mail));
    let token = mail.and_then(|mail| mail.parameter("token")).unwrap_or_default();
    let other = client.accept_invite("student-1", token).await?;
    other.refused(403, "Invite was sent to another e-mail address")?;
    client.accept_invite(FACULTY, token).await?.ok()?;
    client.seats(FACULTY, course.id).await?;
    tale.seen("faculty is an admin of the course; student-1, with the same link, is not");
    Ok(())
}

pub async fn assign(tale: &mut Tale<'_>, course: &Taught) -> Seen<Vec<Pupil>> {
    tale.step("faculty assigns seats to six students, in one request; a job shows the progress");
    let students: Vec<(String, String)> = (1..=6).map(student).collect();
    let results = watch_assign(tale, course, &students).await?;
    same("results", results.len(), students.len())?;
    let pupils: Vec<Pupil> = results
        .iter()
        .zip(1..)
        .map(|(result, number)| pupil(result, number))
        .collect::<Seen<_>>()?;
    let accounts = tale.client.accounts().await?;
    for pupil in &pupils {
        let balance = accounts.project(pupil.project).map(|account| account.balance);
        same("credits of a student", balance, Some(Decimal::from(CREDITS)))?;
    }
    tale.seen(&format!("six done; a project with {CREDITS} credits for each"));
    Ok(pupils)
}

/// Begins an assign and shows its job until it is done and the mails are on their way.
async fn watch_assign(
    tale: &mut Tale<'_>,
    course: &Taught,
    students: &[(String, String)],
) -> Seen<Vec<Assigned>> {
    let client = tale.client;
    let job = client.begin_assign(FACULTY, course.id, students).await?;
    let bar = tale.report.progress(students.len() as u64);
    let seen = until(
        JOB_LIMIT,
        || client.assign_job(FACULTY, course.id, job),
        |job: &Job<Assigned>| {
            bar.set_position(job.done + job.failed);
            same("the job", job.status.as_str(), "done")?;
            let mails = job.results.iter().all(|result| result.email_sent);
            must(mails || job.failed > 0, "a mail to each student", &job.results)
        },
    )
    .await;
    bar.finish_and_clear();
    let seen = seen?;
    tale.report.remark(&format!("{} of {} done, {} failed", seen.done, seen.total, seen.failed));
    Ok(seen.results)
}

/// Student id and e-mail of student number so.
pub fn student(number: u32) -> (String, String) {
    (format!("S{number}"), format!("student-{number}@sandbox.example"))
}

/// The student of a result that must be a good one.
pub fn pupil(result: &Assigned, number: u32) -> Seen<Pupil> {
    same("assignment", (result.status.as_str(), &result.error), ("done", &None))?;
    must(result.email_sent, "email_sent", result)?;
    let missing = || Wrong::new("an enrolment and a project", format!("{result:?}"));
    Ok(Pupil {
        user: format!("student-{number}"),
        student_id: result.student_id.clone(),
        seat: result.seat_id,
        enrolment: result.enrolment_id.ok_or_else(missing)?,
        project: result.project_id.ok_or_else(missing)?,
    })
}

pub async fn mails(tale: &mut Tale<'_>, pupils: &[Pupil]) -> Seen<()> {
    tale.step("each student gets a mail with a claim link");
    let mailbox = tale.client.mailbox().await?;
    for pupil in pupils {
        let to = format!("{}@sandbox.example", pupil.user);
        let links: Vec<_> =
            mailbox.mails.iter().filter(|mail| mail.to == to).map(Mail::enrolment).collect();
        same("claim links", links, vec![Some(pupil.enrolment)])?;
    }
    let link = mailbox.mails.first().and_then(|mail| mail.links.first());
    tale.seen(&format!("six mails, such as {}", link.map(String::as_str).unwrap_or_default()));
    Ok(())
}

pub async fn claim(tale: &mut Tale<'_>, course: &Taught, pupils: &[Pupil]) -> Seen<()> {
    tale.step("students 1 to 5 follow their links and claim; student 6 does not");
    for pupil in pupils.iter().take(5) {
        let body = tale.client.claim(&pupil.user, pupil.enrolment).await?.ok()?;
        let lab = body.pointer("/data/virtual_lab_id").and_then(Value::as_str);
        same("the lab of a claim", lab, Some(course.watched.lab.to_string().as_str()))?;
    }
    if let Some(first) = pupils.first() {
        let again = tale.client.claim("student-9", first.enrolment).await?;
        again.refused(409, "This enrolment has already been claimed")?;
    }
    tale.seen("five claimed; a link works once");
    Ok(())
}

pub async fn log_in(tale: &mut Tale<'_>, course: &Taught, pupils: &[Pupil]) -> Seen<()> {
    tale.step("at login they are let in");
    for pupil in pupils.iter().take(5) {
        let results = tale.client.log_in(&pupil.user).await?;
        let activated: Vec<_> =
            results.iter().map(|result| (result.enrolment_id, result.activated)).collect();
        same("activations", activated, vec![(pupil.enrolment, true)])?;
    }
    let nothing = tale.client.log_in("student-6").await?;
    same("activations of who has not claimed", nothing.len(), 0)?;
    let groups = tale.client.groups().await?.groups;
    let name = format!("vlab/{}/member", course.watched.lab);
    let members = groups.iter().find(|group| group.name == name).map(|group| group.members.len());
    same("members of the lab", members, Some(5))?;
    tale.seen("five are in the group of their project and of the lab");
    Ok(())
}
