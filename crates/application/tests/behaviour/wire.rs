//! The wire to the sandbox, in the hands of a test: a call can time out, or its caller die, and its
//! effect lands when the test says so.

use async_trait::async_trait;
use course_seats_application::Ports;
use course_seats_application::ports::{
    Accounting, AuthError, Caller, Clock, Freshness, IdentityProvider, Lease, PortError,
    UserProfile,
};
use course_seats_domain::group::{GroupId, GroupName};
use course_seats_domain::ids::{LabId, ProjectId, UserId};
use course_seats_domain::values::Credits;
use course_seats_sandbox::Operation;
use course_seats_testkit::runtime::long_lease;
use futures::future::BoxFuture;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What becomes of one call.
#[derive(Clone)]
pub enum Turn {
    /// No answer in time; the effect is under way.
    TimesOut,
    /// The same, but it can be told when the caller hears nothing.
    TimesOutAt(Gate),
    /// Its caller dies while the effect is under way.
    Dies,
    /// It is answered well before it is committed: the effect is under way.
    AnsweredEarly,
    /// It is refused for good.
    Rejected,
    /// It waits on its way there.
    Waits(Gate),
    /// It waits on its way back.
    WaitsAfter(Gate),
}

/// Where a call waits until the test lets it go on.
#[derive(Clone, Default)]
pub struct Gate {
    reached: Arc<AtomicBool>,
    open: Arc<AtomicBool>,
}

impl Gate {
    pub fn is_reached(&self) -> bool {
        self.reached.load(Ordering::SeqCst)
    }

    pub fn open(&self) {
        self.open.store(true, Ordering::SeqCst);
    }

    /// Waits here until it is open.
    pub async fn pass(&self, clock: &Arc<dyn Clock>) {
        self.reached.store(true, Ordering::SeqCst);
        while !self.open.load(Ordering::SeqCst) {
            clock.sleep(Duration::from_millis(5)).await;
        }
    }
}

/// A turn that waits for its call: the operation, how many such calls go well before, how many of
/// them it then meets, and what becomes of those.
struct Scripted {
    operation: Operation,
    after: u32,
    times: u32,
    turn: Turn,
}

pub struct Wire {
    ports: Ports,
    script: Mutex<Vec<Scripted>>,
    under_way: Mutex<Vec<(Operation, BoxFuture<'static, ()>)>>,
    seen: Mutex<Vec<Operation>>,
    at_once: AtomicUsize,
    most_at_once: AtomicUsize,
}

impl Wire {
    pub fn to(ports: &Ports) -> Arc<Self> {
        Arc::new(Self {
            ports: ports.clone(),
            script: Mutex::default(),
            under_way: Mutex::default(),
            seen: Mutex::default(),
            at_once: AtomicUsize::default(),
            most_at_once: AtomicUsize::default(),
        })
    }

    /// From now on, `times` such calls, once `after` more have gone well.
    pub fn script(&self, operation: Operation, after: u32, times: u32, turn: Turn) {
        self.script.lock().unwrap().push(Scripted { operation, after, times, turn });
    }

    /// How many effects of such calls are under way.
    pub fn under_way(&self, operation: Operation) -> usize {
        let calls = self.under_way.lock().unwrap();
        calls.iter().filter(|(found, _)| *found == operation).count()
    }

    /// The calls that were made, in order.
    pub fn seen(&self) -> Vec<Operation> {
        self.seen.lock().unwrap().clone()
    }

    /// How many such calls were made.
    pub fn made(&self, operation: Operation) -> usize {
        self.seen.lock().unwrap().iter().filter(|found| **found == operation).count()
    }

    /// How many calls were made at once, at most.
    pub fn most_at_once(&self) -> usize {
        self.most_at_once.load(Ordering::SeqCst)
    }

