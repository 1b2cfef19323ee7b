//! What somebody was told who waited for a sleeper must be so.

use crate::acts::{Act, Ground};
use crate::settled::object;
use course_seats::demo::answers::{Activated, Dropped, Expired, Results, Saga};
use course_seats::demo::api::{LAB_OWNER, assigned};
use course_seats::demo::{Client, Reply, Seen, Wrong, must, same};
use serde_json::Value;

/// Holds it against what became of the act: its `sagas`, and the rows.
pub async fn is_true(
    ground: &Ground,
    client: &Client,
    sagas: &[Saga],
    reply: Option<Reply>,
) -> Seen<()> {
    let reply = reply.ok_or_else(|| Wrong::new("an answer of the one that woke", "none"))?;
    let told = (reply.status, reply.body.clone());
    must(matches!(reply.status, 200 | 502 | 503), "200, 502 or 503", &told)?;
    let completed = sagas.iter().filter(|saga| saga.status == "completed").count();
    if matches!(ground.act, Act::CreateLab | Act::CreateProject | Act::AcceptInvite) {
        same(
            "200 for what is done, 502 or 503 for what is undone",
            reply.status == 200,
            completed == 1,
        )?;
    }
    if reply.status != 200 {
        return Ok(());
    }
    match ground.act {
        Act::CreateLab => {
            let id = reply.body["id"].as_str().map(str::to_owned);
            same("the new lab", id, Some(object(&sagas[0])?.to_string()))
        }
        Act::CreateProject => {
            let id = reply.body["id"].as_str().map(str::to_owned);
            same("the new project", id, Some(object(&sagas[0])?.to_string()))
        }
        Act::AcceptInvite => Ok(()),
        Act::CreateCourse => {
            let course: Value = reply.data()?;
            let funded = course["template_project_funded"].as_bool();
            same("that the template is funded", funded, Some(completed == 1))
        }
        Act::Assign => {
            let rows = client.enrolments(LAB_OWNER, ground.course).await?;
            let results = assigned(reply)?;
            same("results", results.len(), ground.students.len())?;
            for result in results {
                let row = rows.iter().find(|row| row.student_id == result.student_id);
                match result.status.as_str() {
                    "done" => must(row.is_some(), "the enrolment that was told", &result)?,
                    "failed" => must(row.is_none(), "no enrolment", &result)?,
                    _ => return Err(Wrong::new("nothing pending", format!("{result:?}"))),
                }
            }
            Ok(())
        }
        Act::Activate => {
            let results = reply.into::<Results<Activated>>()?.results;
            let activated: Vec<_> = results.iter().map(|it| it.activated).collect();
            same("students who were told to be in", activated, vec![completed == 1])
        }
        Act::Drop => {
            let results = reply.into::<Results<Dropped>>()?.results;
            let dropped: Vec<_> = results.iter().map(|it| it.is_dropped).collect();
            same("students who were told to be dropped", dropped, vec![true])
        }
        // That it is gone was seen.
        Act::Delete => Ok(()),
        Act::Void => {
            let course: Value = client.course(ground.course).await?.data()?;
            same("the course that was told to be voided", course["status"].as_str(), Some("voided"))
        }
        Act::End => {
            let told: Expired = reply.into()?;
            let told = (
                told.expired_courses_found,
                told.enrolments_dropped,
                told.enrolments_failed,
                told.vlabs_depleted,
            );
            let students = ground.students.len() as u64;
            same("courses, dropped, failed, depleted", told, (1, students, 0, 1))
        }
    }
}
