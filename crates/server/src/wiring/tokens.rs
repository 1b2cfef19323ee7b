use async_trait::async_trait;
use course_seats_accounting::TokenSource;
use course_seats_application::ports::PortError;
use course_seats_keycloak::ServiceToken;
use secrecy::SecretString;
use std::sync::Arc;

/// Keycloak's service token, as the accounting client wants it.
pub struct KeycloakTokens(pub Arc<ServiceToken>);

#[async_trait]
impl TokenSource for KeycloakTokens {
    async fn token(&self) -> Result<SecretString, PortError> {
        self.0.token().await
    }

    async fn refresh(&self, refused: &SecretString) -> Result<SecretString, PortError> {
        self.0.refresh(refused).await
    }
}
