use super::teaching::student;
use super::{Pupil, Tale, Taught};
use crate::demo::answers::{Dropped, Seat};
use crate::demo::api::{FACULTY, Seen, dropped};
use crate::demo::wrong::{Wrong, must, same};
use rust_decimal::Decimal;

pub async fn hardly_spent(tale: &mut Tale<'_>, course: &Taught, pupils: &[Pupil]) -> Seen<()> {
    let pupil = nth(pupils, 1)?;
    tale.step("student 1 spends 10 credits and leaves: faculty drops him in time");
    tale.client.spend(pupil.project, 10).await?;
    tale.report.remark("a balance below the grant, so soon after it, is asked again for 5 s …");
    let result = drop_one(tale, course, pupil).await?;
    same("seat_recovered", result.seat_recovered, Some(true))?;
    same("credits_spent", result.credits_spent, Some(10.0))?;
    let seat = seat(tale, course, pupil).await?;
    same("the seat", (seat.state.as_str(), seat.previously_dropped), ("free", true))?;
    tale.seen("10 spent, fewer than 50: the seat is free again, for once");
    Ok(())
}

pub async fn spent(tale: &mut Tale<'_>, course: &Taught, pupils: &[Pupil]) -> Seen<()> {
    let pupil = nth(pupils, 2)?;
    tale.step("student 2 spends 60 credits and is dropped");
    tale.client.spend(pupil.project, 60).await?;
    let result = drop_one(tale, course, pupil).await?;
    same("seat_recovered", result.seat_recovered, Some(false))?;
    same("credits_spent", result.credits_spent, Some(60.0))?;
    same("the seat", seat(tale, course, pupil).await?.state.as_str(), "consumed")?;
    tale.seen("60 spent: the seat is used up, the other 140 credits are taken back");
    Ok(())
}

pub async fn never_again(tale: &mut Tale<'_>, course: &Taught, pupils: &[Pupil]) -> Seen<()> {
    let pupil = nth(pupils, 1)?;
    tale.step("student 1 changes his mind: once dropped is dropped");
    let students = [(pupil.student_id.clone(), "another@sandbox.example".to_owned())];
    let again = tale.client.assign(FACULTY, course.id, &students).await?;
    again.refused(409, "Students already enrolled in this course: S1")?;
    let claim = tale.client.claim(&pupil.user, pupil.enrolment).await?;
    claim.refused(409, "This enrolment has been dropped")?;
    tale.seen("neither a new seat nor the old link");
    Ok(())
}

pub async fn too_late_to_assign(tale: &mut Tale<'_>, course: &Taught) -> Seen<()> {
    tale.step("time goes by: the last drop date is over");
    let now = tale.client.pass(course.last_drop).await?;
    must(now > course.last_drop, "a time past the last drop date", now)?;
    let late = tale.client.assign(FACULTY, course.id, &[student(7)]).await?;
    late.refused(409, "Cannot assign seats after the course last drop date")?;
    tale.seen("no seat can be assigned any more");
    Ok(())
}

pub async fn late(tale: &mut Tale<'_>, course: &Taught, pupils: &[Pupil]) -> Seen<()> {
    let pupil = nth(pupils, 3)?;
    tale.step("student 3, who has spent nothing, is dropped too late");
    let result = drop_one(tale, course, pupil).await?;
    same("seat_recovered", result.seat_recovered, Some(false))?;
    same("credits_spent", result.credits_spent, Some(0.0))?;
    same("the seat", seat(tale, course, pupil).await?.state.as_str(), "consumed")?;
    let again = tale.client.drop_seats(FACULTY, course.id, &[pupil.seat]).await?;
    let again = dropped(again)?;
    let again = again.first().and_then(|result| result.error.as_deref());
    same("a second drop", again, Some("Enrolment is already dropped"))?;
    tale.seen("the seat is used up; a second drop changes nothing");
    Ok(())
}

fn nth(pupils: &[Pupil], number: usize) -> Seen<&Pupil> {
    let pupil = pupils.get(number.saturating_sub(1));
    pupil.ok_or_else(|| Wrong::new(format!("student {number}"), "nobody"))
}

/// Drops a student and checks what every drop leaves: no credits, nobody in the groups.
async fn drop_one(tale: &mut Tale<'_>, course: &Taught, pupil: &Pupil) -> Seen<Dropped> {
    let reply = tale.client.drop_seats(FACULTY, course.id, &[pupil.seat]).await?;
    let results = dropped(reply)?;
    let [result] = results.as_slice() else {
        return Err(Wrong::new("one result", format!("{results:?}")));
    };
    same("the drop", (result.status.as_str(), result.is_dropped), ("done", true))?;
    let balance = tale.client.accounts().await?;
    let balance = balance.project(pupil.project).map(|account| account.balance);
    same("credits that are left", balance, Some(Decimal::ZERO))?;
    let lab = course.watched.lab;
    let groups = tale.client.groups().await?.groups;
    let left = [format!("proj/{lab}/{}/member", pupil.project), format!("vlab/{lab}/member")];
    let still_in = groups.iter().filter(|group| left.contains(&group.name)).any(|group| {
        group.members.iter().any(|member| member.username.as_ref() == Some(&pupil.user))
    });
    must(!still_in, "that the student has left the groups", "the student in one of them")?;
    Ok(result.clone())
}

async fn seat(tale: &Tale<'_>, course: &Taught, pupil: &Pupil) -> Seen<Seat> {
    let seats = tale.client.seats(FACULTY, course.id).await?;
    let seat = seats.into_iter().find(|seat| seat.id == pupil.seat);
    seat.ok_or_else(|| Wrong::new(format!("seat {}", pupil.seat), "none"))
}
