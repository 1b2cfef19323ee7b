use crate::engine::membership::gone;
use crate::engine::outcome::{Outcome, Stop};
use crate::engine::run::Run;
use crate::engine::template::Keeper;
use crate::ports::{PortError, StoreError, Tx};
use course_seats_domain::ids::{CourseId, LabId, ProjectId};
use course_seats_domain::plans::{CloseCourse, CourseEvent, Note};
use course_seats_domain::saga::Status;
use course_seats_domain::values::Credits;

/// Whether what a project holds is nobody's: it is deleted, its enrolment is dropped, or it was
/// never settled.
pub(crate) async fn may_take_from(tx: &mut dyn Tx, project: ProjectId) -> Result<bool, StoreError> {
    if let Some(enrolment) = tx.enrolment_of(project).await? {
        return Ok(enrolment.dropped);
    }
    // A project without an enrolment that is not deleted is somebody's own (a template).
    Ok(tx.project(project).await?.is_none_or(|row| row.deleted))
}

impl Run {
    /// Takes money only from enrolments that are dropped, deleted or were never settled: never
    /// from one that is live or being dropped.
    pub(super) async fn money_put_right(&mut self, project: ProjectId) -> Result<Outcome, Stop> {
        let may = async { may_take_from(&mut *self.app.read().await?, project).await };
        match may.await {
            Ok(true) => Ok(self.take_what_is_there(project).await),
            Ok(false) => Ok(Outcome::DONE),
            Err(error) => Ok(error.into()),
        }
    }

    async fn take_what_is_there(&self, project: ProjectId) -> Outcome {
        match self.app.ports.accounting.deplete_project(project, &self.lease).await {
            Ok(amount) => {
                if !amount.is_zero() {
                    tracing::warn!(saga = %self.id, %project, %amount, "credits that landed late were taken back");
                }
                Outcome::DONE
            }
            Err(PortError::NotFound) => Outcome::DONE,
            Err(error) => error.into(),
        }
    }

    /// The account of a lab that was never made is empty.
    pub(super) async fn lab_money_put_right(&mut self, lab: LabId) -> Result<Outcome, Stop> {
        if self.saga.status == Status::Completed {
            return Ok(Outcome::DONE);
        }
        let depleted = self.app.ports.accounting.deplete_lab(lab, &self.lease).await;
        Ok(match gone(depleted.map(|_| ())) {
            Ok(()) => Outcome::DONE,
            Err(error) => error.into(),
        })
    }

    /// A template's funding: once its course is closed or gone, its looks take back what landed. Until
    /// then they only compare, if something was unknown, and flag what looks paid twice.
    pub(super) async fn template_put_right(
        &mut self,
        course: CourseId,
        project: ProjectId,
        amount: Credits,
    ) -> Result<Outcome, Stop> {
        let course = async { self.app.read().await?.course(course).await }.await;
        match course {
            Ok(Some(course)) if course.closing.is_none() => {}
            Ok(_) => return self.template_emptied(project).await,
            Err(error) => return Ok(error.into()),
        }
        if !self.saga.uncertain {
            return Ok(Outcome::DONE);
        }
        let balance = match self.app.ports.accounting.project_balance(project).await {
            Ok(balance) => balance,
            Err(PortError::NotFound) => return Ok(Outcome::DONE),
            Err(error) => return Ok(Outcome::NotDone(error.to_string())),
        };
        let attempts = self.saga.steps.iter().flat_map(|step| &step.notes);
        let first = attempts.into_iter().find_map(|note| match note {
            Note::GrantAttemptAt { balance } => Some(*balance),
            _ => None,
        });
        let asked = self.saga.needs_attention || self.saga.settled;
        if first.is_some_and(|before| balance > before.plus(amount)) && !asked {
            let why = format!("the template holds {balance}: a grant may have been paid twice");
            self.tell(CourseEvent::NeedsAttention { why })?;
        }
        Ok(Outcome::DONE)
    }

    /// A closing's looks take from that course's own accounts, never from the lab.
    pub(super) async fn closing_put_right(
        &mut self,
        closing: &CloseCourse,
    ) -> Result<Outcome, Stop> {
        let projects =
            async { self.app.read().await?.student_projects(closing.course).await }.await;
        let projects = match projects {
            Ok(projects) => projects,
            Err(error) => return Ok(error.into()),
        };
        for project in projects {
            self.keep_lease().await?;
            let outcome = self.money_put_right(project.id).await?;
            if !matches!(outcome, Outcome::Done(_)) {
                return Ok(outcome);
            }
        }
        self.template_emptied(closing.template).await
    }

    /// Takes back what the template of a closed course holds, unless it serves a new course by
    /// now: its money is that course's then. It is asked first, since as long as the deplete is not
    /// answered the template serves no new course: it might land late, and empty that.
    async fn template_emptied(&mut self, template: ProjectId) -> Result<Outcome, Stop> {
        match self.app.ports.accounting.project_balance(template).await {
            Ok(balance) if balance.is_zero() => return Ok(Outcome::DONE),
            Ok(_) => {}
            Err(PortError::NotFound) => return Ok(Outcome::DONE),
            Err(error) => return Ok(Outcome::NotDone(error.to_string())),
        }
        let before = match self.take_template(template).await {
            Ok(Keeper::Us { before }) => before,
            Ok(Keeper::Other) => return Ok(Outcome::DONE),
            Err(StoreError::Fenced) => return Err(Stop::Lost),
            Err(error) => return Ok(error.into()),
        };
        let outcome = self.take_what_is_there(template).await;
        if !before
            && matches!(outcome, Outcome::Done(_))
            && let Err(error) = self.free_template(template).await
        {
            // Then its time has to run out.
            tracing::warn!(saga = %self.id, %template, %error, "the template stays taken");
        }
        Ok(outcome)
    }
}
