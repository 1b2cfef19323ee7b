use super::{Place, Repair};
use crate::app::{App, finish};
use crate::engine::{belongs_in_lab, gone, may_take_from};
use crate::ports::store::{GivenUp, Reservation};
use crate::ports::{Lease, PortError, StoreError, Tx};
use course_seats_domain::group::{GroupId, GroupRole};
use course_seats_domain::ids::{SagaId, UserId};
use course_seats_domain::plans::Subject;

/// Why a finding is left as it is.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Left {
    #[error("an operation on it is open")]
    Busy,
    #[error("by now it fits")]
    Fits,
    #[error(transparent)]
    Outside(#[from] PortError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Puts one finding right, if it still is at this moment. Safe to repeat. A group that had no row and
/// no open saga for as long as findings must be old gets none any more: it goes without another look.
pub(crate) async fn repair(app: &App, repair: &Repair) -> Result<(), Left> {
    let lease = Lease::until(app.ports.clock.monotonic() + app.settings.saga_lease);
    let (identity, accounting) = (&app.ports.identity, &app.ports.accounting);
    match repair {
        Repair::DeleteGroup(group) => Ok(gone(identity.delete_group(group, &lease).await)?),
        Repair::JoinAdmin(user, group, lab) => {
            let lab = app.read().await?.lab(*lab).await?.ok_or(Left::Fits)?;
            if !identity.members(&lab.admin_group).await?.contains(user) {
                return Err(Left::Fits);
            }
            Ok(identity.join(*user, group, &lease).await?)
        }
        Repair::Join(user, group, place) => member(app, *user, group, *place, true).await,
        Repair::Leave(user, group, place) => member(app, *user, group, *place, false).await,
        Repair::TakeCredits(account) => {
            let may = {
                let mut tx = app.read().await?;
                match account {
                    GivenUp::Lab(lab) => tx.lab(*lab).await?.is_none(),
                    GivenUp::Project(project) => may_take_from(&mut *tx, *project).await?,
                }
            };
            if !may {
                return Err(Left::Fits);
            }
            let taken = match account {
                GivenUp::Lab(lab) => accounting.deplete_lab(*lab, &lease).await,
                GivenUp::Project(project) => accounting.deplete_project(*project, &lease).await,
            };
            Ok(gone(taken.map(|_| ()))?)
        }
        Repair::Unreserve(stray) => {
            let mut tx = app.begin().await?;
            let result = tx.remove_stray(stray).await;
            Ok(finish(tx, result).await?)
        }
    }
}

/// Somebody joins or leaves, while no drop or activation acts beside it: the subject is held as by
/// a late look, until the lease ends.
async fn member(
    app: &App,
    user: UserId,
    group: &GroupId,
    place: Place,
    wanted: bool,
) -> Result<(), Left> {
    let lease = Lease::until(app.ports.clock.monotonic() + app.settings.saga_lease);
    let subject = match place {
        Place::Project(_, enrolment) => Subject::Enrolment(enrolment),
        Place::Lab(lab) => Subject::Member(lab, user),
    };
    let (holder, subject): (SagaId, _) = (app.new_id(), Reservation::Subject(subject));
    let mut tx = app.begin().await?;
    let held = async {
        let until = app.now() + app.settings.lease();
        if !tx.reserve(holder, &subject, Some(until)).await? {
            return Err(Left::Busy);
        }
        match belongs(&mut *tx, user, place).await? == wanted {
            true => Ok(()),
            false => Err(Left::Fits),
        }
    }
    .await;
    finish(tx, held).await?;
    let identity = &app.ports.identity;
    let done = match wanted {
        true => identity.join(user, group, &lease).await,
        false => gone(identity.leave(user, group, &lease).await),
    };
    // Whoever waits for the subject need not wait for the end of the lease.
    let let_go = async {
        let mut tx = app.begin().await?;
        let result = tx.unreserve(holder, &subject).await;
        finish(tx, result).await
    }
    .await;
    if let Err(error) = let_go {
        tracing::warn!(%error, "drift: a subject is held until the lease ends");
    }
    Ok(done?)
}

/// Whether the rows want somebody there.
async fn belongs(tx: &mut dyn Tx, user: UserId, place: Place) -> Result<bool, StoreError> {
    match place {
        Place::Project(project, _) => {
            let enrolment = tx.enrolment_of(project).await?;
            Ok(enrolment.and_then(|enrolment| enrolment.member()) == Some(user))
        }
        Place::Lab(lab) => belongs_in_lab(tx, lab, GroupRole::Member, user).await,
    }
}
