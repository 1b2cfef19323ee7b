use super::tx::MemoryTx;
use async_trait::async_trait;
use course_seats_application::ports::store::{Audit, AuditEntry, StoreError};

#[async_trait]
impl Audit for MemoryTx {
    async fn audit(&mut self, entry: &AuditEntry) -> Result<(), StoreError> {
        self.statement().await?;
        self.audit.push(entry.clone());
        Ok(())
    }
}
