//! An outside of which one call, the n-th from a moment on, meets its caller in a mood. It also
//! writes down which calls are made.

use crate::wire::Gate;
use async_trait::async_trait;
use course_seats_application::Ports;
use course_seats_application::ports::{
    Accounting, AuthError, Caller, Freshness, IdentityProvider, Lease, Mail, Mailer, PortError,
    UserProfile,
};
use course_seats_domain::group::{GroupId, GroupName};
use course_seats_domain::ids::{LabId, ProjectId, UserId};
use course_seats_domain::values::Credits;
use course_seats_sandbox::{Operation, SandboxAccounting};
use course_seats_testkit::runtime::long_lease;
use std::sync::{Arc, Mutex};
use std::time::Duration;

#[derive(Clone)]
pub enum Mood {
    PanicsBefore,
    PanicsAfter,
    /// Its caller wakes so much later, before the effect or after it.
    SleepsBefore(Duration),
    SleepsAfter(Duration),
    /// It happens, and the caller waits so long for an answer that never comes.
    TimesOut(Duration),
    /// It is committed so much later than it is answered.
    CommitsLater(Duration),
    /// It is made twice, and the caller hears the second answer.
    Twice,
    /// Its caller hears nothing, and it is under way until the test lets it land.
    Late,
    /// It waits on its way there, or on its way back.
    Waits(Gate),
    WaitsAfter(Gate),
}

/// A write that can be made when nobody waits for it.
#[derive(Clone)]
enum Alone {
    CreateGroup(GroupName),
    DeleteGroup(GroupId),
    Join(UserId, GroupId),
    Leave(UserId, GroupId),
    OpenLab(LabId, String),
    OpenProject(ProjectId, LabId, String),
    Grant(ProjectId, Credits),
    DepleteProject(ProjectId),
    DepleteLab(LabId),
    Send(Mail),
}

impl Alone {
    async fn make(self, ports: &Ports) {
        let (identity, accounting, lease) = (&ports.identity, &ports.accounting, long_lease());
        match self {
            Self::CreateGroup(name) => drop(identity.create_group(&name, &lease).await),
            Self::DeleteGroup(group) => drop(identity.delete_group(&group, &lease).await),
            Self::Join(user, group) => drop(identity.join(user, &group, &lease).await),
            Self::Leave(user, group) => drop(identity.leave(user, &group, &lease).await),
            Self::OpenLab(lab, name) => drop(accounting.open_lab(lab, &name, &lease).await),
            Self::OpenProject(project, lab, name) => {
                drop(accounting.open_project(project, lab, &name, &lease).await);
            }
            Self::Grant(project, amount) => {
                drop(accounting.grant(project, amount, &lease).await);
            }
            Self::DepleteProject(project) => {
                drop(accounting.deplete_project(project, &lease).await)
            }
            Self::DepleteLab(lab) => drop(accounting.deplete_lab(lab, &lease).await),
            Self::Send(mail) => drop(ports.mailer.send(&mail).await),
        }
    }
}

/// Which call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// The n-th call, counted from 0.
    Any(usize),
    /// The n-th call that changes something, counted from 0.
    Write(usize),
    /// The n-th such call, counted from 0.
    Call(Operation, usize),
}

pub struct Moody {
    ports: Ports,
    books: Arc<SandboxAccounting>,
    next: Mutex<Next>,
}

#[derive(Default)]
struct Next {
    made: Vec<Operation>,
    waiting: Option<(Which, Mood)>,
    is_met: bool,
    /// What was made twice, or is under way.
    kept: Option<Alone>,
}

impl Next {
    fn mood(&mut self, operation: Operation) -> Option<Mood> {
        let (which, mood) = self.waiting.clone()?;
        let made = |wanted: &dyn Fn(Operation) -> bool| {
            self.made.iter().filter(|made| wanted(**made)).count()
        };
        let its_turn = match which {
            Which::Any(n) => self.made.len() == n,
            Which::Write(n) => operation.is_write() && made(&Operation::is_write) == n,
            Which::Call(which, n) => operation == which && made(&|made| made == which) == n,
        };
        self.is_met |= its_turn;
        its_turn.then_some(mood)
    }
}

