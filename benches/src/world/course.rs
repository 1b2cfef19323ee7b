//! Courses, seats and students to measure with, made as anybody makes them.

use super::Service;
use chrono::{DateTime, TimeDelta, Utc};
use course_seats::demo::answers::Assigned;
use course_seats::demo::api::{LAB_OWNER, assigned};
use course_seats::demo::{Dates, Seen, Wrong, must};
use futures::{StreamExt, TryStreamExt, stream};
use std::sync::atomic::{AtomicU32, Ordering};
use uuid::Uuid;

/// As many as one call provisions.
const SEATS_AT_ONCE: u32 = 100;

/// A course that was made.
#[derive(Debug, Clone, Copy)]
pub struct Made {
    pub course: Uuid,
    pub lab: Uuid,
    pub institution: Uuid,
}

/// A student with a seat, and who signs in as that student.
#[derive(Debug, Clone)]
pub struct Enrolled {
    pub user: String,
    pub seat: Uuid,
}

/// A number of its own for every name.
fn next() -> u32 {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    COUNT.fetch_add(1, Ordering::Relaxed)
}

/// Students: id and e-mail.
pub fn students(count: u32) -> Vec<(String, String)> {
    let batch = next();
    let student = |n| (format!("S-{batch}-{n}"), format!("s-{batch}-{n}@u.example"));
    (0..count).map(student).collect()
}

impl Service<'_> {
    /// An active course in a lab of its own.
    pub async fn course(&self, seats: u32) -> Seen<Made> {
        let client = &self.client;
        let name = format!("Course {}", next());
        let institution = client.create_institution(&format!("University of {name}")).await?;
        let lab = client.create_lab(&name).await?;
        let template = client.create_project(lab, "Template").await?;
        let course = client.create_course(lab, template, institution).await?.id;
        let now = now();
        let dates = Dates {
            start: now - TimeDelta::days(1),
            last_drop: now + TimeDelta::days(10),
            end: now + TimeDelta::days(90),
        };
        client.set_dates(course, dates).await?;
        client.activate_course(course).await?.ok()?;
        let mut left = seats;
        while left > 0 {
            client.provision(course, left.min(SEATS_AT_ONCE)).await?;
            left -= left.min(SEATS_AT_ONCE);
        }
        Ok(Made { course, lab, institution })
    }

    /// The course is past its end, and was funded long ago: a closing waits for a grant that was just
    /// answered.
    pub fn ends_now(&self, made: &Made) {
        self.database.psql(&format!(
            "UPDATE course SET end_date = now(), last_drop_date = now() - interval '1 hour' \
             WHERE id = '{}'; DELETE FROM reservation WHERE kind = 'template'",
            made.course
        ));
    }

    /// Assigns seats to these students, all of them with success.
    pub async fn assign(&self, course: Uuid, who: &[(String, String)]) -> Seen<Vec<Assigned>> {
        let results = assigned(self.client.assign(LAB_OWNER, course, who).await?)?;
        match results.iter().find(|result| result.status != "done") {
            None => Ok(results),
            Some(other) => Err(Wrong::new("that all are assigned", format!("{other:?}"))),
        }
    }

    /// Students with a seat who have claimed it, and been let in if that is wanted; each is a user
    /// of the realm.
    pub async fn enrolled(&self, course: Uuid, count: u32, let_in: bool) -> Seen<Vec<Enrolled>> {
        let people = self.world.keycloak.add_people(u64::from(count));
        let people = people.map_err(super::wrong("people"))?;
        let results = self.assign(course, &students(count)).await?;
        let made = people.into_iter().zip(results).map(|(person, result)| async move {
            let enrolment = result.enrolment_id.unwrap_or_default();
            self.client.claim(&person.username, enrolment).await?.ok()?;
            if let_in {
                let activated = self.client.log_in(&person.username).await?;
                let good = activated.iter().all(|one| one.activated) && !activated.is_empty();
                must(good, "that the student is let in", &activated)?;
            }
            Ok::<_, Wrong>(Enrolled { user: person.username, seat: result.seat_id })
        });
        stream::iter(made).buffered(16).try_collect().await
    }
}

#[expect(clippy::disallowed_methods, reason = "the service lives by the system's clock")]
fn now() -> DateTime<Utc> {
    use chrono::SubsecRound;
    Utc::now().trunc_subsecs(0)
}
