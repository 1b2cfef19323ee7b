use crate::kept::lock;
use serde::{Deserialize, Serialize};
use std::sync::Mutex;
use std::time::Duration;

/// One of the three systems outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum System {
    /// The identity provider.
    Identity,
    /// The accounting service.
    Accounting,
    /// The mail server.
    Mail,
}

/// One call of a port, under the name of its method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the methods of the ports have them")]
pub enum Operation {
    Authenticate,
    CreateGroup,
    FindGroup,
    Groups,
    DeleteGroup,
    Members,
    Join,
    Leave,
    User,
    Ready,
    OpenLab,
    OpenProject,
    Grant,
    ProjectBalance,
    LabBalance,
    DepleteProject,
    DepleteLab,
    Send,
}

impl Operation {
    /// Whose call it is.
    #[must_use]
    pub fn system(self) -> System {
        match self {
            Self::Authenticate
            | Self::CreateGroup
            | Self::FindGroup
            | Self::Groups
            | Self::DeleteGroup
            | Self::Members
            | Self::Join
            | Self::Leave
            | Self::User
            | Self::Ready => System::Identity,
            Self::OpenLab
            | Self::OpenProject
            | Self::Grant
            | Self::ProjectBalance
            | Self::LabBalance
            | Self::DepleteProject
            | Self::DepleteLab => System::Accounting,
            Self::Send => System::Mail,
        }
    }

    /// Whether it changes anything.
    #[must_use]
    pub fn is_write(self) -> bool {
        !matches!(
            self,
            Self::Authenticate
                | Self::FindGroup
                | Self::Groups
                | Self::Members
                | Self::User
                | Self::Ready
                | Self::ProjectBalance
                | Self::LabBalance
        )
    }
}

/// How a call goes wrong. A read has no effect to lose: whatever leaves a write unknown leaves a
/// read unavailable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// Nothing happens; the caller knows it.
    Refuse,
    /// Nothing happens, and never will.
    Reject,
    /// It happens, but the caller never hears of it.
    LoseAnswer,
    /// The caller hears nothing, and it happens later.
    Late,
    /// Nothing happens, but the caller cannot know.
    ServerError,
    /// It happens, and the answer cannot be read.
    Garbage,
    /// Nothing happens: a "not found" that heals.
    NotFound,
}

/// A fault that waits for its call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Which system.
    pub system: System,
    /// Which call; absent means any write.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<Operation>,
    /// What happens.
    pub kind: FaultKind,
    /// How many such calls go well before.
    #[serde(default)]
    pub after: u32,
    /// How many then go wrong.
    #[serde(default = "once")]
    pub times: u32,
    /// How much later a late one happens.
    #[serde(default = "a_second")]
    pub late_ms: u64,
}

fn once() -> u32 {
    1
}

fn a_second() -> u64 {
    1000
}

impl Fault {
    /// The next call of this kind goes wrong in this way, once.
    #[must_use]
    pub fn once(operation: Operation, kind: FaultKind) -> Self {
        Self {
            system: operation.system(),
            operation: Some(operation),
            kind,
            after: 0,
            times: once(),
            late_ms: a_second(),
        }
    }

    fn is_about(&self, operation: Operation) -> bool {
        match self.operation {
            Some(named) => named == operation,
            None => self.system == operation.system() && operation.is_write(),
        }
    }
}

/// Why a fault was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FaultError {
    /// The operation belongs to another system: the fault would wait for ever.
    #[error("operation: not one of this system")]
    OtherSystem,
    /// It would never happen.
    #[error("times: must be above 0")]
    Never,
}

/// What is wrong with the world: faults that wait, and how long every call takes. Shared by the
/// three systems; gone after a restart.
#[derive(Debug, Default)]
pub struct Faults {
    world: Mutex<World>,
}

#[derive(Debug, Default)]
struct World {
    waiting: Vec<Fault>,
    latency: Duration,
}

impl Faults {
    /// No faults; every call takes so long.
    #[must_use]
    pub fn new(latency: Duration) -> Self {
        Self { world: Mutex::new(World { waiting: Vec::new(), latency }) }
    }

    /// Adds a fault behind those that wait.
    ///
    /// # Errors
    /// If it could never happen.
    pub fn inject(&self, fault: Fault) -> Result<(), FaultError> {
        if fault.operation.is_some_and(|operation| operation.system() != fault.system) {
            return Err(FaultError::OtherSystem);
        }
        if fault.times == 0 {
            return Err(FaultError::Never);
        }
        lock(&self.world).waiting.push(fault);
        Ok(())
    }

    /// Forgets all faults; the latency stays.
    pub fn clear(&self) {
        lock(&self.world).waiting.clear();
    }

    /// The faults that still wait, with what is left of them.
    #[must_use]
    pub fn list(&self) -> Vec<Fault> {
        lock(&self.world).waiting.clone()
    }

    /// How long every call takes.
    #[must_use]
    pub fn latency(&self) -> Duration {
        lock(&self.world).latency
    }

    /// Changes how long every call takes, from the next one on.
    pub fn set_latency(&self, latency: Duration) {
        lock(&self.world).latency = latency;
    }

    /// What goes wrong with this call. Every fault that waits for such a call counts it.
    pub(crate) fn next(&self, operation: Operation) -> Option<Fault> {
        let mut world = lock(&self.world);
        let mut found = None;
        for fault in world.waiting.iter_mut().filter(|fault| fault.is_about(operation)) {
            if fault.after > 0 {
                fault.after -= 1;
            } else if found.is_none() {
                fault.times -= 1;
                found = Some(fault.clone());
            }
        }
        world.waiting.retain(|fault| fault.times > 0);
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_read_with_its_defaults() {
        let fault: Fault = serde_json::from_str(
            r#"{"system": "identity", "operation": "join", "kind": "refuse"}"#,
        )
        .unwrap();
        assert_eq!(fault, Fault::once(Operation::Join, FaultKind::Refuse));
        assert!(serde_json::from_str::<Fault>(r#"{"system":"mail","kind":"x"}"#).is_err());
        let typo = r#"{"system":"mail","kind":"refuse","operaton":"send"}"#;
        assert!(serde_json::from_str::<Fault>(typo).is_err());
    }

    #[test]
    fn skips_then_counts_down() {
        let faults = Faults::default();
        let fault = Fault { after: 1, times: 2, ..Fault::once(Operation::Join, FaultKind::Refuse) };
        faults.inject(fault).unwrap();
        let hits: Vec<_> = (0..4).map(|_| faults.next(Operation::Join).is_some()).collect();
        assert_eq!(hits, [false, true, true, false]);
        assert!(faults.list().is_empty());
    }

    #[test]
    fn without_an_operation_only_writes_of_that_system_are_hit() {
        let faults = Faults::default();
        let any = Fault { operation: None, ..Fault::once(Operation::Join, FaultKind::Refuse) };
        faults.inject(any).unwrap();
        assert!(faults.next(Operation::Members).is_none());
        assert!(faults.next(Operation::Grant).is_none());
        assert!(faults.next(Operation::Leave).is_some());
    }

    #[test]
    fn refuses_what_could_never_happen() {
        let faults = Faults::default();
        let join = Fault::once(Operation::Join, FaultKind::Refuse);
        let other = Fault { system: System::Mail, ..join.clone() };
        assert_eq!(faults.inject(other), Err(FaultError::OtherSystem));
        assert_eq!(faults.inject(Fault { times: 0, ..join }), Err(FaultError::Never));
    }
}
