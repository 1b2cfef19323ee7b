//! The endpoints, one method each.

use super::answers::{
    Accounts, Activated, Assigned, Course, Dropped, Enrolment, Enrolments, Expired, Groups, Job,
    Mailbox, Provisioned, Results, Saga, Sagas, Seat, Seats, Transferred, WithId,
};
use super::client::{Client, Reply};
use super::wrong::Wrong;
use chrono::{DateTime, Utc};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

/// Who runs the service.
pub const SERVICE_ADMIN: &str = "service-admin";
/// Who owns course labs.
pub const LAB_OWNER: &str = "obi-virtual-lab";
/// Who teaches.
pub const FACULTY: &str = "faculty";

/// The dates of a course.
#[derive(Debug, Clone, Copy)]
pub struct Dates {
    /// Students are let in from here on.
    pub start: DateTime<Utc>,
    /// No seat is assigned and none comes back from here on.
    pub last_drop: DateTime<Utc>,
    /// Everything is taken back from here on.
    pub end: DateTime<Utc>,
}

/// What a call may end with.
pub type Seen<T> = Result<T, Wrong>;

impl Client {
    /// Registers an institution.
    pub async fn create_institution(&self, name: &str) -> Seen<Uuid> {
        let body = json!({ "name": name, "contact_email": "courses@university.example" });
        let made: WithId = self.post(SERVICE_ADMIN, "/institutions", body).await?.data()?;
        Ok(made.id)
    }

    /// Makes a lab, owned by whoever owns course labs.
    pub async fn create_lab(&self, name: &str) -> Seen<Uuid> {
        let body = json!({ "name": name, "description": "For a course", "entity": "University" });
        let made: WithId = self.post(LAB_OWNER, "/virtual-labs", body).await?.into()?;
        Ok(made.id)
    }

    /// Makes a project in a lab.
    pub async fn create_project(&self, lab: Uuid, name: &str) -> Seen<Uuid> {
        let body = json!({ "name": name, "description": "What students start from" });
        let path = format!("/virtual-labs/{lab}/projects");
        let made: WithId = self.post(LAB_OWNER, &path, body).await?.into()?;
        Ok(made.id)
    }

    /// Makes a course without dates.
    pub async fn create_course(
        &self,
        lab: Uuid,
        template: Uuid,
        institution: Uuid,
    ) -> Seen<Course> {
        let body = json!({
            "virtual_lab_id": lab,
            "template_project_id": template,
            "institution_id": institution,
        });
        self.post(SERVICE_ADMIN, "/courses", body).await?.data()
    }

    /// Sets the dates of a draft.
    pub async fn set_dates(&self, course: Uuid, dates: Dates) -> Seen<Course> {
        let body = json!({
            "start_date": dates.start,
            "last_drop_date": dates.last_drop,
            "end_date": dates.end,
        });
        let path = format!("/courses/{course}");
        self.call(Some(SERVICE_ADMIN), Method::PATCH, &path, Some(body)).await?.data()
    }

    /// Makes a draft active.
    pub async fn activate_course(&self, course: Uuid) -> Seen<Reply> {
        self.post(SERVICE_ADMIN, &format!("/courses/{course}/activate"), Value::Null).await
    }

    /// Voids a course.
    pub async fn void_course(&self, course: Uuid) -> Seen<Reply> {
        self.post(SERVICE_ADMIN, &format!("/courses/{course}/void"), Value::Null).await
    }

    /// Deletes a course.
    pub async fn delete_course(&self, course: Uuid) -> Seen<Reply> {
        self.call(Some(SERVICE_ADMIN), Method::DELETE, &format!("/courses/{course}"), None).await
    }

    /// Shows a course.
    pub async fn course(&self, course: Uuid) -> Seen<Reply> {
        self.call(Some(SERVICE_ADMIN), Method::GET, &format!("/courses/{course}"), None).await
    }

    /// Provisions seats.
    pub async fn provision(&self, course: Uuid, seats: u32) -> Seen<Vec<Seat>> {
        let body = json!({ "course_id": course, "number_of_seats": seats });
        let made: Provisioned = self.post(SERVICE_ADMIN, "/seats/provision", body).await?.data()?;
        Ok(made.seats)
    }

    /// The seats of a course, as an admin of it sees them.
    pub async fn seats(&self, user: &str, course: Uuid) -> Seen<Vec<Seat>> {
        Ok(self.get::<Seats>(user, &format!("/seats/courses/{course}")).await?.data)
    }

    /// The enrolments of a course, as an admin of it sees them.
    pub async fn enrolments(&self, user: &str, course: Uuid) -> Seen<Vec<Enrolment>> {
        let path = format!("/courses/{course}/enrolments");
        Ok(self.get::<Enrolments>(user, &path).await?.enrolments)
    }

    /// Assigns seats to students: student id and e-mail.
    pub async fn assign(
        &self,
        user: &str,
        course: Uuid,
        students: &[(String, String)],
    ) -> Seen<Reply> {
        self.assign_with(user, course, students, &[]).await
    }

