use crate::answer::Answer;
use crate::call::{Call, CallKind};
use crate::request::Request;
use std::sync::Arc;
use std::time::Duration;

/// What a stand-in does: everything but how it goes wrong.
pub trait Service: Send + Sync + 'static {
    /// The calls that it tells apart.
    type Kind: CallKind;

    /// Reads a call. Nothing happens yet.
    ///
    /// # Errors
    /// The answer, if it is none.
    fn read(self: &Arc<Self>, request: Request) -> Result<Call<Self::Kind>, Answer>;

    /// Answers a path below `/_control` that is the stand-in's own.
    fn control(&self, path: &str, request: &Request) -> Option<Answer>;

    /// A refusal, in the words of the real one.
    fn refusal(&self, status: u16, why: &str) -> Answer;

    /// Its settings beside the latency: all of them are durations, named `…_ms`.
    fn settings(&self) -> Vec<(&'static str, Duration)> {
        Vec::new()
    }

    /// Sets one of these.
    fn set(&self, name: &str, value: Duration) {
        let _ = (name, value);
    }
}
