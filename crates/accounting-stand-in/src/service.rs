use crate::answer;
use crate::call::{self, Operation};
use crate::control;
use crate::ledger::Ledger;
use crate::rules;
use stand_in_kit::{Answer, Call, Request, Service};
use std::sync::Arc;
use std::time::Duration;

/// The books behind the calls of the real service.
pub struct Accounting {
    pub(crate) ledger: Ledger,
}

impl Service for Accounting {
    type Kind = Operation;

    fn read(self: &Arc<Self>, request: Request) -> Result<Call<Operation>, Answer> {
        // Any token is taken; that there is one is checked.
        request.bearer().ok_or_else(answer::unauthenticated)?;
        let call = call::Call::read(&request)?;
        let ledger = self.ledger.clone();
        Ok(Call::new(call.operation(), move || rules::act(&ledger, call)))
    }

    fn control(&self, path: &str, request: &Request) -> Option<Answer> {
        control::answer(&self.ledger, path, request)
    }

    fn refusal(&self, status: u16, why: &str) -> Answer {
        answer::refusal(status, why)
    }

    fn settings(&self) -> Vec<(&'static str, Duration)> {
        vec![("commit_delay_ms", self.ledger.commit_delay())]
    }

    fn set(&self, _: &str, value: Duration) {
        self.ledger.set_commit_delay(value);
    }
}
