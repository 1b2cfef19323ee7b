use super::seats::names_contain;
use super::tables::{put, those};
use super::tx::{MemoryTx, page_of};
use async_trait::async_trait;
use course_seats_application::ports::store::{
    EnrolmentFilter, EnrolmentView, Enrolments, Listed, Page, StoreError,
};
use course_seats_domain::enrolment::Enrolment;
use course_seats_domain::ids::{CourseId, EnrolmentId, LabId, ProjectId, UserId};
use course_seats_domain::seat::Seat;
use std::sync::Arc;

impl MemoryTx {
    /// Those that match, by creation, then id.
    fn enrolments_where(&self, matches: impl Fn(&Enrolment) -> bool) -> Vec<Enrolment> {
        let mut found = those(&self.tables.enrolments, matches);
        found.sort_by_key(|row| (row.created_at, row.id));
        found
    }
}

#[async_trait]
impl Enrolments for MemoryTx {
    async fn insert_enrolment(&mut self, enrolment: &Enrolment) -> Result<(), StoreError> {
        self.statement().await?;
        if !self.tables.courses.contains_key(&enrolment.course)
            || !self.tables.projects.contains_key(&enrolment.project)
        {
            return self.broken("an enrolment without its course or project");
        }
        let same = |other: &Enrolment| {
            other.id == enrolment.id
                || other.project == enrolment.project
                || other.course == enrolment.course
                    && (other.student_id == enrolment.student_id || other.email == enrolment.email)
        };
        if self.tables.enrolments.values().any(|other| same(other)) {
            return self.taken("enrolment");
        }
        put(&mut self.tables.enrolments, enrolment.id, enrolment.clone());
        Ok(())
    }

    async fn update_enrolment(&mut self, enrolment: &Enrolment) -> Result<(), StoreError> {
        self.statement().await?;
        if let Some(row) = self.tables.enrolments.get(&enrolment.id) {
            let row = Enrolment {
                claimed_by: enrolment.claimed_by,
                activated_at: enrolment.activated_at,
                dropped: enrolment.dropped,
                dropping: enrolment.dropping,
                ..Enrolment::clone(row)
            };
            put(&mut self.tables.enrolments, enrolment.id, row);
        }
        Ok(())
    }

    async fn enrolment(&mut self, id: EnrolmentId) -> Result<Option<Enrolment>, StoreError> {
        self.statement().await?;
        Ok(self.tables.enrolments.get(&id).map(|row| Enrolment::clone(row)))
    }

    async fn enrolment_of(&mut self, project: ProjectId) -> Result<Option<Enrolment>, StoreError> {
        self.statement().await?;
        Ok(those(&self.tables.enrolments, |row| row.project == project).pop())
    }

    async fn enrolments_by_id(
        &mut self,
        ids: &[EnrolmentId],
    ) -> Result<Vec<Enrolment>, StoreError> {
        self.statement().await?;
        let found = ids.iter().filter_map(|id| self.tables.enrolments.get(id));
        Ok(found.map(|row| Enrolment::clone(row)).collect())
    }

    async fn enrolled(
        &mut self,
        course: CourseId,
        student_ids: &[String],
        folded_emails: &[String],
    ) -> Result<Vec<Enrolment>, StoreError> {
        self.statement().await?;
        Ok(self.enrolments_where(|row| {
            row.course == course
                && (student_ids.iter().any(|id| id == row.student_id.as_str())
                    || folded_emails.contains(&row.email.folded()))
        }))
    }

    async fn live_enrolments(&mut self, course: CourseId) -> Result<Vec<Enrolment>, StoreError> {
        self.statement().await?;
        Ok(self.enrolments_where(|row| row.course == course && row.is_live()))
    }

    async fn claimed_by(&mut self, user: UserId) -> Result<Vec<Enrolment>, StoreError> {
        self.statement().await?;
        Ok(self.enrolments_where(|row| {
            row.claimed_by == Some(user) && row.activated_at.is_none() && row.is_live()
        }))
    }

    async fn has_live_activated(&mut self, lab: LabId, user: UserId) -> Result<bool, StoreError> {
        self.statement().await?;
        Ok(self.tables.enrolments.values().any(|row| {
            let on_lab = self.tables.courses.get(&row.course).is_some_and(|it| it.lab == lab);
            on_lab && row.member() == Some(user)
        }))
    }

    async fn list_enrolments(
        &mut self,
        course: CourseId,
        filter: &EnrolmentFilter,
        page: Option<Page>,
    ) -> Result<Listed<EnrolmentView>, StoreError> {
        self.statement().await?;
        let found = self.enrolments_where(|row| {
            row.course == course
                && filter.state.is_none_or(|state| row.state() == state)
                && filter.text.as_ref().is_none_or(|text| names_contain(row, text))
        });
        let view = |enrolment: Enrolment| {
            let mut seats = self.tables.seats.values();
            let seat = seats.find(|seat| seat.enrolment == Some(enrolment.id));
            EnrolmentView { seat: seat.map(|row| Seat::clone(row)), enrolment }
        };
        Ok(page_of(found.into_iter().map(view).collect(), page))
    }

    async fn delete_enrolments(&mut self, course: CourseId) -> Result<(), StoreError> {
        self.statement().await?;
        let gone = self.enrolments_where(|row| row.course == course);
        let held = |seat: &Seat| gone.iter().any(|row| seat.enrolment == Some(row.id));
        if self.tables.seats.values().any(|seat| held(seat)) {
            return self.broken("an enrolment that sits on a seat");
        }
        Arc::make_mut(&mut self.tables.enrolments).retain(|_, row| row.course != course);
        Ok(())
    }
}
