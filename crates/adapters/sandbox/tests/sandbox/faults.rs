use crate::world::{World, group, with_limit, world};
use course_seats_application::ports::{
    AuthError, Clock, Freshness, IdentityProvider, Lease, Mail, Mailer, PortError,
};
use course_seats_domain::group::GroupId;
use course_seats_domain::ids::MailId;
use course_seats_domain::values::EmailAddress;
use course_seats_sandbox::{Fault, FaultKind, Operation, System, people};
use course_seats_testkit::runtime::long_lease;
use futures::future::{join, join_all};
use std::time::Duration;
use uuid::Uuid;

async fn create(world: &World, name: &str) -> Result<GroupId, PortError> {
    world.sandbox.identity.create_group(&group(name), &long_lease()).await
}

async fn exists(world: &World, name: &str) -> bool {
    world.sandbox.identity.find_group(&group(name)).await.unwrap().is_some()
}

fn inject(world: &World, operation: Operation, kind: FaultKind) {
    let fault = Fault { late_ms: 300, ..Fault::once(operation, kind) };
    world.sandbox.faults.inject(fault).unwrap();
}

#[tokio::test]
async fn each_kind_of_a_write() {
    let world = world();
    for (kind, happens) in [
        (FaultKind::Refuse, false),
        (FaultKind::Reject, false),
        (FaultKind::NotFound, false),
        (FaultKind::ServerError, false),
        (FaultKind::LoseAnswer, true),
        (FaultKind::Garbage, true),
    ] {
        let name = format!("{kind:?}");
        inject(&world, Operation::CreateGroup, kind);
        let answer = create(&world, &name).await;
        let as_told = match kind {
            FaultKind::Refuse => matches!(answer, Err(PortError::Unavailable(_))),
            FaultKind::Reject => matches!(answer, Err(PortError::Rejected(_))),
            FaultKind::NotFound => answer == Err(PortError::NotFound),
            _ => matches!(answer, Err(PortError::Unknown(_))),
        };
        assert!(as_told, "{kind:?}: {answer:?}");
        assert_eq!(exists(&world, &name).await, happens, "{kind:?}");
        let again = create(&world, &name).await;
        assert_eq!(again.is_ok(), !happens, "{kind:?}: once only");
    }
    assert!(world.sandbox.faults.list().is_empty());
}

#[tokio::test]
async fn a_late_write_happens_later() {
    let world = world();
    inject(&world, Operation::CreateGroup, FaultKind::Late);
    assert!(matches!(create(&world, "late").await, Err(PortError::Unknown(_))));
    assert!(!exists(&world, "late").await);
    world.until("it lands", async || exists(&world, "late").await).await;
}

#[tokio::test]
async fn each_kind_of_a_read() {
    let world = world();
    let identity = &world.sandbox.identity;
    let token = world.token("faculty");
    for kind in [
        FaultKind::Refuse,
        FaultKind::ServerError,
        FaultKind::LoseAnswer,
        FaultKind::Garbage,
        FaultKind::Late,
    ] {
        inject(&world, Operation::FindGroup, kind);
        let answer = identity.find_group(&group("x")).await;
        assert!(matches!(answer, Err(PortError::Unavailable(_))), "{kind:?}: {answer:?}");
        assert_eq!(identity.find_group(&group("x")).await, Ok(None));

        inject(&world, Operation::Authenticate, kind);
        let answer = identity.authenticate(&token, Freshness::Fresh).await;
        assert!(matches!(answer, Err(AuthError::Unavailable(_))), "{kind:?}: {answer:?}");
    }
}

#[tokio::test]
async fn mail_has_faults_too() {
    let world = world();
    let mail = Mail {
        id: MailId::new(Uuid::nil()),
        to: EmailAddress::adopted("a@b.example"),
        subject: "Hello".into(),
        text: String::new(),
        html: String::new(),
    };
    let any = Fault {
        operation: None,
        system: System::Mail,
        ..Fault::once(Operation::Send, FaultKind::LoseAnswer)
    };
    world.sandbox.faults.inject(any).unwrap();
    assert!(matches!(world.sandbox.mailbox.send(&mail).await, Err(PortError::Unknown(_))));
    assert_eq!(world.sandbox.mailbox.send(&mail).await, Ok(()));
    let json = world.sandbox.mailbox.mailbox_json();
    assert_eq!(json.get("mails").unwrap().as_array().unwrap().len(), 2, "it may arrive twice");
}

#[tokio::test]
async fn a_slow_system_leaves_a_write_unknown_and_its_effect_lands() {
    let world = with_limit(Duration::from_millis(20));
    let faults = &world.sandbox.faults;
    faults.set_latency(Duration::from_millis(60));
    assert!(matches!(create(&world, "slow").await, Err(PortError::Unknown(_))));
    let read = world.sandbox.identity.find_group(&group("slow")).await;
    assert!(matches!(read, Err(PortError::Unavailable(_))), "{read:?}");
    faults.set_latency(Duration::ZERO);
    world.until("it lands", async || exists(&world, "slow").await).await;
}

#[tokio::test]
async fn the_lease_is_checked_last_after_waiting_for_a_permit() {
    let world = with_limit(Duration::from_millis(100));
    world.sandbox.faults.set_latency(Duration::from_millis(60));
    // Covers the call when it begins to wait, but no longer when a permit is free.
    let until = world.clock.monotonic() + Duration::from_millis(140);
    let lease = Lease::until(until);
    let identity = &world.sandbox.identity;
    let names: Vec<_> = (0..4).map(|number| group(&format!("first-{number}"))).collect();
    let long = long_lease();
    let last = group("last");
    let first = join_all(names.iter().map(|name| identity.create_group(name, &long)));
    let (others, last_answer) = join(first, identity.create_group(&last, &lease)).await;
    assert!(others.iter().all(Result::is_ok), "{others:?}");
    assert!(matches!(last_answer, Err(PortError::Unavailable(_))), "{last_answer:?}");
    assert!(!exists(&world, "last").await);
}

#[tokio::test]
async fn a_short_lease_uses_up_no_fault() {
    let world = world();
    inject(&world, Operation::Join, FaultKind::Refuse);
    let id = create(&world, "g").await.unwrap();
    let ended = Lease::until(Duration::ZERO);
    let answer = world.sandbox.identity.join(people::FACULTY, &id, &ended).await;
    assert!(matches!(answer, Err(PortError::Unavailable(_))));
    assert_eq!(world.sandbox.faults.list().len(), 1, "nothing was sent");
    world.sandbox.faults.clear();
    assert!(world.sandbox.faults.list().is_empty());
}

#[tokio::test]
async fn a_name_that_is_too_long_fails_like_the_real_one() {
    let world = world();
    assert!(create(&world, &"ä".repeat(255)).await.is_ok());
    assert!(matches!(create(&world, &"ä".repeat(256)).await, Err(PortError::Unknown(_))));
}