    /// What is under way of such calls lands, all of it.
    pub async fn land(&self, operation: Operation) {
        let landing = {
            let mut calls = self.under_way.lock().unwrap();
            let (landing, left) = std::mem::take(&mut *calls)
                .into_iter()
                .partition::<Vec<_>, _>(|(found, _)| *found == operation);
            *calls = left;
            landing
        };
        assert!(!landing.is_empty(), "no {operation:?} is under way");
        for (_, effect) in landing {
            effect.await;
        }
    }

    fn turn(&self, operation: Operation) -> Option<Turn> {
        self.seen.lock().unwrap().push(operation);
        let mut script = self.script.lock().unwrap();
        let mut turn = None;
        for scripted in script.iter_mut().filter(|scripted| scripted.operation == operation) {
            if scripted.after > 0 {
                scripted.after -= 1;
            } else if scripted.times > 0 && turn.is_none() {
                scripted.times -= 1;
                turn = Some(scripted.turn.clone());
            }
        }
        turn
    }

    /// `early` is the answer of one that is not done yet, `call` what the caller waits for, `effect`
    /// the same call without its caller.
    async fn meet<T>(
        &self,
        operation: Operation,
        early: T,
        call: impl Future<Output = Result<T, PortError>> + Send,
        effect: impl Future<Output = ()> + Send + 'static,
    ) -> Result<T, PortError> {
        let keep = |effect| self.under_way.lock().unwrap().push((operation, effect));
        match self.turn(operation) {
            None => {
                let at_once = self.at_once.fetch_add(1, Ordering::SeqCst) + 1;
                self.most_at_once.fetch_max(at_once, Ordering::SeqCst);
                let answer = call.await;
                self.at_once.fetch_sub(1, Ordering::SeqCst);
                answer
            }
            Some(Turn::Rejected) => Err(PortError::Rejected("as the test wants it".into())),
            Some(Turn::TimesOut) => {
                keep(Box::pin(effect));
                Err(PortError::Unknown("no answer within the time limit".into()))
            }
            Some(Turn::TimesOutAt(gate)) => {
                keep(Box::pin(effect));
                gate.pass(&self.ports.clock).await;
                Err(PortError::Unknown("no answer within the time limit".into()))
            }
            Some(Turn::Dies) => {
                keep(Box::pin(effect));
                std::future::pending().await
            }
            Some(Turn::AnsweredEarly) => {
                keep(Box::pin(effect));
                Ok(early)
            }
            Some(Turn::Waits(gate)) => {
                gate.pass(&self.ports.clock).await;
                call.await
            }
            Some(Turn::WaitsAfter(gate)) => {
                let answer = call.await;
                gate.pass(&self.ports.clock).await;
                answer
            }
        }
    }
}

#[async_trait]
impl IdentityProvider for Wire {
    async fn authenticate(&self, token: &str, how: Freshness) -> Result<Caller, AuthError> {
        self.ports.identity.authenticate(token, how).await
    }
    async fn find_group(&self, name: &GroupName) -> Result<Option<GroupId>, PortError> {
        self.ports.identity.find_group(name).await
    }
    async fn groups(&self, prefix: &str) -> Result<Vec<(GroupId, GroupName)>, PortError> {
        self.ports.identity.groups(prefix).await
    }
    async fn members(&self, group: &GroupId) -> Result<Vec<UserId>, PortError> {
        let call = self.ports.identity.members(group);
        self.meet(Operation::Members, Vec::new(), call, async {}).await
    }
    async fn user(&self, user: UserId) -> Result<Option<UserProfile>, PortError> {
        self.ports.identity.user(user).await
    }
    async fn ready(&self) -> Result<(), PortError> {
        self.ports.identity.ready().await
    }
    async fn create_group(&self, name: &GroupName, lease: &Lease) -> Result<GroupId, PortError> {
        let effect = {
            let port = Arc::clone(&self.ports.identity);
            let name = name.to_owned();
            async move { drop(port.create_group(&name, &long_lease()).await) }
        };
        let call = self.ports.identity.create_group(name, lease);
        self.meet(Operation::CreateGroup, GroupId(String::new()), call, effect).await
    }
    async fn delete_group(&self, group: &GroupId, lease: &Lease) -> Result<(), PortError> {
        let effect = {
            let port = Arc::clone(&self.ports.identity);
            let group = group.to_owned();
            async move { drop(port.delete_group(&group, &long_lease()).await) }
        };
        let call = self.ports.identity.delete_group(group, lease);
        self.meet(Operation::DeleteGroup, (), call, effect).await
    }
    async fn join(&self, user: UserId, group: &GroupId, lease: &Lease) -> Result<(), PortError> {
        let effect = {
            let port = Arc::clone(&self.ports.identity);
            let group = group.to_owned();
            async move { drop(port.join(user, &group, &long_lease()).await) }
        };
        let call = self.ports.identity.join(user, group, lease);
        self.meet(Operation::Join, (), call, effect).await
    }
    async fn leave(&self, user: UserId, group: &GroupId, lease: &Lease) -> Result<(), PortError> {
        let effect = {
            let port = Arc::clone(&self.ports.identity);
            let group = group.to_owned();
            async move { drop(port.leave(user, &group, &long_lease()).await) }
        };
        let call = self.ports.identity.leave(user, group, lease);
        self.meet(Operation::Leave, (), call, effect).await
    }
}

#[async_trait]
impl Accounting for Wire {
    async fn project_balance(&self, project: ProjectId) -> Result<Credits, PortError> {
        let call = self.ports.accounting.project_balance(project);
        self.meet(Operation::ProjectBalance, Credits::ZERO, call, async {}).await
    }
    async fn lab_balance(&self, lab: LabId) -> Result<Credits, PortError> {
        self.ports.accounting.lab_balance(lab).await
    }
    async fn open_lab(&self, lab: LabId, name: &str, lease: &Lease) -> Result<(), PortError> {
        let effect = {
            let port = Arc::clone(&self.ports.accounting);
            let name = name.to_owned();
            async move { drop(port.open_lab(lab, &name, &long_lease()).await) }
        };
        let call = self.ports.accounting.open_lab(lab, name, lease);
        self.meet(Operation::OpenLab, (), call, effect).await
    }
    async fn open_project(
        &self,
        project: ProjectId,
        lab: LabId,
        name: &str,
        lease: &Lease,
    ) -> Result<(), PortError> {
        let effect = {
            let port = Arc::clone(&self.ports.accounting);
            let name = name.to_owned();
            async move { drop(port.open_project(project, lab, &name, &long_lease()).await) }
        };
        let call = self.ports.accounting.open_project(project, lab, name, lease);
        self.meet(Operation::OpenProject, (), call, effect).await
    }
    async fn grant(
        &self,
        project: ProjectId,
        amount: Credits,
        lease: &Lease,
    ) -> Result<(), PortError> {
        let effect = {
            let port = Arc::clone(&self.ports.accounting);
            async move { drop(port.grant(project, amount, &long_lease()).await) }
        };
        let call = self.ports.accounting.grant(project, amount, lease);
        self.meet(Operation::Grant, (), call, effect).await
    }
    async fn deplete_project(
        &self,
        project: ProjectId,
        lease: &Lease,
    ) -> Result<Credits, PortError> {
        let effect = {
            let port = Arc::clone(&self.ports.accounting);
            async move { drop(port.deplete_project(project, &long_lease()).await) }
        };
        let call = self.ports.accounting.deplete_project(project, lease);
        self.meet(Operation::DepleteProject, Credits::ZERO, call, effect).await
    }
    async fn deplete_lab(&self, lab: LabId, lease: &Lease) -> Result<Credits, PortError> {
        let effect = {
            let port = Arc::clone(&self.ports.accounting);
            async move { drop(port.deplete_lab(lab, &long_lease()).await) }
        };
        let call = self.ports.accounting.deplete_lab(lab, lease);
        self.meet(Operation::DepleteLab, Credits::ZERO, call, effect).await
    }
}
