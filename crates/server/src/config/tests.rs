use super::*;
use secrecy::SecretString;

fn raw(settings: &[(&'static str, &str)]) -> RawSettings {
    settings.iter().fold(RawSettings::default(), |raw, (name, value)| raw.with(name, *value))
}

fn wrong(settings: &[(&'static str, &str)]) -> String {
    // Not `unwrap_err`, which would print a screen of settings.
    Config::parse(&raw(settings)).err().map(|wrong| wrong.to_string()).unwrap_or_default()
}

#[test]
fn the_defaults_are_those_of_the_rules() {
    let config = Config::parse(&RawSettings::default()).unwrap();
    assert_eq!(config.bind.to_string(), "127.0.0.1:8000");
    assert_eq!(config.base_path, "");
    let rules = &config.rules;
    let mut theirs = Settings::with_defaults(
        rules.course_lab_owner,
        SecretString::from(""),
        rules.expire_schedule.clone(),
    );
    theirs.invite_link_base.clear();
    assert_eq!(format!("{rules:?}"), format!("{theirs:?}"), "one truth about defaults");
}

#[test]
fn every_wrong_setting_is_named_at_once_with_what_to_write() {
    let message = wrong(&[
        ("BIND_ADDR", "here"),
        ("CREDITS_PER_SEAT", "-1"),
        ("INVITE_JWT_SECRET", "short-secret"),
        ("EXPIRE_COURSES_TIMEZONE", "Mars/Olympus"),
        ("LOG_FORMAT", "xml"),
    ]);
    assert!(message.starts_with("5 wrong settings:"), "{message}");
    assert!(message.contains("BIND_ADDR is `here`: write an address and a port"), "{message}");
    assert!(message.contains("CREDITS_PER_SEAT is `-1`: write a whole number from 1"), "{message}");
    assert!(message.contains("INVITE_JWT_SECRET is (hidden): write at least 16"), "{message}");
    assert!(!message.contains("short-secret"), "a secret is never shown");
    assert!(message.contains("Mars/Olympus") && message.contains("`xml`"), "{message}");
}

#[test]
fn each_setting_refuses_nonsense() {
    for setting in table::SETTINGS {
        let free = ["DATA_DIR", "LOG_LEVEL", "RUST_LOG", "POSTGRES_PASSWORD"];
        if free.contains(&setting.name) {
            continue;
        }
        let message = wrong(&[(setting.name, "(not this")]);
        assert!(message.contains(setting.name), "{}: {message}", setting.name);
        // And beside another wrong one, both are told.
        let other = if setting.name == "BASE_PATH" { "LOG_FORMAT" } else { "BASE_PATH" };
        let message = wrong(&[(setting.name, "(not this"), (other, "(nor this")]);
        assert!(message.contains(setting.name) && message.contains(other), "{message}");
    }
    assert!(wrong(&[("LOG_LEVEL", "info,=,=")]).contains("LOG_LEVEL"));
}

#[test]
fn settings_that_do_not_fit_together() {
    let message = wrong(&[("SAGA_LEASE_MS", "9999")]);
    assert!(message.contains("SAGA_LEASE_MS is `9999`: write at least 10000"), "{message}");
    assert!(wrong(&[("ANSWER_DEADLINE_MS", "10")]).contains("ANSWER_DEADLINE_MS"));
    assert!(wrong(&[("LATE_ARRIVAL_GRACE_MS", "10")]).contains("LATE_ARRIVAL_GRACE_MS"));
}

#[test]
fn what_does_not_fit_together_is_told_beside_what_is_wrong_alone() {
    let message = wrong(&[
        ("CREDITS_PER_SEAT", "x"),
        ("SAGA_LEASE_MS", "9999"),
        ("DEPLOYMENT_ENV", "production"),
        ("LATE_ARRIVAL_GRACE_MS", "x"),
    ]);
    // Three, and the four parts that production wants.
    assert!(message.starts_with("7 wrong settings:"), "{message}");
}

#[test]
fn a_word_that_is_no_level_does_not_silence_the_log() {
    for level in ["verbose", "information", "info,debugg"] {
        assert!(wrong(&[("LOG_LEVEL", level)]).contains("LOG_LEVEL"), "{level}");
    }
    for level in ["WARNING", "debug", "info,course_seats=debug", "off"] {
        assert!(Config::parse(&raw(&[("LOG_LEVEL", level)])).is_ok(), "{level}");
    }
}

/// Everything real, as an operator sets it in production.
const PRODUCTION: &[(&str, &str)] = &[
    ("DEPLOYMENT_ENV", "production"),
    ("DATABASE_URL", "postgresql+asyncpg://seats:database-password@db.example/seats"),
    ("KC_SERVER_URI", "https://auth.example/"),
    ("KC_REALM_NAME", "obp-realm"),
    ("KC_CLIENT_ID", "course-seats"),
    ("KC_CLIENT_SECRET", "client-secret"),
    ("ACCOUNTING_BASE_URL", "https://accounting.example/api"),
    ("MAIL_SERVER", "smtp.example"),
    ("MAIL_STARTTLS", "true"),
    ("MAIL_USERNAME", "seats"),
    ("MAIL_PASSWORD", "mail-password"),
    ("MAIL_FROM", "Course Seats <seats@obi.example>"),
    ("INVITE_JWT_SECRET", "0123456789abcdef"),
    ("INVITE_LINK_BASE", "https://portal.example"),
    ("MULTIPLE_VLABS_ALLOWED_USER_ID", "16588c8b-ec88-4a49-a413-a0bb3a7b8541"),
];

/// The same without one of them.
fn production_without(name: &str) -> String {
    let left: Vec<_> = PRODUCTION.iter().copied().filter(|(other, _)| *other != name).collect();
    wrong(&left)
}

#[test]
fn everything_real() {
    let config = Config::parse(&raw(PRODUCTION)).unwrap();
    let parts = &config.parts;
    assert!(!parts.uses_folder() && !parts.uses_sandbox());
    let mail = parts.mail.as_ref().unwrap();
    assert_eq!((mail.port, mail.credentials_over_plain), (587, false));
    assert_eq!(parts.identity.as_ref().unwrap().auth_cache.as_millis(), 10_000);
    assert_eq!(parts.accounting.as_ref().unwrap().timeout, config.rules.outside_timeout);
    let shown = config.show(&raw(PRODUCTION));
    let debug = format!("{config:?}");
    for secret in ["database-password", "client-secret", "mail-password", "0123456789abcdef"] {
        assert!(!shown.contains(secret) && !debug.contains(secret), "{secret}: {shown}");
    }
}

#[test]
fn production_demands_every_part_and_refuses_the_sandbox() {
    for (name, _) in PRODUCTION {
        // These have a default, or are wanted only with their pair.
        if ["DEPLOYMENT_ENV", "MAIL_STARTTLS"].contains(name) {
            continue;
        }
        let message = production_without(name);
        assert!(message.contains(name), "{name}: {message}");
        assert!(!message.contains("-password") && !message.contains("client-secret"), "{message}");
    }
    let message = wrong(&[("DEPLOYMENT_ENV", "production")]);
    for name in ["DATABASE_URL", "KC_SERVER_URI", "ACCOUNTING_BASE_URL", "MAIL_SERVER"] {
        assert!(message.contains(name), "{name}: {message}");
    }
    assert!(message.starts_with("4 wrong settings:"), "{message}");
    let mut sandbox = PRODUCTION.to_vec();
    sandbox.push(("SANDBOX_LATENCY_MS", "5"));
    assert!(wrong(&sandbox).contains("SANDBOX_LATENCY_MS"));
    assert!(Config::parse(&raw(&[("DEPLOYMENT_ENV", "staging")])).is_ok());
    assert!(wrong(&[("DEPLOYMENT_ENV", "prod")]).contains("DEPLOYMENT_ENV is `prod`"));
}

#[test]
fn each_part_is_chosen_on_its_own() {
    let only = |names: &[&str]| {
        let always = ["INVITE_JWT_SECRET", "INVITE_LINK_BASE", "MULTIPLE_VLABS_ALLOWED_USER_ID"];
        let wanted = PRODUCTION.iter().copied().filter(|(name, _)| {
            always.contains(name) || names.iter().any(|prefix| name.starts_with(prefix))
        });
        let wanted: Vec<_> = wanted.collect();
        Config::parse(&raw(&wanted)).map(|config| {
            let parts = config.parts;
            [
                parts.database.is_some(),
                parts.identity.is_some(),
                parts.accounting.is_some(),
                parts.mail.is_some(),
            ]
        })
    };
    assert_eq!(only(&["DATABASE"]).unwrap(), [true, false, false, false]);
    assert_eq!(only(&["KC_"]).unwrap(), [false, true, false, false]);
    assert_eq!(only(&["KC_", "ACCOUNTING"]).unwrap(), [false, true, true, false]);
    assert_eq!(only(&["MAIL_"]).unwrap(), [false, false, false, true]);
    let alone = only(&["ACCOUNTING"]).unwrap_err().to_string();
    assert!(alone.contains("KC_SERVER_URI"), "its token comes from Keycloak: {alone}");
}

#[test]
fn a_database_in_parts() {
    let parts = [
        ("POSTGRES_HOST", "db.example"),
        ("POSTGRES_USER", "seats"),
        ("POSTGRES_PASSWORD", "secret"),
        ("POSTGRES_DB", "seats"),
        ("INVITE_JWT_SECRET", "0123456789abcdef"),
        ("DATABASE_SSLMODE", "verify-full"),
    ];
    let config = Config::parse(&raw(&parts)).unwrap();
    let settings = config.parts.database.unwrap();
    assert_eq!(settings.tls.mode.as_str(), "verify-full");
    assert!(!format!("{settings:?}").contains("secret"));
    let message = wrong(&[("POSTGRES_USER", "seats"), ("INVITE_JWT_SECRET", "0123456789abcdef")]);
    assert!(message.starts_with("2 wrong settings:"), "{message}");
    assert!(message.contains("POSTGRES_HOST") && message.contains("POSTGRES_DB"), "{message}");
    let two = wrong(&[("DATABASE_URL", "postgresql://a/b"), ("DATABASE_URI", "postgresql://c/d")]);
    assert!(two.contains("unset one of them"), "{two}");
}

#[test]
fn both_kinds_of_encryption_are_one_too_many() {
    let message = wrong(&[("MAIL_STARTTLS", "true"), ("MAIL_SSL_TLS", "true")]);
    assert!(message.contains("MAIL_STARTTLS and MAIL_SSL_TLS"), "{message}");
}

#[test]
fn an_empty_value_is_no_value() {
    let config = Config::parse(&raw(&[("BIND_ADDR", " "), ("DATABASE_URL", "")])).unwrap();
    assert_eq!(config.bind.port(), 8000);
}

#[test]
fn what_is_shown_hides_secrets() {
    let raw = raw(&[("INVITE_JWT_SECRET", "0123456789abcdef"), ("CREDITS_PER_SEAT", "300")]);
    let shown = Config::parse(&raw).unwrap().show(&raw);
    assert!(shown.contains("CREDITS_PER_SEAT=300\n"), "{shown}");
    assert!(shown.contains("INVITE_JWT_SECRET=(hidden)\n"), "{shown}");
    assert!(shown.contains("BIND_ADDR=127.0.0.1:8000  # default"), "{shown}");
    assert!(!shown.contains("0123456789abcdef"));
}

#[test]
fn base_paths_and_links_are_without_a_last_slash() {
    let raw = raw(&[("BASE_PATH", "/api/"), ("INVITE_LINK_BASE", "https://portal.example/app/")]);
    let config = Config::parse(&raw).unwrap();
    assert_eq!(config.base_path, "/api");
    assert_eq!(config.rules.invite_link_base, "https://portal.example/app");
}
