use crate::client::Client;
use crate::user::User;
use serde::Deserialize;

/// The realm that development and tests share; a real Keycloak imports the same file.
const REALM: &str = include_str!("../../../docker/keycloak/obp-realm-realm.json");

/// What is read of it.
#[derive(Deserialize)]
pub(crate) struct RealmFile {
    pub(crate) realm: String,
    pub(crate) groups: Vec<TopLevelGroup>,
    pub(crate) clients: Vec<Client>,
    pub(crate) users: Vec<User>,
}

#[derive(Deserialize)]
pub(crate) struct TopLevelGroup {
    pub(crate) name: String,
}

impl RealmFile {
    pub(crate) fn read() -> serde_json::Result<Self> {
        serde_json::from_str(REALM)
    }
}