impl Moody {
    pub fn on(ports: &Ports, books: &Arc<SandboxAccounting>) -> Arc<Self> {
        Arc::new(Self { ports: ports.clone(), books: Arc::clone(books), next: Mutex::default() })
    }

    /// The ports with this outside.
    pub fn ports(self: &Arc<Self>) -> Ports {
        Ports {
            identity: self.clone(),
            accounting: self.clone(),
            mailer: self.clone(),
            ..self.ports.clone()
        }
    }

    /// Counts anew from now on; this call will be met in this mood.
    pub fn begin(&self, waiting: Option<(Which, Mood)>) {
        *self.next.lock().unwrap() = Next { waiting, ..Next::default() };
    }

    /// The calls that were made since. Until its last funding is old enough a lab is depleted again and
    /// again: that counts once.
    pub fn made(&self) -> Vec<Operation> {
        let mut made = self.next.lock().unwrap().made.clone();
        made.dedup_by(|call, before| call == before && *call == Operation::DepleteLab);
        made
    }

    /// How many of the calls were made that change something.
    pub fn writes(&self) -> usize {
        self.made().into_iter().filter(|made| made.is_write()).count()
    }

    /// Whether the call has come that was to be met.
    pub fn is_met(&self) -> bool {
        self.next.lock().unwrap().is_met
    }

    /// What was made twice is made once more; what is under way lands.
    pub async fn make_again(&self) {
        let kept = self.next.lock().unwrap().kept.clone();
        kept.unwrap().make(&self.ports).await;
    }

    /// A call that only looks.
    async fn meet<T: Send, F: Future<Output = Result<T, PortError>> + Send>(
        &self,
        operation: Operation,
        call: impl Fn() -> F + Send,
    ) -> Result<T, PortError> {
        self.meet_write(operation, None, call).await
    }

    async fn meet_write<T: Send, F: Future<Output = Result<T, PortError>> + Send>(
        &self,
        operation: Operation,
        alone: Option<Alone>,
        call: impl Fn() -> F + Send,
    ) -> Result<T, PortError> {
        let mood = {
            let mut next = self.next.lock().unwrap();
            let mood = next.mood(operation);
            next.made.push(operation);
            mood
        };
        match &mood {
            Some(Mood::PanicsBefore) => quiet_panic(),
            Some(Mood::Waits(gate)) => gate.pass(&self.ports.clock).await,
            Some(Mood::SleepsBefore(sleep)) => self.ports.clock.sleep(*sleep).await,
            Some(Mood::CommitsLater(delay)) => self.books.set_commit_delay(*delay),
            Some(Mood::Twice) => {
                self.next.lock().unwrap().kept = alone;
                drop(call().await);
            }
            Some(Mood::Late) => {
                self.next.lock().unwrap().kept = alone;
                return Err(PortError::Unknown(SILENCE.to_owned()));
            }
            _ => {}
        }
        let answer = call().await;
        match &mood {
            Some(Mood::PanicsAfter) => quiet_panic(),
            Some(Mood::WaitsAfter(gate)) => gate.pass(&self.ports.clock).await,
            Some(Mood::SleepsAfter(sleep)) => self.ports.clock.sleep(*sleep).await,
            Some(Mood::CommitsLater(_)) => self.books.set_commit_delay(Duration::ZERO),
            Some(Mood::TimesOut(limit)) => {
                self.ports.clock.sleep(*limit).await;
                let why = SILENCE.to_owned();
                return Err(match operation.is_write() {
                    true => PortError::Unknown(why),
                    false => PortError::Unavailable(why),
                });
            }
            _ => {}
        }
        answer
    }
}

const SILENCE: &str = "no answer within the time limit";

/// A panic of which nobody is told: a backtrace for each would take longer than the tests.
pub fn quiet_panic() -> ! {
    std::panic::resume_unwind(Box::new("as the test wants it"))
}

