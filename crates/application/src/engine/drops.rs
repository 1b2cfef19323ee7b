//! The local steps of a drop and of a closing.

use super::drive::start;
use super::outcome::{Outcome, Stop};
use super::run::Run;
use super::template::keep_after_funding;
use crate::app::finish;
use crate::ports::store::Reservation;
use crate::ports::{StoreError, Tx};
use crate::use_cases::seats::open_drops;
use course_seats_domain::enrolment::Dropping;
use course_seats_domain::ids::{CourseId, EnrolmentId, SagaId};
use course_seats_domain::plans::{CourseEvent, DropSeat, Note, SagaKind, Subject};
use course_seats_domain::saga::{LedgerError, Status};
use std::collections::HashMap;

/// What came of trying to mark an enrolment.
enum Mark {
    Marked(Vec<CourseEvent>),
    Busy,
    Refused(&'static str),
}

impl Run {
    /// Marks the enrolment and notes what the drop decides by; forward only from here. Waits
    /// while another operation on the student is open.
    pub(super) async fn mark_dropping(
        &mut self,
        at: usize,
        drop: &DropSeat,
    ) -> Result<Outcome, Stop> {
        let result = async {
            let mut tx = self.app.begin().await?;
            let mark = self.mark(&mut *tx, at, drop).await;
            match mark {
                Ok(Mark::Marked(events)) => {
                    let all: Vec<CourseEvent> =
                        self.unwritten().iter().chain(&events).cloned().collect();
                    let lease = self.app.settings.lease();
                    let written = tx.record(&self.ticket, &all, lease).await;
                    finish(tx, written.map_err(StoreError::from)).await?;
                    Ok(Mark::Marked(events))
                }
                Ok(other) => tx.rollback().await.map(|()| other),
                Err(error) => finish(tx, Err(error)).await,
            }
        }
        .await;
        match result {
            Ok(Mark::Marked(events)) => {
                for event in &events {
                    if self.saga.apply(event).is_err() {
                        return Err(Stop::Reread);
                    }
                }
                self.written(Ok(()))?;
                Ok(Outcome::DONE)
            }
            Ok(Mark::Busy) => Ok(Outcome::Busy("another operation on this student is open".into())),
            Ok(Mark::Refused(why)) => Ok(Outcome::Refused(why.into())),
            Err(error) => self.written(Err(error)).map(|()| Outcome::DONE),
        }
    }

    async fn mark(&self, tx: &mut dyn Tx, at: usize, drop: &DropSeat) -> Result<Mark, StoreError> {
        let Some(course) = tx.hold_course(drop.course).await? else {
            return Ok(Mark::Refused("Enrolment not found"));
        };
        let Some(mut enrolment) = tx.enrolment(drop.enrolment).await? else {
            return Ok(Mark::Refused("Enrolment not found"));
        };
        if enrolment.dropped {
            return Ok(Mark::Refused("Enrolment is already dropped"));
        }
        if enrolment.dropping.is_some() {
            return Ok(Mark::Refused("Enrolment is being dropped already"));
        }
        let student = enrolment.claimed_by;
        let subjects = std::iter::once(Subject::Enrolment(drop.enrolment))
            .chain(student.map(|student| Subject::Member(drop.lab, student)));
        for subject in subjects {
            if !tx.reserve(self.id, &Reservation::Subject(subject), None).await? {
                return Ok(Mark::Busy);
            }
        }
        let now = self.app.now();
        let seat = tx.seat_of(drop.enrolment).await?;
        let note = Note::Dropping {
            student,
            before_last_drop: course.dates.before_last_drop(now),
            recovered_before: seat.is_none_or(|seat| seat.previously_dropped),
            grant: enrolment.grant.unwrap_or_else(|| course.seat_grant()),
        };
        enrolment.dropping = Some(Dropping { since: now, student });
        tx.update_enrolment(&enrolment).await?;
        Ok(Mark::Marked(vec![
            CourseEvent::Noted { step: at, note },
            CourseEvent::Done { step: at, note: None },
        ]))
    }

