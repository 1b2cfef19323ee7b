//! One part each.

use super::Finding;
use crate::config::Config;
use crate::wiring::{self, Database};
use course_seats_accounting::AccountingClient;
use course_seats_application::ports::{IdentityProvider, PortError};
use course_seats_domain::values::EmailAddress;
use course_seats_keycloak::Keycloak;
use course_seats_mailer::SmtpMailer;
use course_seats_postgres::FirstContact;

/// Whether it answers, lets us in, and has our tables.
pub(super) async fn database(config: &Config) -> Vec<Finding> {
    const PART: &str = "Database";
    let database = match wiring::open_database(config) {
        Ok(database) => database,
        Err(error) => return vec![Finding::wrong(PART, error.to_string(), "see DATABASE_CA_FILE")],
    };
    let (kind, contact) = match &database {
        Database::Embedded(_) => ("embedded (SQLite)", FirstContact::Answers),
        Database::Postgres(store) => ("PostgreSQL", store.first_contact().await),
    };
    match contact {
        FirstContact::Answers => {}
        FirstContact::Refuses(why) => {
            let advice = "check user, password and database in DATABASE_URL, or in POSTGRES_USER, \
                          POSTGRES_PASSWORD and POSTGRES_DB";
            return vec![Finding::wrong(PART, format!("{kind} refuses us: {why}"), advice)];
        }
        FirstContact::Silent(why) => {
            let advice = "is it running, and are host and port in DATABASE_URL (or POSTGRES_HOST \
                          and POSTGRES_PORT) right?";
            return vec![Finding::wrong(PART, format!("{kind} does not answer: {why}"), advice)];
        }
    }
    let status = match database.migration_status().await {
        Ok(status) => status,
        Err(error) => {
            let advice = "may this user read the tables?";
            return vec![Finding::wrong(PART, format!("{kind}: {error}"), advice)];
        }
    };
    let pending = status.iter().filter(|(_, applied)| !applied).count();
    vec![match pending {
        0 => Finding::good(PART, format!("{kind}, {} migrations applied", status.len())),
        _ if config.parts.database.is_none() => {
            Finding::good(PART, format!("{kind}, to be migrated by the next start"))
        }
        _ => {
            let seen = format!("{kind}, {pending} of {} migrations pending", status.len());
            Finding::wrong(PART, seen, "course-seats migrate")
        }
    }]
}

/// Whether the realm answers, we may do what we must, and people can do what they should.
pub(super) async fn identity(config: &Config, keycloak: Option<&Keycloak>) -> Vec<Finding> {
    const PART: &str = "Keycloak";
    let Some(keycloak) = keycloak else {
        return vec![Finding::good("Users", "the sandbox's")];
    };
    let issuer = match keycloak.issuer().await {
        Ok(issuer) => Finding::good(PART, format!("tokens of {issuer} count")),
        Err(error) => {
            let place = config.parts.identity.as_ref().map(|keycloak| keycloak.server_uri.as_str());
            let seen = format!("{}: {}", place.unwrap_or_default(), said(&error));
            let advice = "check KC_SERVER_URI and KC_REALM_NAME";
            return vec![Finding::wrong(PART, seen, advice)];
        }
    };
    let rights = match keycloak.may_manage_groups().await {
        Ok(true) => Finding::good("", "the service account may manage groups"),
        Ok(false) => Finding::wrong(
            "",
            "the service account may not manage groups",
            "give the service account of KC_CLIENT_ID the realm-management roles manage-users, \
             query-groups and view-users",
        ),
        Err(error) => {
            let advice =
                "check KC_CLIENT_ID and KC_CLIENT_SECRET; the client needs a service account";
            return vec![issuer, Finding::wrong("", said(&error), advice)];
        }
    };
    vec![issuer, rights, owner(config, keycloak).await, verified(config, keycloak).await]
}

