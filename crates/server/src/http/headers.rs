//! Headers with which a caller says how it wants to be served: `Idempotency-Key`, and
//! `Prefer: respond-async`.

use super::call::Call;
use super::error::Failure;
use super::fields::Fields;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use course_seats_application::ports::Caller;
use course_seats_application::ports::store::RequestKey;
use course_seats_application::use_cases::requests::{Asked, body_hash, check_key};
use serde_json::Value;
use utoipa::IntoParams;

const IDEMPOTENCY_KEY: &str = "Idempotency-Key";
const RESPOND_ASYNC: &str = "respond-async";

/// The header of a call that can be repeated, for the OpenAPI document.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub struct OnceHeader {
    /// A key of the caller's choice, 1 to 255 visible ASCII characters, known for 24 hours for this
    /// caller, method and path: a repeat with the same body does nothing again and is answered
    /// with what has become of the first by now (409 while that is at work, 422 for another body).
    #[param(rename = "Idempotency-Key", required = false, min_length = 1, max_length = 255)]
    pub idempotency_key: String,
}

/// The header of a call that need not be waited for, for the OpenAPI document.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub struct PreferHeader {
    /// `respond-async`: answered at once with 202; the job at `Location` tells the progress.
    #[param(rename = "Prefer", required = false, example = "respond-async")]
    pub prefer: String,
}

impl Call {
    /// Reads a body, and what a repeat of this call is known by.
    ///
    /// # Errors
    /// 413 or 422.
    pub async fn body_once<T>(
        &mut self,
        caller: &Caller,
        read: impl FnOnce(Fields<'_>) -> Result<T, Failure>,
    ) -> Result<(T, Asked), Failure> {
        let key = key(self.headers());
        let body = self.json().await?;
        let mut fields = Fields::of(&body)?;
        if let Err(fault) = &key {
            fields.fault::<()>(IDEMPOTENCY_KEY, fault.as_str());
        }
        let value = read(fields)?;
        Ok((value, self.asked(caller, key, &body)?))
    }

    /// What a repeat of this call, which has no body, is known by.
    ///
    /// # Errors
    /// 422.
    pub fn once(&self, caller: &Caller) -> Result<Asked, Failure> {
        self.asked(caller, key(self.headers()), &Value::Null)
    }

    fn asked(
        &self,
        caller: &Caller,
        key: Result<Option<String>, String>,
        body: &Value,
    ) -> Result<Asked, Failure> {
        let key = key.map_err(|fault| Failure::invalid_field(IDEMPOTENCY_KEY, fault))?;
        let key = key.map(|key| RequestKey {
            method: self.method().to_owned(),
            path: self.path().to_owned(),
            key,
            body_hash: body_hash(body),
        });
        Ok(Asked::from(caller).with_key(key))
    }

    /// Whether the caller does not want to wait.
    #[must_use]
    pub fn prefers_async(&self) -> bool {
        prefers_async(self.headers())
    }
}

/// What a 202 says about the preference.
#[must_use]
pub fn preference_applied() -> (HeaderName, HeaderValue) {
    let name = HeaderName::from_static("preference-applied");
    (name, HeaderValue::from_static(RESPOND_ASYNC))
}

fn key(headers: &HeaderMap) -> Result<Option<String>, String> {
    let mut all = headers.get_all(IDEMPOTENCY_KEY);
    match (all.next(), all.next()) {
        (None, _) => Ok(None),
        (Some(key), None) => check_key(key.as_bytes()).map(Some).map_err(|why| why.to_string()),
        (Some(_), Some(_)) => Err("Input should be one header".into()),
    }
}

/// `Prefer: respond-async, wait=10` and the like, in any number of headers (RFC 7240).
fn prefers_async(headers: &HeaderMap) -> bool {
    headers.get_all("Prefer").filter_map(|value| value.to_str().ok()).any(|value| {
        value.split(',').any(|preference| {
            let name = preference.split([';', '=']).next().unwrap_or_default();
            name.trim().eq_ignore_ascii_case(RESPOND_ASYNC)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &str, values: &[&str]) -> HeaderMap {
        let name: HeaderName = name.parse().unwrap();
        values.iter().map(|value| (name.clone(), HeaderValue::from_str(value).unwrap())).collect()
    }

    #[test]
    fn a_key_is_read_or_told_to_be_none() {
        assert_eq!(key(&HeaderMap::new()), Ok(None));
        assert_eq!(key(&headers("idempotency-key", &["a-1"])), Ok(Some("a-1".into())));
        for bad in [&[""][..], &["a b"], &["é"], &["a", "a"]] {
            assert!(key(&headers("idempotency-key", bad)).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_preference_is_found_among_others() {
        for good in [
            &["respond-async"][..],
            &["wait=10, Respond-Async"],
            &["handling=lenient", "respond-async; a=b"],
        ] {
            assert!(prefers_async(&headers("prefer", good)), "{good:?}");
        }
        for bad in [&[][..], &[""], &["respond"], &["return=minimal"], &["x; respond-async"]] {
            assert!(!prefers_async(&headers("prefer", bad)), "{bad:?}");
        }
    }
}
