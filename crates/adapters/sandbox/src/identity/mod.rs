mod groups;
mod keys;
mod openid;
pub mod people;
mod realm;

pub use openid::{OAuthError, TokenRequest};

use crate::SandboxError;
use crate::gate::{Gate, World};
use crate::kept::{Kept, lock};
use course_seats_application::ports::{Clock, Entropy};
use course_seats_domain::group::GroupId;
use keys::Keys;
use realm::{Change, Realm};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The identity provider of the sandbox: the groups as Keycloak keeps them, and OpenID Connect.
pub struct SandboxIdentity {
    realm: Arc<Mutex<Kept<Realm>>>,
    keys: Keys,
    issuer: String,
    token_lifetime: Duration,
    gate: Gate,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

impl SandboxIdentity {
    /// Opens the realm in this file; if it is new, with its people and a new signing key.
    pub(crate) fn open(
        path: &Path,
        issuer: String,
        token_lifetime: Duration,
        world: World,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, SandboxError> {
        let mut realm = Kept::<Realm>::open(path)?;
        let key = match &realm.state().key {
            Some(key) => key.clone(),
            None => {
                let key = keys::generate(entropy.uuid().to_string())?;
                realm
                    .record(Change::Seeded {
                        key: key.clone(),
                        people: people::everybody(),
                        admin_group: GroupId(entropy.uuid().to_string()),
                        admin: people::SERVICE_ADMIN,
                    })
                    .map_err(|error| SandboxError::File {
                        path: path.to_owned(),
                        source: std::io::Error::other(error),
                    })?;
                key
            }
        };
        Ok(Self {
            realm: Arc::new(Mutex::new(realm)),
            keys: Keys::load(&key)?,
            issuer,
            token_lifetime,
            clock: Arc::clone(&world.clock),
            gate: Gate::new(world),
            entropy,
        })
    }

    /// Everybody who can sign in.
    #[must_use]
    pub fn everybody(&self) -> Vec<people::Person> {
        self.look(|realm| realm.people.values().cloned().collect())
    }

    /// Looks at the realm.
    fn look<T>(&self, look: impl FnOnce(&Realm) -> T) -> T {
        look(lock(&self.realm).state())
    }
}
