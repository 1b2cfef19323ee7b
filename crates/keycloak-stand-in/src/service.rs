use crate::answer;
use crate::call::{self, Operation};
use crate::kept::Kept;
use crate::tokens::Tokens;
use crate::{admin, control, openid, token};
use stand_in_kit::{Answer, Call, Request, Service, header};
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The realm behind the calls of the real one.
pub struct Keycloak {
    pub(crate) kept: Kept,
    pub(crate) tokens: Tokens,
    token_life: Mutex<Duration>,
    realm: String,
}

impl Keycloak {
    pub(crate) fn open(state: Option<&Path>, token_life: Duration) -> io::Result<Self> {
        let kept = Kept::open(state)?;
        let realm = kept.look(|realm| realm.name.clone());
        let token_life = Mutex::new(token_life);
        Ok(Self { kept, tokens: Tokens::default(), token_life, realm })
    }

    pub(crate) fn token_life(&self) -> Duration {
        *self.token_life.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set_token_life(&self, life: Duration) {
        *self.token_life.lock().unwrap_or_else(PoisonError::into_inner) = life;
    }

    /// Who issues the tokens: it follows the host that was called.
    pub(crate) fn issuer(&self, request: &Request) -> String {
        format!("{}/realms/{}", origin(request), self.realm)
    }

    fn act(&self, call: call::Call, request: &Request) -> Answer {
        match call {
            call::Call::Realm => openid::realm(self, request),
            call::Call::Discovery => openid::discovery(self, request),
            call::Call::Certs => openid::certs(self),
            call::Call::Token => token::grant(self, request),
            call::Call::UserInfo => openid::userinfo(self, request),
            call::Call::Logout => openid::logout(self, request),
            call::Call::Admin(call) => admin::act(self, call, request),
        }
    }
}

/// Where the caller believes to be.
pub(crate) fn origin(request: &Request) -> String {
    format!("http://{}", request.header(header::HOST).unwrap_or_default())
}

impl Service for Keycloak {
    type Kind = Operation;

    fn read(self: &Arc<Self>, request: Request) -> Result<Call<Operation>, Answer> {
        let call = call::Call::read(&request, &self.realm)?;
        let service = Arc::clone(self);
        Ok(Call::new(call.operation(), move || service.act(call, &request)))
    }

    fn control(&self, path: &str, request: &Request) -> Option<Answer> {
        control::answer(self, path, request)
    }

    fn refusal(&self, status: u16, why: &str) -> Answer {
        answer::error(status, why)
    }

    fn settings(&self) -> Vec<(&'static str, Duration)> {
        vec![("token_life_ms", self.token_life())]
    }

    fn set(&self, _: &str, value: Duration) {
        self.set_token_life(value);
    }
}
