use super::Calls;
use super::calls::Outcome;
use async_trait::async_trait;
use course_seats_application::ports::{
    Accounting, AuthError, Caller, Clock, Freshness, IdentityProvider, Lease, Mail, Mailer,
    PortError, UserProfile,
};
use course_seats_domain::group::{GroupId, GroupName};
use course_seats_domain::ids::{LabId, ProjectId, UserId};
use course_seats_domain::values::Credits;
use std::sync::Arc;

/// A system outside whose calls are counted and timed.
pub struct Metered<P: ?Sized> {
    port: Arc<P>,
    calls: Calls,
    clock: Arc<dyn Clock>,
}

impl<P: ?Sized> Metered<P> {
    /// The same system, counted.
    #[must_use]
    pub fn new(port: Arc<P>, calls: Calls, clock: Arc<dyn Clock>) -> Self {
        Self { port, calls, clock }
    }

    async fn counted<R: Outcome>(
        &self,
        call: (&'static str, &'static str),
        answer: impl Future<Output = R>,
    ) -> R {
        let began = self.clock.monotonic();
        let answer = answer.await;
        self.calls.ended(call, answer.word(), self.clock.monotonic().saturating_sub(began));
        answer
    }
}

/// The systems outside, each with what it is asked for.
pub(super) const SYSTEMS: [(&str, &[&str]); 3] = [IDENTITY, ACCOUNTING, MAIL];

/// Passes every call on under the name of its method.
macro_rules! metered {
    ($known:ident = $system:literal: $trait:ident {
        $(fn $method:ident($($argument:ident: $type:ty),* $(,)?) -> $answer:ty;)+
    }) => {
        const $known: (&str, &[&str]) = ($system, &[$(stringify!($method)),+]);

        #[async_trait]
        impl $trait for Metered<dyn $trait> {
            $(async fn $method(&self, $($argument: $type),*) -> $answer {
                let answer = self.port.$method($($argument),*);
                self.counted(($known.0, stringify!($method)), answer).await
            })+
        }
    };
}

metered! { IDENTITY = "identity": IdentityProvider {
    fn authenticate(token: &str, freshness: Freshness) -> Result<Caller, AuthError>;
    fn create_group(name: &GroupName, lease: &Lease) -> Result<GroupId, PortError>;
    fn find_group(name: &GroupName) -> Result<Option<GroupId>, PortError>;
    fn groups(prefix: &str) -> Result<Vec<(GroupId, GroupName)>, PortError>;
    fn delete_group(group: &GroupId, lease: &Lease) -> Result<(), PortError>;
    fn members(group: &GroupId) -> Result<Vec<UserId>, PortError>;
    fn join(user: UserId, group: &GroupId, lease: &Lease) -> Result<(), PortError>;
    fn leave(user: UserId, group: &GroupId, lease: &Lease) -> Result<(), PortError>;
    fn user(user: UserId) -> Result<Option<UserProfile>, PortError>;
    fn ready() -> Result<(), PortError>;
}}

metered! { ACCOUNTING = "accounting": Accounting {
    fn open_lab(lab: LabId, name: &str, lease: &Lease) -> Result<(), PortError>;
    fn open_project(
        project: ProjectId, lab: LabId, name: &str, lease: &Lease,
    ) -> Result<(), PortError>;
    fn grant(project: ProjectId, amount: Credits, lease: &Lease) -> Result<(), PortError>;
    fn project_balance(project: ProjectId) -> Result<Credits, PortError>;
    fn lab_balance(lab: LabId) -> Result<Credits, PortError>;
    fn deplete_project(project: ProjectId, lease: &Lease) -> Result<Credits, PortError>;
    fn deplete_lab(lab: LabId, lease: &Lease) -> Result<Credits, PortError>;
}}

metered! { MAIL = "mail": Mailer {
    fn send(mail: &Mail) -> Result<(), PortError>;
}}
