use super::tables::{put, remove, those};
use super::tx::MemoryTx;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use course_seats_application::ports::store::{DriftRows, GivenUp, StoreError, StrayReservation};
use course_seats_domain::enrolment::Enrolment;
use course_seats_domain::group::GroupRole;
use course_seats_domain::ids::{LabId, ProjectId, UserId};
use course_seats_domain::plans::CoursePlan;
use course_seats_domain::project::Project;
use course_seats_domain::virtual_lab::VirtualLab;
use std::sync::Arc;

#[async_trait]
impl DriftRows for MemoryTx {
    async fn labs_of(&mut self, owner: UserId) -> Result<Vec<VirtualLab>, StoreError> {
        self.statement().await?;
        Ok(those(&self.tables.labs, |lab| lab.owner == owner))
    }

    async fn projects_of(&mut self, labs: &[LabId]) -> Result<Vec<Project>, StoreError> {
        self.statement().await?;
        Ok(those(&self.tables.projects, |project| labs.contains(&project.lab)))
    }

    async fn enrolments_on(
        &mut self,
        labs: &[LabId],
    ) -> Result<Vec<(LabId, Enrolment)>, StoreError> {
        self.statement().await?;
        let mut found = Vec::new();
        for enrolment in self.tables.enrolments.values() {
            let lab = self.tables.courses.get(&enrolment.course).map(|course| course.lab);
            if let Some(lab) = lab.filter(|lab| labs.contains(lab)) {
                found.push((lab, Enrolment::clone(enrolment)));
            }
        }
        Ok(found)
    }

    async fn invited_members(
        &mut self,
        labs: &[LabId],
    ) -> Result<Vec<(LabId, UserId)>, StoreError> {
        self.statement().await?;
        let accepted = those(&self.tables.invites, |invite| {
            invite.accepted && invite.role == GroupRole::Member && labs.contains(&invite.lab)
        });
        Ok(accepted.into_iter().filter_map(|invite| Some((invite.lab, invite.user?))).collect())
    }

    async fn given_up_accounts(&mut self) -> Result<Vec<GivenUp>, StoreError> {
        self.statement().await?;
        let account = |(is_project, id): &(bool, uuid::Uuid)| match is_project {
            true => GivenUp::Project(ProjectId::new(*id)),
            false => GivenUp::Lab(LabId::new(*id)),
        };
        Ok(self.tables.given_up.iter().map(account).collect())
    }

    async fn open_plans(&mut self) -> Result<Vec<CoursePlan>, StoreError> {
        self.statement().await?;
        let open = self.tables.sagas.values().filter(|row| row.status.is_open());
        Ok(open.map(|row| CoursePlan::clone(&row.plan)).collect())
    }

    async fn in_ledger(&mut self, subjects: &[String]) -> Result<Vec<String>, StoreError> {
        self.statement().await?;
        let known =
            |subject: &&String| self.tables.sagas.values().any(|row| row.subject == **subject);
        Ok(subjects.iter().filter(known).cloned().collect())
    }

    async fn stray_reservations(&mut self) -> Result<Vec<StrayReservation>, StoreError> {
        self.statement().await?;
        let mut stray = Vec::new();
        for (what, row) in self.tables.reservations.iter() {
            let saga = self.tables.sagas.get(&row.saga);
            let at_work = saga.is_some_and(|saga| saga.status.is_open() || saga.looking);
            if row.until.is_none() && !at_work {
                stray.push(StrayReservation {
                    kind: what.kind().to_owned(),
                    scope: what.scope(),
                    key: what.key(),
                    saga: row.saga,
                });
            }
        }
        stray.sort();
        Ok(stray)
    }

    async fn remove_stray(&mut self, stray: &StrayReservation) -> Result<(), StoreError> {
        self.statement().await?;
        let rows = self.tables.reservations.iter();
        let found = rows
            .filter(|(_, row)| row.saga == stray.saga && row.until.is_none())
            .map(|(what, _)| what.clone())
            .find(|what| {
                what.kind() == stray.kind && what.scope() == stray.scope && what.key() == stray.key
            });
        if let Some(what) = found {
            remove(&mut self.tables.reservations, &what);
        }
        Ok(())
    }

    async fn sighted(
        &mut self,
        found: &[(&'static str, String)],
        all: bool,
        now: DateTime<Utc>,
    ) -> Result<Vec<DateTime<Utc>>, StoreError> {
        self.statement().await?;
        let known = Arc::clone(&self.tables.drift);
        if all {
            self.tables.drift = Arc::default();
        }
        let mut since = Vec::new();
        for (kind, subject) in found {
            let key = ((*kind).to_owned(), subject.clone());
            let at = known.get(&key).map_or(now, |at| **at);
            put(&mut self.tables.drift, key, at);
            since.push(at);
        }
        Ok(since)
    }
}
