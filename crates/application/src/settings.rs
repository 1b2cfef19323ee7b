//! What operators can set of the rules; read from the environment by whoever wires the service.

use chrono::TimeDelta;
use chrono_tz::Tz;
use course_seats_domain::ids::UserId;
use croner::Cron;
use secrecy::SecretString;
use std::time::Duration;

/// The settings of the application.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What every seat of a new course grants.
    pub credits_per_seat: u32,
    /// How long a new seat can be assigned.
    pub seat_expiry: TimeDelta,
    /// Whose labs are course labs.
    pub course_lab_owner: UserId,
    /// The path of the group whose members are service admins.
    pub service_admin_group: String,
    /// Whether lab admins join every student project.
    pub admins_join_student_projects: bool,
    /// Where links in mails begin.
    pub invite_link_base: String,
    /// What invite tokens are signed with.
    pub invite_secret: SecretString,
    /// How long an invite can be accepted.
    pub invite_expires: TimeDelta,
    /// Whether only somebody with a verified address accepts an invite.
    pub invite_require_verified_email: bool,
    /// How long one call outside may last.
    pub outside_timeout: Duration,
    /// How long an answer waits for mail, and how long handing one over may last.
    pub mail_timeout: Duration,
    /// How long absence in the accounting service is not believed.
    pub grant_patience: Duration,
    /// When an answer is due.
    pub answer_deadline: Duration,
    /// How long a saga is ours without a sign of progress.
    pub saga_lease: Duration,
    /// When a saga with an unknown outcome is looked at again first.
    pub late_arrival_grace: Duration,
    /// How often reconcilers look without being woken.
    pub reconcile_interval: Duration,
    /// The longest pause between two tries.
    pub retry_max: Duration,
    /// After how long an open saga needs attention.
    pub needs_attention_after: Duration,
    /// The first pause between two tries to send a mail.
    pub outbox_retry_base: Duration,
    /// How many mails leave a process in a second, first tries and retries together.
    pub mails_per_second: u32,
    /// How soon after a mail about an enrolment another one may be asked for.
    pub resend_cooldown: Duration,
    /// How often drift is looked for.
    pub drift_interval: Duration,
    /// How old a finding must be before anything is done about it.
    pub drift_min_age: Duration,
    /// How many students of one request are at work outside at once.
    pub batch_concurrency: usize,
    /// When courses are expired.
    pub expire_schedule: Cron,
    /// The time zone of that schedule.
    pub expire_timezone: Tz,
}

impl Settings {
    /// The defaults of every setting that has one.
    #[must_use]
    pub fn with_defaults(
        course_lab_owner: UserId,
        invite_secret: SecretString,
        expire_schedule: Cron,
    ) -> Self {
        Self {
            credits_per_seat: 200,
            seat_expiry: TimeDelta::days(365),
            course_lab_owner,
            service_admin_group: "/service/virtual-lab-svc/admin".into(),
            admins_join_student_projects: true,
            invite_link_base: "http://localhost:8000".into(),
            invite_secret,
            invite_expires: TimeDelta::days(7),
            invite_require_verified_email: true,
            outside_timeout: Duration::from_millis(5000),
            mail_timeout: Duration::from_millis(10_000),
            grant_patience: Duration::from_millis(5000),
            answer_deadline: Duration::from_millis(30_000),
            saga_lease: Duration::from_millis(20_000),
            late_arrival_grace: Duration::from_millis(30_000),
            reconcile_interval: Duration::from_millis(5000),
            retry_max: Duration::from_millis(15_000),
            needs_attention_after: Duration::from_millis(900_000),
            outbox_retry_base: Duration::from_millis(2000),
            mails_per_second: 14,
            resend_cooldown: Duration::from_millis(600_000),
            drift_interval: Duration::from_millis(3_600_000),
            drift_min_age: Duration::from_millis(600_000),
            batch_concurrency: 16,
            expire_schedule,
            expire_timezone: Tz::Europe__Zurich,
        }
    }

    /// The lease as the ledger counts it.
    #[must_use]
    pub fn lease(&self) -> TimeDelta {
        delta(self.saga_lease)
    }

    /// When the late looks at a closed saga are due, counted from when it closed (or from when
    /// the looks started anew): after the grace, 10 minutes and 24 hours.
    #[must_use]
    pub fn look_after(&self, looks_done: u32) -> Option<TimeDelta> {
        match looks_done {
            0 => Some(delta(self.late_arrival_grace)),
            1 => Some(TimeDelta::minutes(10).max(delta(self.late_arrival_grace))),
            2 => Some(TimeDelta::hours(24)),
            _ => None,
        }
    }

    /// For how long after its answer a grant may not be committed yet, by the clock of another replica
    /// than the one that was answered.
    #[must_use]
    pub fn grant_is_fresh_for(&self) -> TimeDelta {
        delta(self.grant_patience) + CLOCKS_DIFFER
    }

    /// How long it takes until the last of the late looks is over, with so many behind.
    #[must_use]
    pub fn looks_take(&self, looks_done: u32) -> TimeDelta {
        let left = (looks_done..).map_while(|done| self.look_after(done));
        left.fold(TimeDelta::minutes(1), |sum, after| sum + after)
    }
}

/// By how much the clocks of two replicas may differ.
const CLOCKS_DIFFER: TimeDelta = TimeDelta::seconds(1);

/// A duration as times of day are counted.
#[must_use]
pub fn delta(duration: Duration) -> TimeDelta {
    TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX)
}
