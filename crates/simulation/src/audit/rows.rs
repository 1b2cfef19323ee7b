use super::Audit;
use crate::memory::{Account, SagaRow, Why};
use course_seats_domain::ids::ProjectId;
use course_seats_domain::plans::{CourseEvent, CourseStep, DropSeat, Note, SagaKind};
use course_seats_domain::saga::{Event, Status};
use course_seats_domain::seat::SPENT_LIMIT;
use rust_decimal::Decimal;
use std::collections::BTreeMap;

impl Audit<'_> {
    /// No seat stuck or sold twice, no half enrolment, nothing reserved by nobody, every seat's
    /// fate as it should be.
    pub(super) fn rows(&mut self) {
        let mut found = Vec::new();
        for (what, row) in self.tables.reservations.iter() {
            let open = self.tables.sagas.get(&row.saga).is_some_and(|row| row.status.is_open());
            if row.until.is_none() && !open {
                found.push(format!("{what:?} is still reserved by {}", row.saga));
            }
        }
        let mut seats: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for seat in self.tables.seats.values() {
            if let Some(enrolment) = seat.enrolment {
                seats.entry(enrolment).or_default().push(seat);
            }
        }
        for (id, row) in self.tables.enrolments.iter() {
            let seat = seats.get(id).map(Vec::as_slice).unwrap_or_default();
            let right = match (row.dropped, seat) {
                (false, [seat]) => !seat.consumed && seat.course == row.course,
                (true, []) => true,
                (true, [seat]) => seat.consumed,
                _ => false,
            };
            if !right {
                found.push(format!("enrolment {id} (dropped: {}) has seats {seat:?}", row.dropped));
            }
            if row.dropping.is_some() {
                found.push(format!("enrolment {id} is still being dropped"));
            }
            if self.tables.projects.get(&row.project).is_none_or(|project| project.deleted) {
                found.push(format!("enrolment {id} has no project"));
            }
        }
        for (id, row) in self.tables.sagas.iter() {
            if let Some(CourseStep::SettleDrop(drop)) =
                row.plan.steps.last().map(|planned| &planned.step)
                && row.status == Status::Completed
            {
                found.extend(self.fate(drop, row).map(|what| format!("drop {id}: {what}")));
            }
            if row.kind == SagaKind::AssignSeat && row.status == Status::Completed {
                found.extend(self.settled(row).map(|what| format!("assign {id}: {what}")));
            }
        }
        self.findings.append(&mut found);
    }

    /// What was settled is there, as long as its course is.
    fn settled(&self, row: &SagaRow) -> Option<String> {
        let Some(CourseStep::SettleAssign(assign)) =
            row.plan.steps.last().map(|planned| &planned.step)
        else {
            return Some("its plan ends with something else".into());
        };
        let there =
            self.tables.enrolments.get(&assign.enrolment).is_some_and(|it| {
                it.project == assign.project && it.student_id == assign.student_id
            });
        let course = self.tables.courses.contains_key(&assign.course);
        (course && !there).then(|| format!("enrolment {} is not there", assign.enrolment))
    }

    /// A seat of which nothing was spent, dropped in time and for the first time, came back; one of
    /// which much was spent before did not.
    fn fate(&self, drop: &DropSeat, row: &SagaRow) -> Option<String> {
        if self.left.dropped.contains(&drop.enrolment) {
            return None;
        }
        let seat = self.tables.seats.get(&drop.seat?)?;
        let marked = row.events.iter().find_map(|event: &CourseEvent| match event {
            Event::Noted {
                note: Note::Dropping { before_last_drop, recovered_before, .. },
                ..
            } => Some(*before_last_drop && !recovered_before),
            _ => None,
        })?;
        let jobs = self.jobs.of(drop.project);
        let came_back = seat.enrolment != Some(drop.enrolment);
        if marked && jobs.is_empty() && !came_back && !self.granted_after_patience(drop.project) {
            return Some(format!("nothing was spent, and {} is used up", seat.id));
        }
        let before = jobs.iter().filter(|job| job.at < row.created_at);
        let spent: Decimal = before.map(|job| job.spent).sum();
        if came_back && (!marked || spent >= Decimal::from(SPENT_LIMIT)) {
            return Some(format!("{spent} was spent, and {} came back", seat.id));
        }
        None
    }

    /// Known and accepted: a grant that is committed later than the patience after its answer, with
    /// a drop in between, uses the seat up.
    fn granted_after_patience(&self, project: ProjectId) -> bool {
        self.books.journal.iter().any(|movement| match movement.why {
            Why::Granted { committed_after, .. } => {
                movement.to == Account::Project(project) && committed_after > self.patience
            }
            _ => false,
        })
    }
}