#[async_trait]
impl IdentityProvider for Moody {
    async fn authenticate(&self, token: &str, how: Freshness) -> Result<Caller, AuthError> {
        self.ports.identity.authenticate(token, how).await
    }
    async fn create_group(&self, name: &GroupName, lease: &Lease) -> Result<GroupId, PortError> {
        let alone = Alone::CreateGroup(name.clone());
        let call = || self.ports.identity.create_group(name, lease);
        self.meet_write(Operation::CreateGroup, Some(alone), call).await
    }
    async fn find_group(&self, name: &GroupName) -> Result<Option<GroupId>, PortError> {
        self.meet(Operation::FindGroup, || self.ports.identity.find_group(name)).await
    }
    async fn groups(&self, prefix: &str) -> Result<Vec<(GroupId, GroupName)>, PortError> {
        self.meet(Operation::Groups, || self.ports.identity.groups(prefix)).await
    }
    async fn delete_group(&self, group: &GroupId, lease: &Lease) -> Result<(), PortError> {
        let alone = Alone::DeleteGroup(group.clone());
        let call = || self.ports.identity.delete_group(group, lease);
        self.meet_write(Operation::DeleteGroup, Some(alone), call).await
    }
    async fn members(&self, group: &GroupId) -> Result<Vec<UserId>, PortError> {
        self.meet(Operation::Members, || self.ports.identity.members(group)).await
    }
    async fn join(&self, user: UserId, group: &GroupId, lease: &Lease) -> Result<(), PortError> {
        let alone = Alone::Join(user, group.clone());
        let call = || self.ports.identity.join(user, group, lease);
        self.meet_write(Operation::Join, Some(alone), call).await
    }
    async fn leave(&self, user: UserId, group: &GroupId, lease: &Lease) -> Result<(), PortError> {
        let alone = Alone::Leave(user, group.clone());
        let call = || self.ports.identity.leave(user, group, lease);
        self.meet_write(Operation::Leave, Some(alone), call).await
    }
    async fn user(&self, user: UserId) -> Result<Option<UserProfile>, PortError> {
        self.meet(Operation::User, || self.ports.identity.user(user)).await
    }
    async fn ready(&self) -> Result<(), PortError> {
        self.meet(Operation::Ready, || self.ports.identity.ready()).await
    }
}

#[async_trait]
impl Accounting for Moody {
    async fn open_lab(&self, lab: LabId, name: &str, lease: &Lease) -> Result<(), PortError> {
        let alone = Alone::OpenLab(lab, name.to_owned());
        let call = || self.ports.accounting.open_lab(lab, name, lease);
        self.meet_write(Operation::OpenLab, Some(alone), call).await
    }
    async fn open_project(
        &self,
        project: ProjectId,
        lab: LabId,
        name: &str,
        lease: &Lease,
    ) -> Result<(), PortError> {
        let alone = Alone::OpenProject(project, lab, name.to_owned());
        let call = || self.ports.accounting.open_project(project, lab, name, lease);
        self.meet_write(Operation::OpenProject, Some(alone), call).await
    }
    async fn grant(
        &self,
        project: ProjectId,
        amount: Credits,
        lease: &Lease,
    ) -> Result<(), PortError> {
        let alone = Alone::Grant(project, amount);
        let call = || self.ports.accounting.grant(project, amount, lease);
        self.meet_write(Operation::Grant, Some(alone), call).await
    }
    async fn project_balance(&self, project: ProjectId) -> Result<Credits, PortError> {
        let call = || self.ports.accounting.project_balance(project);
        self.meet(Operation::ProjectBalance, call).await
    }
    async fn lab_balance(&self, lab: LabId) -> Result<Credits, PortError> {
        self.meet(Operation::LabBalance, || self.ports.accounting.lab_balance(lab)).await
    }
    async fn deplete_project(
        &self,
        project: ProjectId,
        lease: &Lease,
    ) -> Result<Credits, PortError> {
        let alone = Alone::DepleteProject(project);
        let call = || self.ports.accounting.deplete_project(project, lease);
        self.meet_write(Operation::DepleteProject, Some(alone), call).await
    }
    async fn deplete_lab(&self, lab: LabId, lease: &Lease) -> Result<Credits, PortError> {
        let alone = Alone::DepleteLab(lab);
        let call = || self.ports.accounting.deplete_lab(lab, lease);
        self.meet_write(Operation::DepleteLab, Some(alone), call).await
    }
}

#[async_trait]
impl Mailer for Moody {
    async fn send(&self, mail: &Mail) -> Result<(), PortError> {
        let call = || self.ports.mailer.send(mail);
        self.meet_write(Operation::Send, Some(Alone::Send(mail.clone())), call).await
    }
}
