use super::*;
use secrecy::SecretString;

fn raw(settings: &[(&'static str, &str)]) -> RawSettings {
    settings.iter().fold(RawSettings::default(), |raw, (name, value)| raw.with(name, *value))
}

fn wrong(settings: &[(&'static str, &str)]) -> String {
    Config::parse(&raw(settings)).unwrap_err().to_string()
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
        let free = ["DATA_DIR", "LOG_LEVEL", "RUST_LOG"];
        if free.contains(&setting.name) {
            continue;
        }
        let message = wrong(&[(setting.name, "(not this")]);
        assert!(message.contains(setting.name), "{}: {message}", setting.name);
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
        ("DATABASE_URL", "postgres://h/d"),
    ]);
    assert!(message.starts_with("5 wrong settings:"), "{message}");
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

#[test]
fn what_this_version_does_not_have_is_refused() {
    for (name, _) in table::NOT_YET {
        let message = wrong(&[(name, "secret://user:password@host")]);
        assert!(message.contains(name) && message.contains("next version"), "{message}");
        assert!(!message.contains("password"), "{message}");
    }
}

#[test]
fn production_refuses_the_sandbox() {
    assert!(wrong(&[("DEPLOYMENT_ENV", "production")]).contains("sandbox"));
    assert!(Config::parse(&raw(&[("DEPLOYMENT_ENV", "staging")])).is_ok());
    assert!(wrong(&[("DEPLOYMENT_ENV", "prod")]).contains("DEPLOYMENT_ENV is `prod`"));
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
