use crate::call::CallKind;
use serde::{Deserialize, Serialize};

/// How a call goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// Nothing happens; the answer is `status`.
    ErrorBefore,
    /// It happens; the answer is `status`.
    ErrorAfter,
    /// Nothing happens; the connection is closed without an answer.
    DropBefore,
    /// It happens; the connection is closed without an answer.
    DropAfter,
    /// The connection is closed without an answer; it happens `delay_ms` later.
    Late,
    /// It happens `delay_ms` later, and is answered then: also if the caller has gone.
    SlowBefore,
    /// It happens; the answer comes `delay_ms` later.
    SlowAfter,
    /// It happens; the answer is a 200 that cannot be read.
    Garbage,
}

impl FaultKind {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::ErrorBefore,
        Self::ErrorAfter,
        Self::DropBefore,
        Self::DropAfter,
        Self::Late,
        Self::SlowBefore,
        Self::SlowAfter,
        Self::Garbage,
    ];
}

/// A fault that waits for its call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, bound = "K: CallKind")]
pub struct Fault<K> {
    /// Which call; absent means any write.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<K>,
    /// What happens.
    pub kind: FaultKind,
    /// What an error answers.
    #[serde(default = "server_error")]
    pub status: u16,
    /// How long `late` and the slow ones take.
    #[serde(default = "a_second")]
    pub delay_ms: u64,
    /// How many such calls go well before.
    #[serde(default)]
    pub after: u32,
    /// How many then go wrong.
    #[serde(default = "once")]
    pub times: u32,
}

pub(crate) fn server_error() -> u16 {
    500
}

pub(crate) fn a_second() -> u64 {
    1000
}

fn once() -> u32 {
    1
}

/// Why this can never be the status of an answer, if so.
pub(crate) fn wrong_status(status: u16) -> Option<&'static str> {
    (!(200..=599).contains(&status)).then_some("status must be from 200 to 599")
}

impl<K: CallKind> Fault<K> {
    /// The next call of this kind goes wrong in this way, once.
    #[must_use]
    pub fn once(operation: K, kind: FaultKind) -> Self {
        Self {
            operation: Some(operation),
            kind,
            status: server_error(),
            delay_ms: a_second(),
            after: 0,
            times: once(),
        }
    }

    /// Why it can never happen, if so.
    pub(crate) fn wrong(&self) -> Option<&'static str> {
        if self.times == 0 {
            return Some("times must be above 0");
        }
        wrong_status(self.status)
    }

    fn is_about(&self, operation: K) -> bool {
        self.operation.map_or_else(|| operation.is_write(), |named| named == operation)
    }
}

/// What goes wrong with this call. Every fault that waits for such a call counts it.
pub(crate) fn next<K: CallKind>(waiting: &mut Vec<Fault<K>>, operation: K) -> Option<Fault<K>> {
    let mut found = None;
    for fault in waiting.iter_mut().filter(|fault| fault.is_about(operation)) {
        if fault.after > 0 {
            fault.after -= 1;
        } else if found.is_none() {
            fault.times -= 1;
            found = Some(fault.clone());
        }
    }
    waiting.retain(|fault| fault.times > 0);
    found
}
