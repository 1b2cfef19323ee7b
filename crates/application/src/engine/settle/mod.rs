//! The settles: one transaction that looks at the world again, and then writes everything at once
//! (design §4.5).

mod activate;
mod assign;
mod closing;
mod drop;
mod invite;
mod lab;
mod project;
mod template;

pub(crate) use drop::drop_verdict;

use super::outcome::{Outcome, Stop};
use super::run::Run;
use crate::app::finish;
use crate::ports::{StoreError, Tx};
use crate::reconcilers::Queued;
use course_seats_domain::group::{GroupId, GroupName};
use course_seats_domain::plans::{CourseEvent, CourseStep, Note};

/// What a settle leaves to do beside what it wrote.
#[derive(Default)]
struct Settled {
    /// A mail to be sent once it is committed.
    mail: Option<Queued>,
    /// What the notebook should say about it.
    note: Option<Note>,
    /// Why it ends without being done.
    ended: Option<&'static str>,
}

/// Why a settle did not write.
pub(super) enum SettleError {
    /// The world has changed: a failed step.
    Refused(String),
    /// The database. A unique violation is a refusal; one that is down refuses nothing.
    Store(StoreError),
}

impl From<StoreError> for SettleError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict(why) => Self::Refused(why),
            error => Self::Store(error),
        }
    }
}

impl SettleError {
    pub(super) fn refused(why: impl ToString) -> Self {
        Self::Refused(why.to_string())
    }
}

impl Run {
    /// Settles: everything at once, and the saga closed, or nothing.
    pub(super) async fn settle(&mut self, at: usize, step: &CourseStep) -> Result<Outcome, Stop> {
        let result = async {
            let mut tx = self.app.begin().await.map_err(SettleError::Store)?;
            let result = async {
                let settled = self.settle_in(&mut *tx, step).await?;
                let closing = match settled.ended {
                    Some(why) => vec![CourseEvent::Cancelled { why: why.into() }],
                    None => vec![
                        CourseEvent::Done { step: at, note: settled.note },
                        CourseEvent::Completed,
                    ],
                };
                let closed = self.close_in(&mut *tx, closing).await?;
                Ok((closed, settled.mail))
            }
            .await;
            match result {
                Ok(written) => tx.commit().await.map(|()| written).map_err(SettleError::Store),
                Err(refused @ SettleError::Refused(_)) => {
                    tx.rollback().await.map_err(SettleError::Store)?;
                    Err(refused)
                }
                Err(SettleError::Store(error)) => {
                    finish(tx, Err(error)).await.map_err(SettleError::Store)
                }
            }
        }
        .await;
        match result {
            Ok((closed, mail)) => {
                if let Some(mail) = mail {
                    mail.send(&self.app);
                }
                self.saga = closed;
                self.written(Ok(())).map(|()| Outcome::Closed)
            }
            Err(SettleError::Refused(why)) => Ok(Outcome::Refused(why)),
            // The commit may have been written although its answer was lost: read it again.
            Err(SettleError::Store(error)) => self.written(Err(error)).map(|()| Outcome::Closed),
        }
    }

    /// Everything but closing the saga.
    async fn settle_in(&self, tx: &mut dyn Tx, step: &CourseStep) -> Result<Settled, SettleError> {
        let mut settled = Settled::default();
        match step {
            CourseStep::SettleLab(lab) => self.settle_lab(tx, lab).await?,
            CourseStep::SettleProject(project) => self.settle_project(tx, project).await?,
            CourseStep::SettleInvite(invite) => self.settle_invite(tx, invite).await?,
            CourseStep::SettleTemplate { course } => {
                settled.ended = self.settle_template(tx, *course).await?;
            }
            CourseStep::SettleAssign(assign) => {
                settled.mail = Some(self.settle_assign(tx, assign).await?);
            }
            CourseStep::SettleActivate(activate) => self.settle_activate(tx, activate).await?,
            CourseStep::SettleDrop(drop) => settled.note = self.settle_drop(tx, drop).await?,
            CourseStep::SettleClosing(closing) => self.settle_closing(tx, closing).await?,
            other => return Err(SettleError::refused(format!("{other:?} is no settle"))),
        }
        Ok(settled)
    }

    /// The id of a group that the saga made before.
    fn made_group(&self, name: &GroupName) -> Result<GroupId, SettleError> {
        self.group_of(name).ok_or_else(|| {
            SettleError::refused(format!("the group {} is not noted", name.as_str()))
        })
    }
}