    /// Closing: ends the template's funding, opens an ordinary drop for each live enrolment, and
    /// waits until no other saga of the course is open.
    pub(super) async fn drop_all(&mut self, course: CourseId) -> Result<Outcome, Stop> {
        let result = async {
            // Whoever is dropped locks the course's row for a moment: who only waits leaves it alone.
            if self.drops_opened {
                let waiting = self.still_open(course).await?;
                if waiting > 0 {
                    return Ok((Vec::new(), waiting));
                }
            }
            let mut tx = self.app.begin().await?;
            let result = self.open_drops(&mut *tx, course).await;
            finish(tx, result).await
        }
        .await;
        match result {
            Ok((opened, waiting)) => {
                self.drops_opened = true;
                if !opened.is_empty() {
                    // They run in tasks of their own; this saga reads the ledger.
                    drop(start(&self.app, opened));
                }
                if waiting == 0 {
                    return Ok(Outcome::DONE);
                }
                Ok(Outcome::Busy(format!("{waiting} operations of the course are open")))
            }
            Err(error) => self.written(Err(error)).map(|()| Outcome::DONE),
        }
    }

    /// How many sagas of the course are open that a closing waits for.
    async fn still_open(&self, course: CourseId) -> Result<usize, StoreError> {
        let open = self.app.glance().await?.open_sagas(course).await?;
        Ok(open.iter().filter(|(id, kind)| self.waits_for(*id, *kind)).count())
    }

    /// Itself it is not, and closings wait for each other in the order of their subjects.
    fn waits_for(&self, id: SagaId, kind: SagaKind) -> bool {
        id != self.id && kind != SagaKind::CloseCourse
    }

    /// The drops that were opened, and how many sagas or live enrolments are left.
    pub(super) async fn open_drops(
        &self,
        tx: &mut dyn Tx,
        course: CourseId,
    ) -> Result<(Vec<SagaId>, usize), StoreError> {
        let Some(row) = tx.lock_course(course).await? else {
            return Ok((Vec::new(), 0));
        };
        tx.record(&self.ticket, &[], self.app.settings.lease()).await?;
        let mut open = tx.open_sagas(course).await?;
        open.retain(|(id, kind)| self.waits_for(*id, *kind));
        let mut waiting = 0;
        for (id, kind) in open {
            if kind == SagaKind::FundTemplate {
                cancel_funding(&self.app, tx, id).await?;
            } else {
                waiting += 1;
            }
        }
        // One that waits for its turn already is counted among the open sagas.
        let live = tx.live_enrolments(course).await?;
        let ids: Vec<EnrolmentId> = live.iter().map(|enrolment| enrolment.id).collect();
        let seats = tx.seats_of(&ids).await?.into_iter();
        let seats: HashMap<_, _> = seats.map(|seat| (seat.enrolment, seat.id)).collect();
        let drops = live.iter().map(|enrolment| DropSeat {
            course,
            lab: row.lab,
            seat: seats.get(&Some(enrolment.id)).copied(),
            enrolment: enrolment.id,
            project: enrolment.project,
        });
        let drops: Vec<DropSeat> = drops.collect();
        let sagas = open_drops(&self.app, tx, drops, None).await?;
        // In the order in which the students came.
        let opened: Vec<SagaId> = ids.iter().filter_map(|id| sagas.get(id).copied()).collect();
        waiting += opened.len();
        Ok((opened, waiting))
    }
}

/// Ends the funding of a template whose course closes, also one that needs attention. A grant
/// that is in flight may still land: its looks deplete the template then.
async fn cancel_funding(
    app: &crate::app::App,
    tx: &mut dyn Tx,
    saga: SagaId,
) -> Result<(), StoreError> {
    if let Some(funding) = tx.load(saga.uuid()).await? {
        keep_after_funding(app, tx, saga, &funding).await?;
    }
    let why = "the course is being closed".to_owned();
    let events = [CourseEvent::TakenOver, CourseEvent::Cancelled { why }];
    let look_at = app.settings.look_after(0).map(|after| app.now() + after);
    match tx.seize(saga, Status::Running, &events, look_at).await {
        // It was funded before we had it: the lab's deplete takes that back.
        Ok(()) | Err(LedgerError::Fenced) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
