use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A client of the realm, as Keycloak writes it down.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Client {
    /// Its name.
    pub client_id: String,
    /// Its secret, unless it is public.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// Whether it needs no secret.
    pub public_client: bool,
    /// Whether people may sign in with a password through it.
    pub direct_access_grants_enabled: bool,
    /// Whether it has an account of its own.
    pub service_accounts_enabled: bool,
    /// What goes into tokens and userinfo beside the usual.
    pub protocol_mappers: Vec<Mapper>,
    /// Such as `access.token.lifespan`, in seconds.
    pub attributes: BTreeMap<String, String>,
}

/// Something that goes into tokens or userinfo.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Mapper {
    /// What; only `oidc-group-membership-mapper` is known.
    pub protocol_mapper: String,
    /// Where to.
    pub config: BTreeMap<String, String>,
}

impl Client {
    /// How long its access tokens are good for, if it has a rule of its own.
    pub(crate) fn token_seconds(&self) -> Option<u64> {
        self.attributes.get("access.token.lifespan")?.parse().ok()
    }

    /// Whether userinfo names the groups of who signed in through it.
    pub(crate) fn shows_groups(&self) -> bool {
        self.protocol_mappers.iter().any(|mapper| {
            let shown = mapper.config.get("userinfo.token.claim");
            mapper.protocol_mapper == "oidc-group-membership-mapper"
                && shown.is_some_and(|shown| shown == "true")
        })
    }
}
