//! The hand of the other service, which serves the same database during a switch-over: what it does
//! outside, and what it then writes, in plain SQL. It knows no column of ours.

use crate::database::On;
use crate::world::{Ground, World};
use course_seats_application::ports::{Accounting, IdentityProvider};
use course_seats_domain::group::{GroupId, GroupName, GroupRole};
use course_seats_domain::ids::{EnrolmentId, ProjectId, SeatId, UserId};
use course_seats_domain::values::Credits;
use course_seats_sandbox::people::{COURSE_LAB_OWNER, student};
use course_seats_testkit::runtime::long_lease;
use uuid::Uuid;

/// What it does under our hands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// Enrols a student of its own on our seat.
    TakesTheSeat,
    /// Enrols somebody with our student's id, on another seat.
    TakesTheStudentId,
    /// Enrols somebody with our student's e-mail, written otherwise.
    TakesTheEmail,
    TakesTheProjectName,
    DropsTheEnrolment,
    ClaimsTheEnrolment,
    ActivatesTheEnrolment,
    VoidsTheCourse,
    DeletesTheCourse,
    DeletesTheLab,
}

impl Deed {
    /// Does outside what belongs to it, and says what it writes.
    pub async fn prepared(self, world: &World, ground: Ground) -> String {
        let hand = Hand { world, ground };
        let Ground { course, lab } = ground;
        match self {
            Self::TakesTheSeat => {
                let seat = hand.free_seats().await[0];
                hand.enrols(seat, "X1", "x1@elsewhere.example").await
            }
            Self::TakesTheStudentId => {
                let seat = hand.free_seats().await[1];
                // Its project has another name there.
                hand.enrols_in("A project", seat, "S1", "x1@elsewhere.example").await
            }
            Self::TakesTheEmail => {
                let seat = hand.free_seats().await[1];
                hand.enrols(seat, "X1", "S1@Students.Example").await
            }
            Self::TakesTheProjectName => hand.makes_project("S1").await.1,
            Self::DropsTheEnrolment => {
                let (enrolment, project) = hand.enrolment();
                hand.empties(project).await;
                hand.sandbox_leave("member", None).await;
                format!(
                    "UPDATE course_enrolment SET is_dropped = TRUE WHERE id = '{enrolment}'; \
                     UPDATE seat SET enrolment_id = NULL, previously_dropped = TRUE \
                     WHERE enrolment_id = '{enrolment}'"
                )
            }
            Self::ClaimsTheEnrolment => {
                let (enrolment, user) = (hand.enrolment().0, student(2));
                format!(
                    "UPDATE course_enrolment SET claimed_by = '{user}' \
                     WHERE id = '{enrolment}' AND claimed_by IS NULL"
                )
            }
            Self::ActivatesTheEnrolment => {
                let (enrolment, project) = hand.enrolment();
                hand.join(&format!("proj/{lab}/{project}/member"), student(1)).await;
                hand.join(&format!("vlab/{lab}/member"), student(1)).await;
                let now = world.database.time(world.now());
                format!("UPDATE course_enrolment SET activated_at = {now} WHERE id = '{enrolment}'")
            }
            Self::VoidsTheCourse => {
                format!("UPDATE course SET status = 'VOIDED' WHERE id = '{course}'")
            }
            Self::DeletesTheCourse => {
                for project in hand.student_projects() {
                    hand.empties(project).await;
                }
                hand.sandbox_leave("member", None).await;
                world.sandbox.accounting.deplete_lab(lab, &long_lease()).await.unwrap();
                format!(
                    "DELETE FROM seat WHERE course_id = '{course}'; \
                     DELETE FROM course_enrolment WHERE course_id = '{course}'; \
                     DELETE FROM course WHERE id = '{course}'"
                )
            }
            Self::DeletesTheLab => {
                format!("UPDATE virtual_lab SET deleted = TRUE WHERE id = '{lab}'")
            }
        }
    }
}

struct Hand<'w> {
    world: &'w World,
    ground: Ground,
}

