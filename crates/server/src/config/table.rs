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

const fn secret(name: &'static str, flag: &'static str, help: &'static str) -> Setting {
    Setting { name, flag, default: "", help, secret: true }
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
    secret(
        "DATABASE_URL",
        "database-url",
        "PostgreSQL: postgresql://user:password@host:5432/database?sslmode=… (default: an embedded \
         SQLite file)",
    ),
    secret("DATABASE_URI", "database-uri", "The same, under its older name"),
    plain("POSTGRES_HOST", "postgres-host", "", "PostgreSQL, told in parts: its host"),
    plain("POSTGRES_PORT", "postgres-port", "5432", "Its port"),
    plain("POSTGRES_USER", "postgres-user", "", "Who we are there"),
    secret("POSTGRES_PASSWORD", "postgres-password", "Our password there"),
    plain("POSTGRES_DB", "postgres-db", "", "The name of the database"),
    plain(
        "DATABASE_SSLMODE",
        "database-sslmode",
        "",
        "disable, prefer, require, verify-ca or verify-full; goes before what the address says",
    ),
    plain(
        "DATABASE_CA_FILE",
        "database-ca-file",
        "",
        "A file with the certificates (PEM) that its server is checked with",
    ),
    plain("DATABASE_POOL_SIZE", "database-pool-size", "16", "Connections to PostgreSQL at once"),
    plain(
        "DATABASE_ACQUIRE_TIMEOUT_MS",
        "database-acquire-timeout-ms",
        "5000",
        "How long to wait for a connection",
    ),
    plain(
        "DATABASE_STATEMENT_TIMEOUT_MS",
        "database-statement-timeout-ms",
        "15000",
        "How long one statement may take",
    ),
    plain(
        "DATABASE_LOCK_TIMEOUT_MS",
        "database-lock-timeout-ms",
        "5000",
        "How long to wait for a lock",
    ),
    plain(
        "DATABASE_IDLE_TIMEOUT_MS",
        "database-idle-timeout-ms",
        "10000",
        "How long a transaction may do nothing",
    ),
    plain(
        "KC_SERVER_URI",
        "kc-server-uri",
        "",
        "Keycloak: where its paths begin (default: the sandbox)",
    ),
    plain("KC_REALM_NAME", "kc-realm-name", "", "The realm"),
    plain("KC_CLIENT_ID", "kc-client-id", "", "The client whose service account we are"),
    secret("KC_CLIENT_SECRET", "kc-client-secret", "Its secret"),
    plain(
        "AUTH_CACHE_MS",
        "auth-cache-ms",
        "10000",
        "How old an answer about somebody's session and groups may be; at most 30000",
    ),
    plain(
        "ACCOUNTING_BASE_URL",
        "accounting-base-url",
        "",
        "The accounting service: where its paths begin (default: the sandbox)",
    ),
    plain("MAIL_SERVER", "mail-server", "", "The SMTP server (default: the sandbox)"),
    plain(
        "MAIL_PORT",
        "mail-port",
        "",
        "Its port (default: 465 with MAIL_SSL_TLS, 587 with MAIL_STARTTLS, else 25)",
    ),
    plain("MAIL_USERNAME", "mail-username", "", "Who we are there"),
    secret("MAIL_PASSWORD", "mail-password", "Our password there"),
    plain("MAIL_FROM", "mail-from", "", "The sender: seats@obi.example, or with a name in front"),
    plain("MAIL_STARTTLS", "mail-starttls", "false", "Encrypt after STARTTLS"),
    plain("MAIL_SSL_TLS", "mail-ssl-tls", "false", "Encrypt from the first byte"),
    plain(
        "MAIL_CA_FILE",
        "mail-ca-file",
        "",
        "A file with certificates (PEM) that are trusted beside the system's",
    ),
    plain(
        "AWS_SES_CONFIGURATION_SET",
        "aws-ses-configuration-set",
        "",
        "The value of X-SES-CONFIGURATION-SET on each mail",
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
        "REQUESTS_AT_ONCE",
        "requests-at-once",
        "1000",
        "Requests answered at once; more are told to come again (503)",
    ),
    plain(
        "MULTIPLE_VLABS_ALLOWED_USER_ID",
        "course-lab-owner",
        "",
        "The user whose labs are course labs (default, with the sandbox's users: obi-virtual-lab)",
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
        "Where links in mails begin: the portal (default, with the sandbox's users: this server, \
         which stands in for it)",
    ),
    secret(
        "INVITE_JWT_SECRET",
        "invite-jwt-secret",
        "Signs invite tokens, at least 16 characters (default, with the embedded database: made \
         once, kept in the data folder)",
    ),
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
    plain(
        "MAIL_TIMEOUT_MS",
        "mail-timeout-ms",
        "10000",
        "How long an answer waits for mail, and how long sending one may last",
    ),
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
    plain("MAIL_PER_SECOND", "mail-per-second", "14", "Mails that leave a process in a second"),
    plain(
        "RESEND_COOLDOWN_MS",
        "resend-cooldown-ms",
        "600000",
        "How soon after a claim mail another one may be asked for",
    ),
    plain(
        "DRIFT_INTERVAL_MS",
        "drift-interval-ms",
        "3600000",
        "How often database, groups and credits are compared",
    ),
    plain(
        "DRIFT_MIN_AGE_MS",
        "drift-min-age-ms",
        "600000",
        "How old a finding of that must be before it is repaired",
    ),
    plain(
        "BATCH_CONCURRENCY",
        "batch-concurrency",
        "16",
        "Students of one request who are at work outside at once",
    ),
    plain("OUTSIDE_CONCURRENCY", "outside-concurrency", "32", "Calls at once to one system"),
    plain("SEED_EXAMPLE", "seed-example", "true", "Whether a first start makes an example"),
    plain("SANDBOX_LATENCY_MS", "sandbox-latency-ms", "0", "How slow every call to the sandbox is"),
];
