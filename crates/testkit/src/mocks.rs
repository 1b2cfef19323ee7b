//! Mocks, for tests about what is asked of a port and how often. For behaviour use the sandbox.

use async_trait::async_trait;
use course_seats_application::ports::{
    Accounting, AuthError, Caller, Freshness, IdentityProvider, Lease, Mail, Mailer, PortError,
    UserProfile,
};
use course_seats_domain::group::{GroupId, GroupName};
use course_seats_domain::ids::{LabId, ProjectId, UserId};
use course_seats_domain::values::Credits;
use mockall::mock;

mock! {
    /// An identity provider that answers what a test expects it to be asked.
    pub Identity {}

    #[async_trait]
    impl IdentityProvider for Identity {
        async fn authenticate(&self, token: &str, how: Freshness) -> Result<Caller, AuthError>;
        async fn create_group(&self, name: &GroupName, lease: &Lease) -> Result<GroupId, PortError>;
        async fn find_group(&self, name: &GroupName) -> Result<Option<GroupId>, PortError>;
        async fn groups(&self, prefix: &str) -> Result<Vec<(GroupId, GroupName)>, PortError>;
        async fn delete_group(&self, group: &GroupId, lease: &Lease) -> Result<(), PortError>;
        async fn members(&self, group: &GroupId) -> Result<Vec<UserId>, PortError>;
        async fn join(&self, user: UserId, group: &GroupId, lease: &Lease) -> Result<(), PortError>;
        async fn leave(&self, user: UserId, group: &GroupId, lease: &Lease) -> Result<(), PortError>;
        async fn user(&self, user: UserId) -> Result<Option<UserProfile>, PortError>;
        async fn ready(&self) -> Result<(), PortError>;
    }
}

mock! {
    /// An accounting service that answers what a test expects it to be asked.
    pub Books {}

    #[async_trait]
    impl Accounting for Books {
        async fn open_lab(&self, lab: LabId, name: &str, lease: &Lease) -> Result<(), PortError>;
        async fn open_project(
            &self,
            project: ProjectId,
            lab: LabId,
            name: &str,
            lease: &Lease,
        ) -> Result<(), PortError>;
        async fn grant(
            &self,
            project: ProjectId,
            amount: Credits,
            lease: &Lease,
        ) -> Result<(), PortError>;
        async fn project_balance(&self, project: ProjectId) -> Result<Credits, PortError>;
        async fn lab_balance(&self, lab: LabId) -> Result<Credits, PortError>;
        async fn deplete_project(
            &self,
            project: ProjectId,
            lease: &Lease,
        ) -> Result<Credits, PortError>;
        async fn deplete_lab(&self, lab: LabId, lease: &Lease) -> Result<Credits, PortError>;
    }
}

mock! {
    /// A mail server that answers what a test expects it to be asked.
    pub Post {}

    #[async_trait]
    impl Mailer for Post {
        async fn send(&self, mail: &Mail) -> Result<(), PortError>;
    }
}
