use super::StoreError;
use async_trait::async_trait;
use course_seats_domain::ids::LabId;
use course_seats_domain::virtual_lab::VirtualLab;

/// Virtual labs that are not deleted.
#[async_trait]
pub trait Labs: Send {
    /// Must return `Conflict` if a lab that is not deleted has the name.
    async fn insert_lab(&mut self, lab: &VirtualLab) -> Result<(), StoreError>;

    /// By id.
    async fn lab(&mut self, id: LabId) -> Result<Option<VirtualLab>, StoreError>;

    /// Whether a lab that is not deleted has exactly this name.
    async fn lab_name_taken(&mut self, name: &str) -> Result<bool, StoreError>;
}
