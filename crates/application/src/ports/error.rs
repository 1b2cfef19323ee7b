/// What went wrong with a call outside, told by what the caller can do about it.
///
/// The texts are for the notebook and the log: they name what failed, never an e-mail address, a
/// token or a secret, and they never reach a caller of the API.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PortError {
    /// There is no such thing. Nothing was done.
    #[error("not found")]
    NotFound,
    /// It is there already, or in the way. Nothing was done.
    #[error("exists already")]
    Conflict,
    /// It will not be done however often it is asked. Nothing was done.
    #[error("rejected: {0}")]
    Rejected(String),
    /// It was not done; asking again may help.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// It may have been done: nobody knows.
    #[error("outcome unknown: {0}")]
    Unknown(String),
}
