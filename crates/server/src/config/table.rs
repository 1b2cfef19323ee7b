//! Every setting there is: its name, its flag, what it is for, and whether it is a secret.

/// One setting, as operators know it.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// The name of its environment variable.
    pub name: &'static str,
    /// The flag that does the same.
    pub flag: &'static str,
    /// What it is when nobody sets it; empty: nothing.
    pub default: &'static str,
    /// What it is for.
    pub help: &'static str,
    /// Whether its value is never shown.
    pub secret: bool,
}

const fn plain(
    name: &'static str,
    flag: &'static str,
    default: &'static str,
    help: &'static str,
) -> Setting {
    Setting { name, flag, default, help, secret: false }
}

/// The settings, in the order in which they are shown.
pub const SETTINGS: &[Setting] = &[
    plain("BIND_ADDR", "bind-addr", "127.0.0.1:8000", "Where to listen: address and port"),
    plain("BASE_PATH", "base-path", "", "A path that everything is served under, such as /api"),
    plain(
        "DATA_DIR",
        "data-dir",
        "./course-seats-data",
        "The folder of the embedded database and sandbox",
    ),
    plain(
        "DEPLOYMENT_ENV",
        "deployment-env",
        "development",
        "development, testing, staging or production",
    ),
    plain("CORS_ORIGINS", "cors-origins", "", "Web origins that may call: a JSON list, or commas"),
    plain(
        "CORS_ORIGIN_REGEX",
        "cors-origin-regex",
        "",
        "Web origins that may call, as a regular expression",
    ),
    plain("LOG_FORMAT", "log-format", "text", "text or json"),
    plain(
        "LOG_LEVEL",
        "log-level",
        "info",
        "What to log: a level, or a filter such as info,course_seats=debug",
    ),
    plain("RUST_LOG", "rust-log", "", "The same; goes before LOG_LEVEL"),
    plain("WEB_WORKERS", "web-workers", "2", "Threads that speak HTTP"),
    plain(
        "MULTIPLE_VLABS_ALLOWED_USER_ID",
        "course-lab-owner",
        "",
        "The user whose labs are course labs (default: the sandbox's obi-virtual-lab)",
    ),
    plain(
        "VLAB_SERVICE_ADMIN_GROUP",
        "service-admin-group",
        "/service/virtual-lab-svc/admin",
        "The group of the service admins",
    ),
    plain(
        "ADMINS_JOIN_STUDENT_PROJECTS",
        "admins-join-student-projects",
        "true",
        "Whether lab admins join every student project",
    ),
    plain("CREDITS_PER_SEAT", "credits-per-seat", "200", "Credits of a seat of a new course"),
    plain("SEAT_EXPIRY_DAYS", "seat-expiry-days", "365", "Days until a new seat expires"),
    plain(
        "INVITE_LINK_BASE",
        "invite-link-base",
        "",
        "Where links in mails begin: the portal (default: this server, which stands in for it)",
    ),
    Setting {
        name: "INVITE_JWT_SECRET",
        flag: "invite-jwt-secret",
        default: "",
        help: "Signs invite tokens, at least 16 characters (default: made once, kept in the data folder)",
        secret: true,
    },
    plain("INVITE_EXPIRES_IN_DAYS", "invite-expires-in-days", "7", "Days until an invite expires"),
    plain(
        "INVITE_REQUIRE_VERIFIED_EMAIL",
        "invite-require-verified-email",
        "true",
        "Whether an invite needs a verified address",
    ),
    plain(
        "EXPIRE_COURSES_SCHEDULE",
        "expire-courses-schedule",
        "0 2 * * *",
        "When courses are expired: 02:00, or a cron expression",
    ),
    plain(
        "EXPIRE_COURSES_TIMEZONE",
        "expire-courses-timezone",
        "Europe/Zurich",
        "The time zone of that schedule",
    ),
    plain("OUTSIDE_TIMEOUT_MS", "outside-timeout-ms", "5000", "How long one call outside may last"),
    plain("MAIL_TIMEOUT_MS", "mail-timeout-ms", "10000", "How long an answer waits for mail"),
    plain(
        "GRANT_PATIENCE_MS",
        "grant-patience-ms",
        "5000",
        "How long absence in accounting is not believed",
    ),
    plain("ANSWER_DEADLINE_MS", "answer-deadline-ms", "30000", "When an answer is due"),
    plain("SAGA_LEASE_MS", "saga-lease-ms", "20000", "How long a saga is ours without progress"),
    plain(
        "LATE_ARRIVAL_GRACE_MS",
        "late-arrival-grace-ms",
        "30000",
        "When what is unknown is looked at again first",
    ),
    plain(
        "RECONCILE_INTERVAL_MS",
        "reconcile-interval-ms",
        "5000",
        "How often reconcilers look by themselves",
    ),
    plain("RETRY_MAX_MS", "retry-max-ms", "15000", "The longest pause between two tries"),
    plain(
        "NEEDS_ATTENTION_AFTER_MS",
        "needs-attention-after-ms",
        "900000",
        "When an open saga needs attention",
    ),
    plain(
        "OUTBOX_RETRY_BASE_MS",
        "outbox-retry-base-ms",
        "2000",
        "The first pause between two tries to send a mail",
    ),
    plain(
        "BATCH_CONCURRENCY",
        "batch-concurrency",
        "16",
        "Students of one request worked on at once",
    ),
    plain("OUTSIDE_CONCURRENCY", "outside-concurrency", "32", "Calls at once to one system"),
    plain("SEED_EXAMPLE", "seed-example", "true", "Whether a first start makes an example"),
    plain("SANDBOX_LATENCY_MS", "sandbox-latency-ms", "0", "How slow every call to the sandbox is"),
];

/// Settings of parts that this version does not have: the embedded ones stand in for them.
pub const NOT_YET: &[(&str, &str)] = &[
    ("DATABASE_URL", "Postgres"),
    ("DATABASE_URI", "Postgres"),
    ("POSTGRES_HOST", "Postgres"),
    ("KC_SERVER_URI", "Keycloak"),
    ("ACCOUNTING_BASE_URL", "the accounting service"),
    ("MAIL_SERVER", "SMTP"),
];
