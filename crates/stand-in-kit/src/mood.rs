use crate::call::CallKind;
use crate::chaos::{Chaos, Dice};
use crate::fault::{self, Fault, FaultKind};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What is wrong with the world, and what was asked of it.
pub(crate) struct Mood<K>(Mutex<Inner<K>>);

struct Inner<K> {
    waiting: Vec<Fault<K>>,
    chaos: Option<Dice>,
    latency: Duration,
    counts: Counts<K>,
}

/// What was asked so far.
#[derive(Debug, Clone)]
pub(crate) struct Counts<K> {
    pub(crate) calls: BTreeMap<K, u64>,
    /// How many of them went wrong.
    pub(crate) gone_wrong: u64,
    pub(crate) connections: u64,
}

/// What happens to one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mishap {
    pub(crate) kind: FaultKind,
    pub(crate) status: u16,
    pub(crate) delay: Duration,
}

impl<K: CallKind> Mood<K> {
    pub(crate) fn new() -> Self {
        let counts = Counts { calls: BTreeMap::new(), gone_wrong: 0, connections: 0 };
        let latency = Duration::ZERO;
        Self(Mutex::new(Inner { waiting: Vec::new(), chaos: None, latency, counts }))
    }

    /// A call arrives: how long it takes, and what goes wrong with it.
    pub(crate) fn begin(&self, kind: K) -> (Duration, Option<Mishap>) {
        let mut inner = self.inner();
        *inner.counts.calls.entry(kind).or_default() += 1;
        let rolled = inner.chaos.as_mut().and_then(|dice| dice.roll(kind));
        let waited = fault::next(&mut inner.waiting, kind).map(|fault| Mishap {
            kind: fault.kind,
            status: fault.status,
            delay: Duration::from_millis(fault.delay_ms),
        });
        let mishap = waited.or(rolled);
        inner.counts.gone_wrong += u64::from(mishap.is_some());
        (inner.latency, mishap)
    }

    /// Adds a fault behind those that wait, or says why it can never happen.
    pub(crate) fn inject(&self, fault: Fault<K>) -> Result<(), &'static str> {
        match fault.wrong() {
            Some(why) => Err(why),
            None => {
                self.inner().waiting.push(fault);
                Ok(())
            }
        }
    }

    pub(crate) fn faults(&self) -> Vec<Fault<K>> {
        self.inner().waiting.clone()
    }

    /// Everything goes well from now on.
    pub(crate) fn clear(&self) {
        let mut inner = self.inner();
        inner.waiting.clear();
        inner.chaos = None;
    }

    /// Begins the chaos anew, or says why it can never happen.
    pub(crate) fn set_chaos(&self, chaos: Chaos) -> Result<(), &'static str> {
        self.inner().chaos = Some(Dice::new(chaos)?);
        Ok(())
    }

    pub(crate) fn end_chaos(&self) {
        self.inner().chaos = None;
    }

    pub(crate) fn chaos(&self) -> Option<Chaos> {
        self.inner().chaos.as_ref().map(|dice| dice.chaos.clone())
    }

    pub(crate) fn set_latency(&self, latency: Duration) {
        self.inner().latency = latency;
    }

    pub(crate) fn latency(&self) -> Duration {
        self.inner().latency
    }

    pub(crate) fn connected(&self) {
        self.inner().counts.connections += 1;
    }

    pub(crate) fn counts(&self) -> Counts<K> {
        self.inner().counts.clone()
    }

    fn inner(&self) -> MutexGuard<'_, Inner<K>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
