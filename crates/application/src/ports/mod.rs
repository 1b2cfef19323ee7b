//! What the application needs of the world. The store and the systems outside have contract suites in
//! `course-seats-testkit`, which each of their adapters passes; the docs state the errors as duties.
//! Time, randomness and tasks are too little to have one.

mod accounting;
mod clock;
mod entropy;
mod error;
mod identity;
mod lease;
mod mailer;
mod spawner;
pub mod store;

pub use accounting::Accounting;
pub use clock::Clock;
pub use entropy::Entropy;
pub use error::PortError;
pub use identity::{AuthError, Caller, Freshness, IdentityProvider, UserProfile};
pub use lease::Lease;
pub use mailer::{Mail, Mailer};
pub use spawner::Spawner;
pub use store::{Store, StoreError, Tx};
