//! What is asked of the outside, and how often.

use crate::database::{On, on_each_database};
use crate::world::{ADMIN, World, students};
use course_seats_application::ports::PortError;
use course_seats_application::use_cases::one_object::NotMade;
use course_seats_application::use_cases::seats::{AssignError, ItemStatus, assign_seats};
use course_seats_application::{App, Ports};
use course_seats_domain::group::GroupId;
use course_seats_domain::values::Credits;
use course_seats_sandbox::people::COURSE_LAB_OWNER;
use course_seats_testkit::mocks::{MockBooks, MockIdentity, MockPost};
use std::sync::Arc;

on_each_database! {
    an_assign_asks_no_more_than_it_must,
    an_outside_that_cannot_be_reached_is_told_before_anything_is_reserved,
    a_grant_is_sent_once,
}

const STUDENTS: usize = 5;

/// What an assign reserves: a template that was just funded is reserved for a while, too.
const OURS: &str = "reservation WHERE kind <> 'template'";

/// One assign needs two groups, one admin in one of them, an account, a grant and a mail a
/// student; what is the same for all is asked once.
async fn an_assign_asks_no_more_than_it_must(on: On) {
    let world = World::new(on).await;
    let ground = world.ground(5).await;
    let mut identity = MockIdentity::new();
    identity.expect_members().times(1).returning(|_| Ok(vec![COURSE_LAB_OWNER]));
    identity
        .expect_create_group()
        .times(2 * STUDENTS)
        .returning(|name, _| Ok(GroupId(name.as_str().to_owned())));
    identity.expect_join().times(STUDENTS).returning(|_, _, _| Ok(()));
    let mut books = MockBooks::new();
    books.expect_lab_balance().times(1).returning(|_| Ok(Credits::ZERO));
    books.expect_open_project().times(STUDENTS).returning(|_, _, _, _| Ok(()));
    books.expect_grant().times(STUDENTS).returning(|_, _, _| Ok(()));
    let mut post = MockPost::new();
    post.expect_send().times(STUDENTS).returning(|_| Ok(()));
    let app = app(&world, identity, books, post);
    let results = assign_seats(&app, ADMIN, ground.course, students(STUDENTS)).await.unwrap();
    assert!(results.iter().all(|result| result.status == ItemStatus::Done && result.email_sent));
}

async fn an_outside_that_cannot_be_reached_is_told_before_anything_is_reserved(on: On) {
    let world = World::new(on).await;
    let ground = world.ground(5).await;
    for identity_is_down in [true, false] {
        let down = || PortError::Unavailable("down".into());
        let mut identity = MockIdentity::new();
        identity.expect_members().times(1).returning(move |_| {
            if identity_is_down { Err(down()) } else { Ok(vec![COURSE_LAB_OWNER]) }
        });
        let mut books = MockBooks::new();
        books
            .expect_lab_balance()
            .returning(move |_| if identity_is_down { Ok(Credits::ZERO) } else { Err(down()) });
        let app = app(&world, identity, books, MockPost::new());
        let answer = assign_seats(&app, ADMIN, ground.course, students(2)).await;
        let nothing = matches!(answer, Err(AssignError::NotStarted(NotMade::NothingStarted)));
        assert!(nothing, "{answer:?}");
        assert_eq!(world.count("saga WHERE kind = 'assign_seat'"), 0);
        assert_eq!(world.count(OURS), 0);
    }
}

/// A grant whose outcome is unknown is never sent again: the balance is asked.
async fn a_grant_is_sent_once(on: On) {
    let world = World::new(on).await;
    let ground = world.ground(1).await;
    let mut identity = MockIdentity::new();
    identity.expect_members().returning(|_| Ok(vec![COURSE_LAB_OWNER]));
    identity.expect_create_group().returning(|name, _| Ok(GroupId(name.as_str().to_owned())));
    identity.expect_join().returning(|_, _, _| Ok(()));
    identity.expect_delete_group().times(2).returning(|_, _| Ok(()));
    let mut books = MockBooks::new();
    books.expect_lab_balance().returning(|_| Ok(Credits::ZERO));
    books.expect_open_project().returning(|_, _, _, _| Ok(()));
    books.expect_grant().times(1).returning(|_, _, _| Err(PortError::Unknown("lost".into())));
    books.expect_project_balance().times(1..).returning(|_| Ok(Credits::ZERO));
    books.expect_deplete_project().times(1..).returning(|_, _| Ok(Credits::ZERO));
    let app = app(&world, identity, books, MockPost::new());
    let results = assign_seats(&app, ADMIN, ground.course, students(1)).await.unwrap();
    assert!(results.iter().all(|result| result.status == ItemStatus::Failed), "{results:?}");
    world.settled().await;
    assert_eq!(world.count("given_up_account"), 1);
    assert!(world.seats(ground.course).await.iter().all(|seat| seat.enrolment.is_none()));
    assert_eq!(world.count(OURS), 0, "the seat is free");
}

/// On the world's database, with an outside of its own.
fn app(world: &World, identity: MockIdentity, books: MockBooks, post: MockPost) -> Arc<App> {
    // The world's own service would look at these sagas with the sandbox.
    world.app.begin_shutdown();
    let ports = Ports {
        identity: Arc::new(identity),
        accounting: Arc::new(books),
        mailer: Arc::new(post),
        ..world.ports.clone()
    };
    App::new(ports, world.settings.clone())
}
