use async_trait::async_trait;
use course_seats_application::ports::{
    Accounting, AuthError, Caller, Freshness, IdentityProvider, Lease, Mail, Mailer, PortError,
    UserProfile,
};
use course_seats_domain::group::{GroupId, GroupName};
use course_seats_domain::ids::{LabId, ProjectId, UserId};
use course_seats_domain::values::Credits;

/// The systems outside, for a command that needs only the database.
pub struct NotOpened;

fn nothing<T>() -> Result<T, PortError> {
    Err(PortError::Unavailable("this command does not use the systems outside".into()))
}

#[async_trait]
impl IdentityProvider for NotOpened {
    async fn authenticate(&self, _: &str, _: Freshness) -> Result<Caller, AuthError> {
        Err(AuthError::Unavailable("this command does not use the systems outside".into()))
    }
    async fn create_group(&self, _: &GroupName, _: &Lease) -> Result<GroupId, PortError> {
        nothing()
    }
    async fn find_group(&self, _: &GroupName) -> Result<Option<GroupId>, PortError> {
        nothing()
    }
    async fn groups(&self, _: &str) -> Result<Vec<(GroupId, GroupName)>, PortError> {
        nothing()
    }
    async fn delete_group(&self, _: &GroupId, _: &Lease) -> Result<(), PortError> {
        nothing()
    }
    async fn members(&self, _: &GroupId) -> Result<Vec<UserId>, PortError> {
        nothing()
    }
    async fn join(&self, _: UserId, _: &GroupId, _: &Lease) -> Result<(), PortError> {
        nothing()
    }
    async fn leave(&self, _: UserId, _: &GroupId, _: &Lease) -> Result<(), PortError> {
        nothing()
    }
    async fn user(&self, _: UserId) -> Result<Option<UserProfile>, PortError> {
        nothing()
    }
    async fn ready(&self) -> Result<(), PortError> {
        nothing()
    }
}

#[async_trait]
impl Accounting for NotOpened {
    async fn open_lab(&self, _: LabId, _: &str, _: &Lease) -> Result<(), PortError> {
        nothing()
    }
    async fn open_project(
        &self,
        _: ProjectId,
        _: LabId,
        _: &str,
        _: &Lease,
    ) -> Result<(), PortError> {
        nothing()
    }
    async fn grant(&self, _: ProjectId, _: Credits, _: &Lease) -> Result<(), PortError> {
        nothing()
    }
    async fn project_balance(&self, _: ProjectId) -> Result<Credits, PortError> {
        nothing()
    }
    async fn lab_balance(&self, _: LabId) -> Result<Credits, PortError> {
        nothing()
    }
    async fn deplete_project(&self, _: ProjectId, _: &Lease) -> Result<Credits, PortError> {
        nothing()
    }
    async fn deplete_lab(&self, _: LabId, _: &Lease) -> Result<Credits, PortError> {
        nothing()
    }
}

#[async_trait]
impl Mailer for NotOpened {
    async fn send(&self, _: &Mail) -> Result<(), PortError> {
        nothing()
    }
}
