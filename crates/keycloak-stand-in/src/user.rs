use crate::ids;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Somebody, or a client's own account, as Keycloak writes it down.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct User {
    #[serde(default = "ids::new")]
    pub(crate) id: Uuid,
    pub(crate) username: String,
    #[serde(default)]
    pub(crate) email: Option<String>,
    #[serde(default)]
    pub(crate) email_verified: bool,
    #[serde(default)]
    pub(crate) first_name: Option<String>,
    #[serde(default)]
    pub(crate) last_name: Option<String>,
    #[serde(default)]
    pub(crate) credentials: Vec<Credential>,
    /// The paths of the groups to begin with.
    #[serde(default)]
    pub(crate) groups: Vec<String>,
    /// Whose account it is, if it is a client's.
    #[serde(default)]
    pub(crate) service_account_client_id: Option<String>,
    #[serde(default)]
    pub(crate) client_roles: BTreeMap<String, Vec<String>>,
}

#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Credential {
    #[serde(rename = "type")]
    kind: String,
    value: String,
}

/// Somebody who can sign in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Person {
    /// The id.
    pub id: Uuid,
    /// Under which to sign in.
    pub username: String,
    /// The address, verified.
    pub email: String,
}

impl From<User> for Person {
    fn from(user: User) -> Self {
        let email = user.email.unwrap_or_default();
        Self { id: user.id, username: user.username, email }
    }
}

/// Everybody's password.
const PASSWORD: &str = "sandbox";

impl User {
    /// One of the crowd that a load test asks for.
    pub(crate) fn bulk(number: u64) -> Self {
        let username = format!("bulk-{number}");
        Self {
            id: Uuid::from_u128(0xb01c_0000_0000_4000_8000_0000_0000_0000 + u128::from(number)),
            email: Some(format!("{username}@sandbox.example")),
            email_verified: true,
            first_name: Some("Bulk".into()),
            last_name: Some(number.to_string()),
            credentials: vec![Credential { kind: "password".into(), value: PASSWORD.into() }],
            ..Self::nobody(username)
        }
    }

    /// The account of a client.
    pub(crate) fn of_client(client_id: &str) -> Self {
        Self {
            service_account_client_id: Some(client_id.to_owned()),
            ..Self::nobody(format!("service-account-{client_id}"))
        }
    }

    fn nobody(username: String) -> Self {
        Self {
            id: ids::new(),
            username,
            email: None,
            email_verified: false,
            first_name: None,
            last_name: None,
            credentials: Vec::new(),
            groups: Vec::new(),
            service_account_client_id: None,
            client_roles: BTreeMap::new(),
        }
    }

    pub(crate) fn has_password(&self, password: &str) -> bool {
        let is_it = |own: &Credential| own.kind == "password" && own.value == password;
        self.credentials.iter().any(is_it)
    }

    /// Whether it has a role in the administration of the realm.
    pub(crate) fn has_role(&self, role: &str) -> bool {
        let roles = self.client_roles.get("realm-management");
        roles.is_some_and(|roles| roles.iter().any(|own| own == role))
    }

    pub(crate) fn is_service_account(&self) -> bool {
        self.service_account_client_id.is_some()
    }

    pub(crate) fn full_name(&self) -> Option<String> {
        let names = [self.first_name.as_deref(), self.last_name.as_deref()];
        let names: Vec<_> = names.into_iter().flatten().collect();
        (!names.is_empty()).then(|| names.join(" "))
    }

    /// As the Admin REST shows it.
    pub(crate) fn shown(&self) -> Value {
        let mut shown = json!({
            "id": self.id,
            "username": self.username,
            "emailVerified": self.email_verified,
            "enabled": true,
        });
        for (name, value) in
            [("firstName", &self.first_name), ("lastName", &self.last_name), ("email", &self.email)]
        {
            if let (Some(value), Some(shown)) = (value, shown.as_object_mut()) {
                shown.insert(name.into(), json!(value));
            }
        }
        shown
    }
}
