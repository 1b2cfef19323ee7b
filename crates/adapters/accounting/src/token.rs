use async_trait::async_trait;
use course_seats_application::ports::PortError;
use secrecy::SecretString;

/// Where the bearer token of the service account comes from. It is the identity provider's,
/// so whoever wires the service joins the two.
#[async_trait]
pub trait TokenSource: Send + Sync {
    /// A token that should be good for a while: a kept one, as long as it lasts. Whatever the
    /// error, nothing was sent to accounting.
    async fn token(&self) -> Result<SecretString, PortError>;

    /// A token other than this one, which was just refused. Many calls may say so at once: who
    /// comes when there is a newer one already gets that.
    async fn refresh(&self, refused: &SecretString) -> Result<SecretString, PortError>;
}

/// One token that never changes: for tests, and for a stand-in that takes any.
#[derive(Debug, Clone)]
pub struct StaticToken(SecretString);

impl StaticToken {
    /// Always this one.
    #[must_use]
    pub fn new(token: impl Into<SecretString>) -> Self {
        Self(token.into())
    }
}

#[async_trait]
impl TokenSource for StaticToken {
    async fn token(&self) -> Result<SecretString, PortError> {
        Ok(self.0.clone())
    }

    async fn refresh(&self, _refused: &SecretString) -> Result<SecretString, PortError> {
        Ok(self.0.clone())
    }
}
