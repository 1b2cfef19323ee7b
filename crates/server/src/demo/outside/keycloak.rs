use crate::demo::answers::{Group, Groups, Member};
use crate::demo::client::text;
use crate::demo::wrong::Wrong;
use course_seats_keycloak::KeycloakSettings;
use futures::{StreamExt, TryStreamExt, stream};
use reqwest::StatusCode;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

const PAGE: usize = 100;

/// How many groups are read at once.
const AT_ONCE: usize = 8;

/// A realm of Keycloak, read over its Admin REST, and not by the code that is audited.
#[derive(Debug, Clone)]
pub struct Realm {
    base: String,
    realm: String,
    client_id: String,
    client_secret: SecretString,
}

#[derive(Deserialize)]
struct Named {
    id: String,
    name: String,
}

impl Realm {
    /// The realm of these settings, as their service account sees it.
    #[must_use]
    pub fn new(settings: &KeycloakSettings) -> Self {
        Self {
            base: settings.server_uri.as_str().trim_end_matches('/').to_owned(),
            realm: settings.realm.clone(),
            client_id: settings.client_id.clone(),
            client_secret: settings.client_secret.clone(),
        }
    }

    /// Where it gives tokens.
    #[must_use]
    pub fn token_url(&self) -> String {
        format!("{}/realms/{}/protocol/openid-connect/token", self.base, self.realm)
    }

    /// The groups that the service makes, with their members.
    ///
    /// # Errors
    /// If they cannot be read.
    pub async fn groups(&self, http: &reqwest::Client) -> Result<Groups, Wrong> {
        let token = self.token(http).await?;
        let path = "groups?briefRepresentation=true&";
        let groups: Vec<Named> = self.pages(http, &token, path).await?.unwrap_or_default();
        let ours = |name: &str| name.starts_with("vlab/") || name.starts_with("proj/");
        let groups = groups.iter().filter(|group| ours(&group.name));
        let token = token.as_str();
        let read = stream::iter(groups).map(|group| async move {
            let path = format!("groups/{}/members?briefRepresentation=true&", group.id);
            // One that went away meanwhile is no group.
            let members: Option<Vec<Member>> = self.pages(http, token, &path).await?;
            Ok::<_, Wrong>(members.map(|members| Group { name: group.name.clone(), members }))
        });
        let groups: Vec<Option<Group>> = read.buffered(AT_ONCE).try_collect().await?;
        Ok(Groups { groups: groups.into_iter().flatten().collect() })
    }

    /// All pages of a list; `None` if there is no such thing.
    async fn pages<T: DeserializeOwned>(
        &self,
        http: &reqwest::Client,
        token: &str,
        path: &str,
    ) -> Result<Option<Vec<T>>, Wrong> {
        let mut all = Vec::new();
        loop {
            let (base, realm, first) = (&self.base, &self.realm, all.len());
            let url = format!("{base}/admin/realms/{realm}/{path}first={first}&max={PAGE}");
            let answer = http.get(url).bearer_auth(token).send().await.map_err(wrong)?;
            if answer.status() == StatusCode::NOT_FOUND {
                return Ok(None);
            }
            let answer = answer.error_for_status().map_err(wrong)?;
            let page: Vec<T> = answer.json().await.map_err(wrong)?;
            let last = page.len() < PAGE;
            all.extend(page);
            if last {
                return Ok(Some(all));
            }
        }
    }

    async fn token(&self, http: &reqwest::Client) -> Result<String, Wrong> {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", &self.client_id),
            ("client_secret", self.client_secret.expose_secret()),
        ];
        let answer = http.post(self.token_url()).form(&form).send().await.map_err(wrong)?;
        let answer: Value = answer.json().await.map_err(wrong)?;
        text(&answer, "/access_token")
    }
}

fn wrong(error: reqwest::Error) -> Wrong {
    Wrong::new("that Keycloak shows its groups", error.to_string())
}
