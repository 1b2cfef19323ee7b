use super::{Audit, sagas};
use crate::memory::{Account, Why};
use course_seats_domain::ids::ProjectId;
use course_seats_domain::plans::SagaKind;
use course_seats_domain::saga::Status;
use rust_decimal::Decimal;
use std::collections::BTreeMap;

impl Audit<'_> {
    /// Nothing stranded, nothing doubled; the sum over all accounts is zero.
    pub(super) fn credits(&mut self) {
        let sum = self.books.sum();
        if !sum.is_zero() {
            self.find(format!("the accounts add up to {sum}"));
        }
        let mut wanted = self.students();
        wanted.extend(self.templates());
        let mut found = Vec::new();
        for project in self.books.projects.keys() {
            let balance = self.books.balance(Account::Project(*project));
            let right = wanted.get(project).copied().unwrap_or_default();
            if balance != right && !self.may_differ(*project, balance, right) {
                found.push(format!("project {project} holds {balance}, not {right}"));
            }
            let reserved = self.books.balance(Account::Reservation(*project));
            if !reserved.is_zero() {
                found.push(format!("project {project} still has {reserved} reserved"));
            }
        }
        for lab in self.books.labs.keys() {
            let balance = self.books.balance(Account::Lab(*lab));
            if !balance.is_zero() {
                found.push(format!("lab {lab} holds {balance}"));
            }
        }
        for project in wanted.keys().filter(|id| !self.books.projects.contains_key(*id)) {
            found.push(format!("project {project} has no account"));
        }
        self.findings.append(&mut found);
    }

    /// A live enrolment's project holds its grant, without what its jobs have spent.
    fn students(&self) -> BTreeMap<ProjectId, Decimal> {
        let live = self.tables.enrolments.values().filter(|row| !row.dropped);
        live.filter_map(|row| {
            let course = self.tables.courses.get(&row.course)?;
            let grant = row.grant.unwrap_or_else(|| course.seat_grant()).amount();
            let spent: Decimal = self.jobs.of(row.project).iter().map(|job| job.spent).sum();
            Some((row.project, grant - spent))
        })
        .collect()
    }

    /// A template holds what its course gave it, until that is closed.
    fn templates(&self) -> BTreeMap<ProjectId, Decimal> {
        let open = self.tables.courses.values().filter(|course| course.closing.is_none());
        open.map(|course| {
            let funded = self.tables.sagas.values().any(|row| {
                row.kind == SagaKind::FundTemplate
                    && row.course == Some(course.id)
                    && row.status == Status::Completed
            });
            let amount = if funded { course.seat_grant().amount() } else { Decimal::ZERO };
            (course.template_project, amount)
        })
        .collect()
    }

    /// The known and accepted exceptions, and what the other service has done.
    fn may_differ(&self, project: ProjectId, balance: Decimal, right: Decimal) -> bool {
        if self.left.projects.contains(&project) || self.left.drained.contains(&project) {
            return true;
        }
        self.paid_twice(project, balance, right)
            || self.emptied_after_patience(project)
            || self.undecided(project)
            || self.is_left_to_the_looks(project)
    }

    /// A template grant that came later than the grace is paid twice, and flagged.
    fn paid_twice(&self, project: ProjectId, balance: Decimal, right: Decimal) -> bool {
        let late = self.books.journal.iter().filter(|movement| match movement.why {
            Why::Granted { flight, committed_after } => {
                movement.to == Account::Project(project) && flight + committed_after > self.grace
            }
            _ => false,
        });
        let late: Decimal = late.map(|movement| movement.amount).sum();
        balance > right && balance - right <= late && self.is_flagged(project)
    }

    /// A lab's deplete, answered, was committed later than the patience after that: the next course
    /// on the lab may have begun by then, with the same template.
    fn emptied_after_patience(&self, project: ProjectId) -> bool {
        self.books.journal.iter().any(|movement| match movement.why {
            Why::LabDepleted(committed_after) => {
                movement.from == Account::Project(project) && committed_after > self.patience
            }
            _ => false,
        })
    }

    /// A template's grant was committed after its answer, and the looks have not seen it yet.
    fn is_left_to_the_looks(&self, project: ProjectId) -> bool {
        let template = self.tables.sagas.values().any(|row| {
            row.kind == SagaKind::FundTemplate && sagas::template_of(row) == Some(project)
        });
        let committed_later = self.books.journal.iter().any(|movement| {
            movement.to == Account::Project(project)
                && matches!(movement.why, Why::Granted { committed_after, .. } if !committed_after.is_zero())
        });
        self.before_looks && template && committed_later
    }

    /// The funding of this template is open and stopped being tried: somebody has to decide.
    fn undecided(&self, project: ProjectId) -> bool {
        self.tables.sagas.values().any(|row| {
            row.status.is_open() && row.needs_attention && sagas::template_of(row) == Some(project)
        })
    }
}
