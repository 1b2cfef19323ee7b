use crate::world::{group, password, world};
use course_seats_application::ports::{
    Accounting, Clock, Freshness, IdentityProvider, Mail, Mailer,
};
use course_seats_domain::ids::{LabId, MailId, ProjectId};
use course_seats_domain::values::{Credits, EmailAddress};
use course_seats_sandbox::people;
use course_seats_testkit::runtime::long_lease;
use std::io::Write;
use uuid::Uuid;

#[tokio::test]
async fn a_restart_keeps_everything() {
    let world = world();
    let lease = long_lease();
    let identity = &world.sandbox.identity;
    let id = identity.create_group(&group("vlab/a/member"), &lease).await.unwrap();
    let gone = identity.create_group(&group("vlab/gone"), &lease).await.unwrap();
    identity.join(people::student(2), &id, &lease).await.unwrap();
    identity.join(people::student(3), &id, &lease).await.unwrap();
    identity.leave(people::student(3), &id, &lease).await.unwrap();
    identity.delete_group(&gone, &lease).await.unwrap();
    let (token, ended) = (world.token("student-2"), world.token("student-2"));
    identity.logout(&ended).unwrap();

    let (lab, project) = (LabId::new(Uuid::nil()), ProjectId::new(Uuid::max()));
    let accounting = &world.sandbox.accounting;
    accounting.open_lab(lab, "Lab", &lease).await.unwrap();
    accounting.open_project(project, lab, "S1", &lease).await.unwrap();
    accounting.grant(project, Credits::whole(200), &lease).await.unwrap();
    accounting.reserve(project, Credits::whole(30)).unwrap();
    accounting.spend(project, Credits::whole(20)).unwrap();

    let mail = Mail {
        id: MailId::new(Uuid::nil()),
        to: EmailAddress::adopted("a@b.example"),
        subject: "Hello".into(),
        text: "Go to https://here.example/x.".into(),
        html: "<p>Go</p>".into(),
    };
    world.sandbox.mailbox.send(&mail).await.unwrap();

    let sandbox = &world.sandbox;
    let before = (
        sandbox.identity.groups_json(),
        sandbox.identity.jwks(),
        sandbox.accounting.accounts_json(),
        sandbox.mailbox.mailbox_json(),
    );
    let world = world.restarted();
    let sandbox = &world.sandbox;
    assert_eq!(sandbox.identity.groups_json(), before.0);
    assert_eq!(sandbox.identity.jwks(), before.1);
    assert_eq!(sandbox.accounting.accounts_json(), before.2);
    assert_eq!(sandbox.mailbox.mailbox_json(), before.3);
    let link = sandbox.mailbox.mailbox_json().pointer("/mails/0/links/0").unwrap().clone();
    assert_eq!(link, "https://here.example/x");

    let caller = sandbox.identity.authenticate(&token, Freshness::Fresh).await.unwrap();
    assert_eq!(*caller.groups, ["/vlab/a/member".to_owned()].into());
    assert!(sandbox.identity.authenticate(&ended, Freshness::Fresh).await.is_err());
}

#[tokio::test]
async fn a_torn_last_line_is_cut_off() {
    let world = world();
    let lease = long_lease();
    world.sandbox.identity.create_group(&group("kept"), &lease).await.unwrap();
    let path = world.folder.path().join("identity.jsonl");
    let mut file = std::fs::OpenOptions::new().append(true).open(path).unwrap();
    file.write_all(br#"{"change":"group_created","id":"#).unwrap();

    let world = world.restarted();
    let identity = &world.sandbox.identity;
    assert!(identity.find_group(&group("kept")).await.unwrap().is_some());
    identity.create_group(&group("after"), &lease).await.unwrap();
    let world = world.restarted();
    assert!(world.sandbox.identity.find_group(&group("after")).await.unwrap().is_some());
    assert!(world.sandbox.identity.token(&password("faculty", "sandbox")).is_ok());
}

#[tokio::test]
async fn the_clock_stays_turned_and_dates_what_happens() {
    let world = world();
    world.clock.set("2030-05-01T00:00:00Z".parse().unwrap()).unwrap();
    let world = world.restarted();
    let mail = Mail {
        id: MailId::new(Uuid::nil()),
        to: EmailAddress::adopted("a@b.example"),
        subject: String::new(),
        text: String::new(),
        html: String::new(),
    };
    world.sandbox.mailbox.send(&mail).await.unwrap();
    let json = world.sandbox.mailbox.mailbox_json();
    assert!(json.pointer("/mails/0/at").unwrap().as_str().unwrap().starts_with("2030-05-01T00:"));
    assert!(world.clock.now().to_rfc3339().starts_with("2030-05-01T00:"));
}