impl Hand<'_> {
    /// In the order in which they are taken: the first is the one that we have reserved.
    async fn free_seats(&self) -> Vec<SeatId> {
        let mut seats = self.world.seats(self.ground.course).await;
        seats.retain(|seat| seat.enrolment.is_none() && !seat.consumed);
        seats.sort_by_key(|seat| seat.order());
        seats.iter().map(|seat| seat.id).collect()
    }

    /// The only enrolment, with its project.
    fn enrolment(&self) -> (EnrolmentId, ProjectId) {
        let from = format!("course_enrolment WHERE course_id = '{}'", self.ground.course);
        (self.world.only("id", &from), self.world.only("project_id", &from))
    }

    fn student_projects(&self) -> Vec<ProjectId> {
        let sql = format!(
            "SELECT json_array(project_id) AS line FROM course_enrolment WHERE course_id = '{}'",
            self.ground.course
        );
        let rows = self.world.database.rows(&sql);
        rows.into_iter().map(|row| serde_json::from_value(row[0].clone()).unwrap()).collect()
    }

    async fn enrols(&self, seat: SeatId, student_id: &str, email: &str) -> String {
        self.enrols_in(student_id, seat, student_id, email).await
    }

    async fn enrols_in(&self, name: &str, seat: SeatId, student: &str, email: &str) -> String {
        let (project, made) = self.makes_project(name).await;
        let credits = Credits::whole(self.world.settings.credits_per_seat);
        let accounting = &self.world.sandbox.accounting;
        accounting.grant(project, credits, &long_lease()).await.unwrap();
        let (enrolment, course) = (new_id(), self.ground.course);
        let now = self.world.database.time(self.world.now());
        let (folded, value) = self.ours("email_folded", email);
        format!(
            "{made}; INSERT INTO course_enrolment (id, course_id, project_id, contact_email, \
             student_id, is_dropped, created_at{folded}) VALUES ('{enrolment}', '{course}', \
             '{project}', '{email}', '{student}', FALSE, {now}{value}); \
             UPDATE seat SET enrolment_id = '{enrolment}' WHERE id = '{seat}'"
        )
    }

    /// With its groups and its account; the row is to be written yet.
    async fn makes_project(&self, name: &str) -> (ProjectId, String) {
        let (sandbox, lab) = (&self.world.sandbox, self.ground.lab);
        let project = ProjectId::new(new_id());
        let mut groups = Vec::new();
        for role in GroupRole::ALL {
            let group = GroupName::of_project(lab, project, role);
            groups.push(sandbox.identity.create_group(&group, &long_lease()).await.unwrap());
        }
        let [GroupId(admin), GroupId(member)] = groups.try_into().unwrap();
        self.join(&format!("proj/{lab}/{project}/admin"), COURSE_LAB_OWNER).await;
        sandbox.accounting.open_project(project, lab, name, &long_lease()).await.unwrap();
        let now = self.world.database.time(self.world.now());
        let (folded, value) = self.ours("name_folded", name);
        let row = format!(
            "INSERT INTO project (id, name, deleted, created_at, updated_at, virtual_lab_id, \
             admin_group_id, member_group_id, owner_id{folded}) VALUES ('{project}', '{name}', \
             FALSE, {now}, {now}, '{lab}', '{admin}', '{member}', '{COURSE_LAB_OWNER}'{value})"
        );
        (project, row)
    }

    /// On Postgres a trigger fills in our column; on SQLite there is no other service.
    fn ours(&self, column: &str, value: &str) -> (String, String) {
        match self.world.database.on() {
            On::Sqlite => (format!(", {column}"), format!(", '{}'", value.to_lowercase())),
            On::Postgres => (String::new(), String::new()),
        }
    }

    /// Everybody leaves, the credits too.
    async fn empties(&self, project: ProjectId) {
        self.sandbox_leave("member", Some(project)).await;
        let accounting = &self.world.sandbox.accounting;
        accounting.deplete_project(project, &long_lease()).await.unwrap();
    }

    /// Everybody leaves the project's group, or the lab's.
    async fn sandbox_leave(&self, role: &str, project: Option<ProjectId>) {
        let lab = self.ground.lab;
        let group = match project {
            Some(project) => format!("proj/{lab}/{project}/{role}"),
            None => format!("vlab/{lab}/{role}"),
        };
        let identity = &self.world.sandbox.identity;
        let group = self.group(&group).await;
        for member in identity.members(&group).await.unwrap() {
            identity.leave(member, &group, &long_lease()).await.unwrap();
        }
    }

    async fn join(&self, group: &str, user: UserId) {
        let group = self.group(group).await;
        self.world.sandbox.identity.join(user, &group, &long_lease()).await.unwrap();
    }

    async fn group(&self, name: &str) -> GroupId {
        let name: GroupName = serde_json::from_value(name.into()).unwrap();
        self.world.sandbox.identity.find_group(&name).await.unwrap().unwrap()
    }
}

#[expect(clippy::disallowed_methods, reason = "the other service has ids of its own")]
fn new_id() -> Uuid {
    Uuid::new_v4()
}
