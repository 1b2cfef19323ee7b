//! What an open saga or a look holds, so that nobody else acts on the same meanwhile (design §4.9).

use super::outcome::{Outcome, Stop};
use super::run::Run;
use crate::app::finish;
use crate::ports::StoreError;
use crate::ports::store::Reservation;
use chrono::{DateTime, Utc};
use course_seats_domain::plans::Subject;

impl Run {
    /// Takes the subjects, all or none: until that moment, or for as long as the saga is open.
    pub(super) async fn take_subjects(
        &self,
        subjects: &[Subject],
        until: Option<DateTime<Utc>>,
    ) -> Result<Outcome, Stop> {
        let result = async {
            let mut tx = self.app.begin().await?;
            for subject in subjects {
                match tx.reserve(self.id, &Reservation::Subject(*subject), until).await {
                    Ok(true) => {}
                    Ok(false) => return tx.rollback().await.map(|()| false),
                    Err(error) => return finish(tx, Err(error)).await,
                }
            }
            // Only who still has the saga may take anything for it.
            let fenced = tx.record(&self.ticket, &[], self.app.settings.lease()).await;
            finish(tx, fenced.map_err(StoreError::from)).await.map(|()| true)
        }
        .await;
        match result {
            Ok(true) => Ok(Outcome::DONE),
            Ok(false) => Ok(Outcome::Busy("another operation on the same subject is open".into())),
            Err(StoreError::Fenced) => Err(Stop::Lost),
            Err(error) => Ok(error.into()),
        }
    }
}
