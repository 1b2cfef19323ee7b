use crate::answer::{Answer, Body};
use crate::call::{Call, Operation};
use crate::fault::{self, Fault, FaultKind};
use crate::ledger::Ledger;
use crate::{rules, time};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::runtime::Handle;

/// The books, and what is wrong with the world.
pub(crate) struct World {
    pub(crate) ledger: Ledger,
    mood: Mutex<Mood>,
}

#[derive(Default)]
struct Mood {
    waiting: Vec<Fault>,
    latency: Duration,
    calls: BTreeMap<Operation, u64>,
    connections: u64,
}

impl World {
    pub(crate) fn new(ledger: Ledger) -> Self {
        Self { ledger, mood: Mutex::default() }
    }

    /// Makes a call. `None`: the connection is closed without an answer.
    pub(crate) async fn call(&self, call: Call) -> Option<Answer> {
        let (latency, fault) = self.begin(call.operation());
        time::sleep(latency).await;
        let ledger = self.ledger.clone();
        let act = move || rules::act(&ledger, call);
        let Some(fault) = fault else { return Some(act()) };
        let delay = Duration::from_millis(fault.delay_ms);
        match fault.kind {
            FaultKind::ErrorBefore => Some(Answer::of_fault(fault.status)),
            FaultKind::ErrorAfter => {
                act();
                Some(Answer::of_fault(fault.status))
            }
            FaultKind::DropBefore => None,
            FaultKind::DropAfter => {
                act();
                None
            }
            FaultKind::Late => {
                Handle::current().spawn(async move {
                    time::sleep(delay).await;
                    act()
                });
                None
            }
            FaultKind::SlowBefore => {
                time::sleep(delay).await;
                Some(act())
            }
            FaultKind::SlowAfter => {
                let answer = act();
                time::sleep(delay).await;
                Some(answer)
            }
            FaultKind::Garbage => {
                act();
                Some(Answer { status: 200, body: Body::Text("<html>hello</html>") })
            }
        }
    }

    fn begin(&self, operation: Operation) -> (Duration, Option<Fault>) {
        let mut mood = self.mood();
        *mood.calls.entry(operation).or_default() += 1;
        (mood.latency, fault::next(&mut mood.waiting, operation))
    }

    /// Adds a fault behind those that wait, or says why it can never happen.
    pub(crate) fn inject(&self, fault: Fault) -> Result<(), &'static str> {
        match fault.wrong() {
            Some(why) => Err(why),
            None => {
                self.mood().waiting.push(fault);
                Ok(())
            }
        }
    }

    pub(crate) fn clear_faults(&self) {
        self.mood().waiting.clear();
    }

    pub(crate) fn faults(&self) -> Vec<Fault> {
        self.mood().waiting.clone()
    }

    pub(crate) fn set_latency(&self, latency: Duration) {
        self.mood().latency = latency;
    }

    pub(crate) fn latency(&self) -> Duration {
        self.mood().latency
    }

    pub(crate) fn connected(&self) {
        self.mood().connections += 1;
    }

    /// How many calls of each kind there were, and how many connections.
    pub(crate) fn counts(&self) -> (BTreeMap<Operation, u64>, u64) {
        let mood = self.mood();
        (mood.calls.clone(), mood.connections)
    }

    fn mood(&self) -> MutexGuard<'_, Mood> {
        self.mood.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
