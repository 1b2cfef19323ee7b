//! The settings that are rules of the application.

use super::reader::Reader;
use super::values::{boolean, days, group_path, link_base, parse, size};
use course_seats_application::settings::Settings;
use course_seats_domain::ids::UserId;
use secrecy::SecretString;
use std::time::Duration;
use uuid::Uuid;

/// The longest time limit that makes sense: a day.
pub(super) const DAY_MS: u64 = 86_400_000;

/// Reads them. Every line is read before any is unwrapped, so that all faults are told.
pub(super) fn read(reader: &mut Reader<'_>) -> Option<Settings> {
    let owner = match reader.is_set("MULTIPLE_VLABS_ALLOWED_USER_ID") {
        true => reader.parse("MULTIPLE_VLABS_ALLOWED_USER_ID", "a UUID", |text| {
            Uuid::parse_str(text).ok().map(UserId::new)
        }),
        false => Some(course_seats_sandbox::people::COURSE_LAB_OWNER),
    };
    let admin_group = reader.parse(
        "VLAB_SERVICE_ADMIN_GROUP",
        "the path of a group, such as /service/admin",
        group_path,
    );
    let admins_join = reader.parse("ADMINS_JOIN_STUDENT_PROJECTS", "true or false", boolean);
    let credits = reader.number("CREDITS_PER_SEAT", 1, 1_000_000);
    let seat_days = reader.number("SEAT_EXPIRY_DAYS", 1, 36_500);
    let link_base = match reader.is_set("INVITE_LINK_BASE") {
        true => {
            reader.parse("INVITE_LINK_BASE", "where links begin: http://… or https://…", link_base)
        }
        false => Some(String::new()),
    };
    let secret = match reader.is_set("INVITE_JWT_SECRET") {
        true => reader.parse("INVITE_JWT_SECRET", "at least 16 characters", |text| {
            (text.chars().count() >= 16).then(|| text.to_owned())
        }),
        false => Some(String::new()),
    };
    let invite_days = reader.number("INVITE_EXPIRES_IN_DAYS", 1, 3650);
    let verified = reader.parse("INVITE_REQUIRE_VERIFIED_EMAIL", "true or false", boolean);
    let cron = reader.parse(
        "EXPIRE_COURSES_SCHEDULE",
        "a time such as 02:00, or a cron expression such as 0 2 * * *",
        super::schedule::parse,
    );
    let zone = reader.parse("EXPIRE_COURSES_TIMEZONE", "a time zone such as Europe/Zurich", parse);
    let mut millis = |name| reader.number(name, 1, DAY_MS).map(Duration::from_millis);
    let outside_timeout = millis("OUTSIDE_TIMEOUT_MS");
    let mail_timeout = millis("MAIL_TIMEOUT_MS");
    let grant_patience = millis("GRANT_PATIENCE_MS");
    let answer_deadline = millis("ANSWER_DEADLINE_MS");
    let saga_lease = millis("SAGA_LEASE_MS");
    let late_arrival_grace = millis("LATE_ARRIVAL_GRACE_MS");
    let reconcile_interval = millis("RECONCILE_INTERVAL_MS");
    let retry_max = millis("RETRY_MAX_MS");
    let needs_attention_after = millis("NEEDS_ATTENTION_AFTER_MS");
    let outbox_retry_base = millis("OUTBOX_RETRY_BASE_MS");
    let resend_cooldown = millis("RESEND_COOLDOWN_MS");
    let drift_interval = millis("DRIFT_INTERVAL_MS");
    let drift_min_age = millis("DRIFT_MIN_AGE_MS");
    let mails_per_second = reader.number("MAIL_PER_SECOND", 1, 1000);
    let batch_concurrency = reader.number("BATCH_CONCURRENCY", 1, 256);
    let twice = outside_timeout.map(|limit| limit * 2);
    at_least(reader, "SAGA_LEASE_MS", saga_lease, twice, "2 × OUTSIDE_TIMEOUT_MS");
    at_least(reader, "ANSWER_DEADLINE_MS", answer_deadline, outside_timeout, "OUTSIDE_TIMEOUT_MS");
    let patience = grant_patience;
    at_least(reader, "LATE_ARRIVAL_GRACE_MS", late_arrival_grace, patience, "GRANT_PATIENCE_MS");
    Some(Settings {
        credits_per_seat: u32::try_from(credits?).ok()?,
        seat_expiry: days(seat_days?),
        course_lab_owner: owner?,
        service_admin_group: admin_group?,
        admins_join_student_projects: admins_join?,
        invite_link_base: link_base?,
        invite_secret: SecretString::from(secret?),
        invite_expires: days(invite_days?),
        invite_require_verified_email: verified?,
        outside_timeout: outside_timeout?,
        mail_timeout: mail_timeout?,
        grant_patience: grant_patience?,
        answer_deadline: answer_deadline?,
        saga_lease: saga_lease?,
        late_arrival_grace: late_arrival_grace?,
        reconcile_interval: reconcile_interval?,
        retry_max: retry_max?,
        needs_attention_after: needs_attention_after?,
        outbox_retry_base: outbox_retry_base?,
        resend_cooldown: resend_cooldown?,
        drift_interval: drift_interval?,
        drift_min_age: drift_min_age?,
        mails_per_second: u32::try_from(mails_per_second?).ok()?,
        batch_concurrency: size(batch_concurrency?),
        expire_schedule: cron?,
        expire_timezone: zone?,
    })
}

/// What one setting alone does not show; nothing is said of one that is wrong by itself.
fn at_least(
    reader: &mut Reader<'_>,
    name: &str,
    limit: Option<Duration>,
    least: Option<Duration>,
    which_is: &str,
) {
    if let (Some(limit), Some(least)) = (limit, least)
        && limit < least
    {
        let (limit, least) = (limit.as_millis(), least.as_millis());
        reader.wrong(format!("{name} is `{limit}`: write at least {least}, which is {which_is}"));
    }
}
