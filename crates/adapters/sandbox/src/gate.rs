use crate::fault::{Fault, FaultKind, Faults, Operation};
use course_seats_application::ports::{Clock, Lease, PortError, Spawner};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};

/// What all systems share: the world that they live in.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) spawner: Arc<dyn Spawner>,
    pub(crate) faults: Arc<Faults>,
    pub(crate) call_limit: Duration,
    pub(crate) concurrency: usize,
}

impl World {
    /// Does something later, whatever becomes of the caller.
    pub(crate) fn later(&self, delay: Duration, act: impl FnOnce() + Send + 'static) {
        let clock = Arc::clone(&self.clock);
        self.spawner.spawn(Box::pin(async move {
            clock.sleep(delay).await;
            act();
        }));
    }
}

/// The way to one system: every call goes through it, in the order of a real client. First a
/// permit, then the lease, then the wire with its latency, its faults and its time limit.
pub(crate) struct Gate {
    world: World,
    permits: Semaphore,
}

impl Gate {
    pub(crate) fn new(world: World) -> Self {
        let permits = Semaphore::new(world.concurrency.clamp(1, Semaphore::MAX_PERMITS));
        Self { world, permits }
    }

    /// A call that changes something. `effect` is the system's own side of it.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        operation: Operation,
        lease: Option<&Lease>,
        effect: impl FnOnce() -> Result<T, PortError> + Send + 'static,
    ) -> Result<T, PortError> {
        let _permit = self.permit().await?;
        let world = &self.world;
        // Last, after all waiting: from here on the call is on its way.
        if lease.is_some_and(|lease| !lease.covers(world.clock.monotonic(), world.call_limit)) {
            return Err(PortError::Unavailable("the lease is too short".into()));
        }
        let fault = world.faults.next(operation);
        let kind = fault.as_ref().map(|fault| fault.kind);
        if kind == Some(FaultKind::Refuse) {
            return Err(refused());
        }
        if let Err(rest) = self.wire().await {
            let lands = matches!(
                kind,
                None | Some(FaultKind::LoseAnswer | FaultKind::Late | FaultKind::Garbage)
            );
            if lands {
                world.later(rest + lateness(fault.as_ref()), move || drop(effect()));
            }
            return Err(PortError::Unknown(SILENCE.into()));
        }
        match kind {
            None => effect(),
            Some(FaultKind::Refuse) => Err(refused()),
            Some(FaultKind::Reject) => Err(PortError::Rejected("HTTP 400".into())),
            Some(FaultKind::NotFound) => Err(PortError::NotFound),
            Some(FaultKind::ServerError) => Err(PortError::Unknown("HTTP 500".into())),
            Some(FaultKind::LoseAnswer) => {
                drop(effect());
                Err(PortError::Unknown("the connection was lost".into()))
            }
            Some(FaultKind::Garbage) => {
                drop(effect());
                Err(PortError::Unknown("the answer cannot be read".into()))
            }
            Some(FaultKind::Late) => {
                world.later(lateness(fault.as_ref()), move || drop(effect()));
                Err(PortError::Unknown(SILENCE.into()))
            }
        }
    }

    /// A call that only looks.
    pub(crate) async fn read<T>(
        &self,
        operation: Operation,
        look: impl FnOnce() -> Result<T, PortError>,
    ) -> Result<T, PortError> {
        let _permit = self.permit().await?;
        let kind = self.world.faults.next(operation).map(|fault| fault.kind);
        if kind == Some(FaultKind::Refuse) {
            return Err(refused());
        }
        if self.wire().await.is_err() {
            return Err(PortError::Unavailable(SILENCE.into()));
        }
        match kind {
            None => look(),
            Some(FaultKind::Refuse) => Err(refused()),
            Some(FaultKind::Reject) => Err(PortError::Rejected("HTTP 400".into())),
            Some(FaultKind::NotFound) => Err(PortError::NotFound),
            Some(FaultKind::ServerError) => Err(PortError::Unavailable("HTTP 500".into())),
            Some(FaultKind::LoseAnswer) => {
                Err(PortError::Unavailable("the connection was lost".into()))
            }
            Some(FaultKind::Garbage) => {
                Err(PortError::Unavailable("the answer cannot be read".into()))
            }
            Some(FaultKind::Late) => Err(PortError::Unavailable(SILENCE.into())),
        }
    }

    /// Waits for one of the calls that may go on at once, for at most as long as a call may last.
    async fn permit(&self) -> Result<SemaphorePermit<'_>, PortError> {
        let unavailable = |why: &str| PortError::Unavailable(why.into());
        tokio::select! {
            biased;
            permit = self.permits.acquire() => permit.map_err(|_| unavailable("closed")),
            () = self.world.clock.sleep(self.world.call_limit) => {
                Err(unavailable("too many calls at once"))
            }
        }
    }

    /// Waits as long as a call takes. If that is longer than a caller waits: what is left of it.
    async fn wire(&self) -> Result<(), Duration> {
        let latency = self.world.faults.latency();
        let waited = latency.min(self.world.call_limit);
        if !waited.is_zero() {
            self.world.clock.sleep(waited).await;
        }
        match latency.saturating_sub(waited) {
            Duration::ZERO => Ok(()),
            rest => Err(rest),
        }
    }
}

const SILENCE: &str = "no answer within the time limit";

fn refused() -> PortError {
    PortError::Unavailable("the connection was refused".into())
}

fn lateness(fault: Option<&Fault>) -> Duration {
    match fault {
        Some(fault) if fault.kind == FaultKind::Late => Duration::from_millis(fault.late_ms),
        _ => Duration::ZERO,
    }
}