    /// The same with more headers.
    pub async fn assign_with(
        &self,
        user: &str,
        course: Uuid,
        students: &[(String, String)],
        headers: &[(&str, &str)],
    ) -> Seen<Reply> {
        let students: Vec<Value> = students
            .iter()
            .map(|(id, email)| json!({ "student_id": id, "email": email }))
            .collect();
        let path = format!("/seats/courses/{course}/assign");
        let body = json!({ "students": students });
        self.call_with(Some(user), Method::POST, &path, Some(body), headers).await
    }

    /// The same without waiting for it; the job's id.
    pub async fn begin_assign(
        &self,
        user: &str,
        course: Uuid,
        students: &[(String, String)],
    ) -> Seen<Uuid> {
        let prefer = [("Prefer", "respond-async")];
        let reply = self.assign_with(user, course, students, &prefer).await?;
        Ok(reply.into::<WithId>()?.id)
    }

    /// How far an assign is.
    pub async fn assign_job(&self, user: &str, course: Uuid, job: Uuid) -> Seen<Job<Assigned>> {
        self.get(user, &format!("/seats/courses/{course}/jobs/{job}")).await
    }

    /// Drops the students who sit on these seats.
    pub async fn drop_seats(&self, user: &str, course: Uuid, seats: &[Uuid]) -> Seen<Reply> {
        let path = format!("/seats/courses/{course}/drop");
        self.post(user, &path, json!({ "seat_ids": seats })).await
    }

    /// Moves seats; `amount` is a number or `"all"`.
    pub async fn transfer(&self, source: Uuid, target: Uuid, amount: Value) -> Seen<Reply> {
        let body = json!({
            "source_course_id": source,
            "target_course_id": target,
            "amount": amount,
        });
        self.post(SERVICE_ADMIN, "/seats/transfer", body).await
    }

    /// Claims an enrolment.
    pub async fn claim(&self, user: &str, enrolment: Uuid) -> Seen<Reply> {
        self.post(user, "/courses/claim", json!({ "enrolment_id": enrolment })).await
    }

    /// What the portal does at login.
    pub async fn log_in(&self, user: &str) -> Seen<Vec<Activated>> {
        let reply = self.post(user, "/courses/activate-enrolments", Value::Null).await?;
        Ok(reply.into::<Results<Activated>>()?.results)
    }

    /// Invites somebody to be an admin of a lab.
    pub async fn invite(&self, lab: Uuid, email: &str) -> Seen<Reply> {
        let body = json!({ "email": email, "role": "admin" });
        self.post(LAB_OWNER, &format!("/virtual-labs/{lab}/invites"), body).await
    }

    /// Accepts an invite.
    pub async fn accept_invite(&self, user: &str, token: &str) -> Seen<Reply> {
        self.post(user, &format!("/invites?token={token}"), Value::Null).await
    }

    /// Runs the daily job now.
    pub async fn expire_courses(&self) -> Seen<Expired> {
        self.post(SERVICE_ADMIN, "/operator/expire-courses", Value::Null).await?.into()
    }

    /// The sagas in a state.
    pub async fn sagas(&self, status: &str) -> Seen<Vec<Saga>> {
        let path = format!("/operator/sagas?status={status}&page_size=1000");
        Ok(self.get::<Sagas>(SERVICE_ADMIN, &path).await?.data)
    }

    /// A saga with its notebook.
    pub async fn saga(&self, id: Uuid) -> Seen<Saga> {
        self.get(SERVICE_ADMIN, &format!("/operator/sagas/{id}")).await
    }

    /// The groups of the identity provider.
    pub async fn groups(&self) -> Seen<Groups> {
        self.outside().groups(self.http()).await
    }

    /// The books of accounting.
    pub async fn accounts(&self) -> Seen<Accounts> {
        self.outside().accounts(self.http()).await
    }

    /// The mailbox of everybody.
    pub async fn mailbox(&self) -> Seen<Mailbox> {
        self.outside().mailbox(self.http()).await
    }

    /// What the service's clock shows.
    pub async fn clock(&self) -> Seen<DateTime<Utc>> {
        self.outside().calendar().now(self.http()).await
    }

    /// Lets time go by until just after `at`.
    pub async fn pass(&self, at: DateTime<Utc>) -> Seen<DateTime<Utc>> {
        let calendar = self.outside().calendar();
        let now = calendar.pass(self.http(), at).await?;
        if calendar.can_turn() {
            self.forget_tokens();
        }
        Ok(now)
    }

    /// A job of this project costs so many credits.
    pub async fn spend(&self, project: Uuid, amount: u32) -> Seen<()> {
        self.outside().spend(self.http(), project, amount).await
    }
}

/// The results of an assign.
pub fn assigned(reply: Reply) -> Seen<Vec<Assigned>> {
    Ok(reply.into::<Results<Assigned>>()?.results)
}

/// The results of a drop.
pub fn dropped(reply: Reply) -> Seen<Vec<Dropped>> {
    Ok(reply.into::<Results<Dropped>>()?.results)
}

/// The result of a transfer.
pub fn transferred(reply: Reply) -> Seen<Transferred> {
    reply.data()
}