/// Whether the user whose labs are course labs is there.
async fn owner(config: &Config, keycloak: &Keycloak) -> Finding {
    match keycloak.user(config.rules.course_lab_owner).await {
        Ok(Some(user)) => Finding::good("", format!("course labs belong to {}", user.username)),
        Ok(None) => Finding::wrong(
            "",
            "nobody has the id of the owner of course labs",
            "check MULTIPLE_VLABS_ALLOWED_USER_ID",
        ),
        Err(error) => Finding::wrong(
            "",
            format!("users cannot be read: {}", said(&error)),
            "give the service account the realm-management role view-users",
        ),
    }
}

/// Whether people can accept invites.
async fn verified(config: &Config, keycloak: &Keycloak) -> Finding {
    let advice = "verify e-mail addresses in the realm, or set INVITE_REQUIRE_VERIFIED_EMAIL=false";
    match keycloak.verified_users().await {
        Err(error) => Finding::odd("", format!("users cannot be counted: {}", said(&error)), ""),
        Ok(users) => {
            let seen =
                format!("{} of {} users have a verified e-mail address", users.verified, users.all);
            match config.rules.invite_require_verified_email && users.verified < users.all {
                true if users.verified == 0 => Finding::wrong("", seen, advice),
                true => {
                    Finding::odd("", format!("{seen}: the others cannot accept invites"), advice)
                }
                false => Finding::good("", seen),
            }
        }
    }
}

/// Whether somebody can accept an invite.
pub(super) async fn person(config: &Config, keycloak: &Keycloak, who: &EmailAddress) -> Finding {
    let verified = config.rules.invite_require_verified_email;
    let found = keycloak.person(who).await;
    let who = who.as_str();
    match found {
        Err(error) => Finding::odd("", format!("{who} cannot be looked up: {}", said(&error)), ""),
        Ok(None) => Finding::odd("", format!("nobody has the address {who}"), "is it spelt right?"),
        Ok(Some(person)) if !person.enabled => {
            let seen = format!("{who} is {}, who is disabled", person.username);
            Finding::odd("", seen, "enable this user in Keycloak")
        }
        Ok(Some(person)) if verified && !person.email_verified => {
            let seen = format!("{who} is {}, whose address is not verified", person.username);
            Finding::odd("", seen, "verify it in Keycloak: until then, no invite can be accepted")
        }
        Ok(Some(person)) => {
            Finding::good("", format!("{who} is {}, who can accept invites", person.username))
        }
    }
}

/// Whether it answers and takes our token.
pub(super) async fn accounting(config: &Config, client: Option<&AccountingClient>) -> Vec<Finding> {
    const PART: &str = "Accounting";
    let (Some(client), Some(settings)) = (client, &config.parts.accounting) else {
        return vec![Finding::good(PART, "the sandbox's")];
    };
    vec![match client.ready().await {
        Ok(()) => Finding::good(PART, format!("{} takes our token", settings.base_url)),
        Err(error) => {
            let seen = format!("{}: {}", settings.base_url, said(&error));
            Finding::wrong(PART, seen, "check ACCOUNTING_BASE_URL; its token comes from Keycloak")
        }
    }]
}

/// Whether it answers, with TLS as set, and takes our credentials.
pub(super) async fn mail(config: &Config, mailer: Option<&SmtpMailer>) -> Vec<Finding> {
    const PART: &str = "Mail";
    let (Some(mailer), Some(settings)) = (mailer, &config.parts.mail) else {
        return vec![Finding::good(PART, "the sandbox's")];
    };
    let place = format!("{}:{}", settings.server, settings.port);
    vec![match mailer.ready().await {
        Ok(()) if settings.credentials.is_some() => {
            Finding::good(PART, format!("{place} takes our credentials"))
        }
        Ok(()) => Finding::good(PART, format!("{place} answers")),
        Err(error) => {
            let advice = "check MAIL_SERVER, MAIL_PORT, MAIL_STARTTLS, MAIL_SSL_TLS, MAIL_USERNAME \
                          and MAIL_PASSWORD";
            Finding::wrong(PART, format!("{place}: {}", said(&error)), advice)
        }
    }]
}

/// What went wrong, without our own word for what a caller can do about it.
fn said(error: &PortError) -> String {
    match error {
        PortError::Unavailable(why) | PortError::Unknown(why) | PortError::Rejected(why) => {
            why.clone()
        }
        error => error.to_string(),
    }
}
