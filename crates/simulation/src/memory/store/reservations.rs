use super::tables::{ReservedRow, put, remove};
use super::tx::MemoryTx;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use course_seats_application::ports::store::{Reservation, Reservations, StoreError};
use course_seats_domain::ids::SagaId;
use std::sync::Arc;

impl MemoryTx {
    /// A saga's reservations go, but those with an end of their own.
    pub(super) fn release_reservations(&mut self, saga: SagaId) {
        if self.tables.reservations.values().any(|row| row.saga == saga && row.until.is_none()) {
            Arc::make_mut(&mut self.tables.reservations)
                .retain(|_, row| row.saga != saga || row.until.is_some());
        }
    }

    fn holder(&self, what: &Reservation) -> Option<&ReservedRow> {
        let now = self.now();
        let row = self.tables.reservations.get(what)?;
        row.holds(now).then_some(&**row)
    }
}

#[async_trait]
impl Reservations for MemoryTx {
    async fn reserve(
        &mut self,
        saga: SagaId,
        what: &Reservation,
        until: Option<DateTime<Utc>>,
    ) -> Result<bool, StoreError> {
        self.statement().await?;
        if self.holder(what).is_some_and(|row| row.saga != saga) {
            return Ok(false);
        }
        put(&mut self.tables.reservations, what.clone(), ReservedRow { saga, until });
        Ok(true)
    }

    async fn reserve_all(&mut self, these: &[(SagaId, Reservation)]) -> Result<(), StoreError> {
        self.statement().await?;
        for (saga, what) in these {
            if self.holder(what).is_some() {
                return self.taken("reservation");
            }
            let row = ReservedRow { saga: *saga, until: None };
            put(&mut self.tables.reservations, what.clone(), row);
        }
        Ok(())
    }

    async fn taken(&mut self, these: &[Reservation]) -> Result<Vec<Reservation>, StoreError> {
        self.statement().await?;
        Ok(these.iter().filter(|what| self.holder(what).is_some()).cloned().collect())
    }

    async fn taken_until(
        &mut self,
        what: &Reservation,
    ) -> Result<Option<Option<DateTime<Utc>>>, StoreError> {
        self.statement().await?;
        Ok(self.holder(what).map(|row| row.until))
    }

    async fn unreserve(&mut self, saga: SagaId, what: &Reservation) -> Result<(), StoreError> {
        self.statement().await?;
        if self.tables.reservations.get(what).is_some_and(|row| row.saga == saga) {
            remove(&mut self.tables.reservations, what);
        }
        Ok(())
    }
}
