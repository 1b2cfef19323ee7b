#![doc = include_str!("../README.md")]

mod keys;
mod token;

pub use jsonwebtoken::jwk::JwkSet;
pub use keys::key_set;
pub use token::{ALGORITHMS, Claims, LEEWAY_SECONDS, TokenError, verify};
