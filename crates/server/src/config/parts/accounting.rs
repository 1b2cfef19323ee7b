use super::{Limits, keycloak};
use crate::config::reader::Reader;
use crate::config::values::service_url;
use course_seats_accounting::AccountingSettings;

/// The accounting service, or `Some(None)` for the sandbox.
pub(super) fn read(reader: &mut Reader<'_>, limits: Limits) -> Option<Option<AccountingSettings>> {
    let base_url = reader.optional(
        "ACCOUNTING_BASE_URL",
        "where the accounting service's paths begin: http://… or https://…",
        service_url,
    );
    if reader.is_set("ACCOUNTING_BASE_URL") && !keycloak::is_wanted(reader) {
        reader.wrong(
            "ACCOUNTING_BASE_URL is set, but KC_SERVER_URI is not: the token that accounting wants \
             comes from Keycloak; set KC_SERVER_URI, KC_REALM_NAME, KC_CLIENT_ID and \
             KC_CLIENT_SECRET, too",
        );
    }
    Some(base_url?.map(|base_url| AccountingSettings {
        base_url,
        timeout: limits.call,
        connect_timeout: limits.connect(),
        concurrency: limits.concurrency,
    }))
}
