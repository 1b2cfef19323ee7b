//! Contract suites: what the docs of a port promise, checked on an adapter. An adapter's tests
//! call the one function `holds` of each port that it implements.

pub mod accounting;
pub mod identity;
pub mod mailer;
mod patience;
pub mod store;
