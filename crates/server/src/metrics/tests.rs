use super::*;
use course_seats_application::ports::store::MailStatus;
use course_seats_domain::plans::SagaKind;
use course_seats_domain::saga::Status;

#[test]
fn every_metric_has_help_and_type_and_the_page_an_end() {
    let metrics = Metrics::default();
    metrics.calls.ended(("accounting", "grant"), "unknown", Duration::from_millis(20));
    metrics.answered(&Method::GET, "/courses/{course_id}", StatusCode::OK, Duration::ZERO);
    let now = "2027-03-01T12:00:00Z".parse().unwrap();
    let statistics = Statistics {
        sagas: vec![(SagaKind::AssignSeat, Status::Running, 3)],
        oldest_open_saga: Some(now - chrono::TimeDelta::seconds(90)),
        mails: vec![(MailStatus::Dead, 2)],
        drift: vec![("credits_left".to_owned(), 4)],
        ..Statistics::default()
    };
    let page = metrics.page(Some(&statistics), now).unwrap();
    for line in [
        r#"course_seats_outside_calls_total{system="accounting",operation="grant",outcome="unknown"} 1"#,
        r#"course_seats_outside_call_duration_seconds_count{system="accounting"} 1"#,
        r#"course_seats_http_request_duration_seconds_count{method="GET",route="/courses/{course_id}",status="200"} 1"#,
        r#"course_seats_sagas{kind="assign_seat",status="running"} 3"#,
        r#"course_seats_outbox_mails{status="dead"} 2"#,
        r#"course_seats_outbox_mails{status="queued"} 0"#,
        r#"course_seats_sagas{kind="drop_seat",status="undoing"} 0"#,
        r#"course_seats_outside_calls_total{system="mail",operation="send",outcome="ok"} 0"#,
        r#"course_seats_outside_call_duration_seconds_count{system="identity"} 0"#,
        r#"course_seats_drift_findings{kind="credits_left"} 4"#,
        r#"course_seats_drift_findings{kind="member_missing"} 0"#,
        "course_seats_oldest_open_saga_age_seconds 90",
        "course_seats_database_up 1",
    ] {
        assert!(page.lines().any(|seen| seen == line), "{line}\n{page}");
    }
    assert!(page.ends_with("# EOF\n"));
    let names = page.lines().filter(|line| !line.starts_with('#'));
    let names = names.filter_map(|line| line.split(['{', ' ']).next());
    for name in names {
        let stem = ["_total", "_count", "_sum", "_bucket"]
            .iter()
            .find_map(|end| name.strip_suffix(end))
            .unwrap_or(name);
        for word in ["HELP", "TYPE"] {
            let line = format!("# {word} {stem} ");
            assert!(page.contains(&line), "{line}");
        }
    }
}

/// What operations.md and its alerts speak of is there before anything has happened.
#[test]
fn a_fresh_page_has_every_metric() {
    let now = "2027-03-01T12:00:00Z".parse().unwrap();
    let page = Metrics::default().page(Some(&Statistics::default()), now).unwrap();
    let typed = page.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    let typed: Vec<&str> = typed.collect();
    for metric in [
        "course_seats_sagas gauge",
        "course_seats_oldest_open_saga_age_seconds gauge",
        "course_seats_sagas_needing_attention gauge",
        "course_seats_sagas_with_failing_undo gauge",
        "course_seats_given_up_accounts gauge",
        "course_seats_outbox_mails gauge",
        "course_seats_oldest_queued_mail_age_seconds gauge",
        "course_seats_drift_findings gauge",
        "course_seats_outside_calls counter",
        "course_seats_outside_call_duration_seconds histogram",
    ] {
        assert!(typed.contains(&metric), "{metric}\n{page}");
        let help = format!("# HELP {} ", metric.split(' ').next().unwrap());
        assert!(page.contains(&help), "{help}");
    }
}

#[test]
fn a_database_that_does_not_answer_is_told() {
    let page = Metrics::default().page(None, "2027-03-01T12:00:00Z".parse().unwrap()).unwrap();
    assert!(page.contains("course_seats_database_up 0\n"), "{page}");
    assert!(!page.contains("course_seats_sagas{"), "{page}");
}
