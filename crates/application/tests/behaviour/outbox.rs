//! Mail that cannot go out yet, and is not wanted any more by the time it could.

use crate::database::{On, on_each_database};
use crate::world::{ADMIN, Ground, World, students};
use chrono::TimeDelta;
use course_seats_application::use_cases::courses::{delete_course, void_course};
use course_seats_application::use_cases::enrolments::{ResendError, resend_claim_mail};
use course_seats_application::use_cases::seats::{ItemStatus, assign_seats, drop_seats};
use course_seats_domain::ids::EnrolmentId;
use course_seats_sandbox::{Fault, FaultKind, Operation};

on_each_database! {
    a_mail_goes_out_as_soon_as_the_mail_server_takes_it,
    the_mail_of_a_dropped_student_is_cancelled,
    the_mail_about_a_deleted_course_is_cancelled,
    a_resent_mail_takes_the_place_of_the_one_before,
}

impl World {
    /// A student with a place, whose mail the server does not take.
    async fn unmailed(&self) -> (Ground, EnrolmentId) {
        let ground = self.ground(2).await;
        let once = Fault::once(Operation::Send, FaultKind::Refuse);
        self.sandbox.faults.inject(Fault { times: u32::MAX, ..once }).unwrap();
        let result = self.assign(ground.course, 1).await.remove(0);
        assert_eq!((result.status, result.email_sent), (ItemStatus::Done, false));
        assert_eq!(self.mails(), ["queued"]);
        (ground, result.enrolment.unwrap())
    }

    /// The status of every mail, oldest first.
    fn mails(&self) -> Vec<String> {
        let sql = "SELECT json_array(status) AS line FROM outbox_mail ORDER BY created_at, id";
        let rows = self.database.rows(sql);
        rows.iter().map(|row| row[0].as_str().unwrap().to_owned()).collect()
    }

    /// How many mails about this enrolment have arrived.
    fn arrived(&self, enrolment: EnrolmentId) -> usize {
        let mails = self.sandbox.mailbox.mailbox_json();
        let link = format!("enrolment_id={enrolment}");
        let mails = mails["mails"].as_array().unwrap().iter();
        mails.filter(|mail| mail["text"].as_str().unwrap().contains(&link)).count()
    }

    /// The mail server takes mail again, and all that waits is sent.
    async fn mail_server_heals(&self) {
        self.sandbox.faults.clear();
        self.settled().await;
    }
}

async fn a_mail_goes_out_as_soon_as_the_mail_server_takes_it(on: On) {
    let world = World::new(on).await;
    let (_, enrolment) = world.unmailed().await;
    let tried = async || world.count("outbox_mail WHERE attempts > 2 AND status = 'queued'") == 1;
    world.eventually("it is tried again and again", tried).await;
    world.mail_server_heals().await;
    assert_eq!((world.mails(), world.arrived(enrolment)), (vec!["sent".to_owned()], 1));
    world.audit();
}

async fn the_mail_of_a_dropped_student_is_cancelled(on: On) {
    let world = World::new(on).await;
    let (ground, enrolment) = world.unmailed().await;
    let seats = world.seats(ground.course).await;
    let seat = seats.iter().find(|seat| seat.enrolment == Some(enrolment)).unwrap().id;
    let dropped = drop_seats(&world.app, ADMIN, ground.course, vec![seat]).await.unwrap();
    assert_eq!(dropped[0].status, ItemStatus::Done);
    assert_eq!(world.mails(), ["cancelled"]);
    world.mail_server_heals().await;
    // Whoever comes later is told, and the one who was dropped is not.
    let later = assign_seats(&world.app, ADMIN, ground.course, students(2).split_off(1)).await;
    assert!(later.unwrap().remove(0).email_sent);
    assert_eq!((world.mails(), world.arrived(enrolment)), (two("cancelled", "sent"), 0));
    world.audit();
}

/// Whom we drop gets no more mail from then on; the other service has dropped this one, and leaves our
/// outbox alone.
async fn the_mail_about_a_deleted_course_is_cancelled(on: On) {
    let world = World::new(on).await;
    let (ground, enrolment) = world.unmailed().await;
    world.database.execute("UPDATE course_enrolment SET is_dropped = TRUE");
    world.database.execute("UPDATE seat SET is_consumed = TRUE WHERE enrolment_id IS NOT NULL");
    void_course(&world.app, ADMIN, ground.course).await.unwrap();
    assert_eq!(world.mails(), ["queued"]);
    delete_course(&world.app, ADMIN, ground.course).await.unwrap();
    assert_eq!(world.mails(), ["cancelled"]);
    world.mail_server_heals().await;
    assert_eq!((world.mails(), world.arrived(enrolment)), (vec!["cancelled".to_owned()], 0));
    world.audit();
}

async fn a_resent_mail_takes_the_place_of_the_one_before(on: On) {
    let world = World::new(on).await;
    let (ground, enrolment) = world.unmailed().await;
    let resend = async || resend_claim_mail(&world.app, ADMIN, ground.course, enrolment).await;
    assert!(matches!(resend().await, Err(ResendError::TooSoon { .. })));
    world.clock.advance(TimeDelta::from_std(world.settings.resend_cooldown).unwrap()).unwrap();
    resend().await.unwrap();
    assert_eq!(world.mails(), two("cancelled", "queued"));
    world.mail_server_heals().await;
    assert_eq!((world.mails(), world.arrived(enrolment)), (two("cancelled", "sent"), 1));
    world.audit();
}

fn two(one: &str, other: &str) -> Vec<String> {
    vec![one.to_owned(), other.to_owned()]
}
