//! `course-seats doctor`, when all is well and when nothing is.

use crate::parts::Parts;
use std::process::Output;

fn told(done: &Output) -> String {
    String::from_utf8_lossy(&done.stdout).into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_works_and_what_does_not_and_what_to_do() {
    let parts = Parts::start().await;
    let pending = parts.run(&["doctor"], &parts.settings());
    assert_eq!(pending.status.code(), Some(1), "{}", told(&pending));
    assert!(told(&pending).contains("→ course-seats migrate"), "{}", told(&pending));
    parts.migrate();
    let well = parts.run(&["doctor"], &parts.settings());
    assert!(well.status.success(), "{}", told(&well));
    for seen in [
        "migrations applied",
        "tokens of http",
        "may manage groups",
        "belong to obi-virtual-lab",
        "have a verified e-mail address",
        "takes our token",
        "answers",
    ] {
        assert!(told(&well).contains(seen), "{seen}: {}", told(&well));
    }
    assert!(!told(&well).contains("WRONG"), "{}", told(&well));

    for (who, seen) in [
        ("Faculty@sandbox.example", "is faculty, who can accept invites"),
        ("nobody@sandbox.example", "nobody has the address"),
    ] {
        let looked = parts.run(&["doctor", "--user", who], &parts.settings());
        assert!(told(&looked).contains(seen), "{}", told(&looked));
    }

    let wrong = parts.settings_with(&[
        ("DATABASE_URL", &parts.postgres.url("elsewhere")),
        ("KC_CLIENT_SECRET", "guessed"),
        ("MULTIPLE_VLABS_ALLOWED_USER_ID", "00000000-0000-4000-8000-000000000000"),
        ("MAIL_STARTTLS", "true"),
    ]);
    let ill = parts.run(&["doctor"], &wrong);
    assert_eq!(ill.status.code(), Some(1));
    for seen in [
        "refuses us",
        "check KC_CLIENT_ID and KC_CLIENT_SECRET",
        "check ACCOUNTING_BASE_URL",
        "check MAIL_SERVER",
    ] {
        assert!(told(&ill).contains(seen), "{seen}: {}", told(&ill));
    }
    assert!(!told(&ill).contains("guessed"), "no secret: {}", told(&ill));
    let owner = [("MULTIPLE_VLABS_ALLOWED_USER_ID", "00000000-0000-4000-8000-000000000000")];
    let nobody = parts.run(&["doctor"], &parts.settings_with(&owner));
    assert!(told(&nobody).contains("check MULTIPLE_VLABS_ALLOWED_USER_ID"), "{}", told(&nobody));
}
