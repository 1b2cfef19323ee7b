use super::tables::put;
use super::tx::MemoryTx;
use async_trait::async_trait;
use course_seats_application::ports::store::{Labs, StoreError};
use course_seats_domain::ids::LabId;
use course_seats_domain::virtual_lab::VirtualLab;

impl MemoryTx {
    fn has_lab_named(&self, name: &str) -> bool {
        self.tables.labs.values().any(|lab| lab.profile.name.as_str() == name)
    }
}

#[async_trait]
impl Labs for MemoryTx {
    async fn insert_lab(&mut self, lab: &VirtualLab) -> Result<(), StoreError> {
        self.statement().await?;
        if self.tables.labs.contains_key(&lab.id) || self.has_lab_named(lab.profile.name.as_str()) {
            return self.taken("lab");
        }
        put(&mut self.tables.labs, lab.id, lab.clone());
        Ok(())
    }

    async fn lab(&mut self, id: LabId) -> Result<Option<VirtualLab>, StoreError> {
        self.statement().await?;
        Ok(self.tables.labs.get(&id).map(|row| VirtualLab::clone(row)))
    }

    async fn lab_name_taken(&mut self, name: &str) -> Result<bool, StoreError> {
        self.statement().await?;
        Ok(self.has_lab_named(name))
    }
}
