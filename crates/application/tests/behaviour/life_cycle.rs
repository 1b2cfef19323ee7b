//! One course through its whole life.

use crate::database::{On, on_each_database};
use crate::world::{ADMIN, World, pupil, students};
use chrono::TimeDelta;
use course_seats_application::App;
use course_seats_application::use_cases::courses::{delete_course, void_course};
use course_seats_application::use_cases::enrolments::{activate_enrolments, claim_enrolment};
use course_seats_application::use_cases::operations::expire_courses;
use course_seats_application::use_cases::seats::{
    AssignError, ItemStatus, assign_seats, drop_seats,
};
use course_seats_domain::values::Credits;

on_each_database! {
    a_course_lives_from_assignment_to_deletion,
    too_few_seats_or_a_known_student_and_nothing_happens_at_all,
    of_two_student_ids_that_name_one_project_the_second_fails_alone,
    many_assigns_at_once_never_oversell,
    the_daily_run_closes_what_has_ended_and_two_replicas_run_it_once,
}

async fn a_course_lives_from_assignment_to_deletion(on: On) {
    let world = World::new(on).await;
    let ground = world.ground(6).await;
    let assigned = world.assign(ground.course, 4).await;
    assert!(assigned.iter().all(|result| result.status == ItemStatus::Done && result.email_sent));
    world.audit();

    for (n, result) in (1..).zip(&assigned) {
        let enrolment = result.enrolment.unwrap();
        claim_enrolment(&world.app, &pupil(n), enrolment, None).await.unwrap();
        let activated = activate_enrolments(&world.app, &pupil(n)).await.unwrap();
        assert!(activated.iter().all(|result| result.status == ItemStatus::Done), "{activated:?}");
    }
    world.audit();

    // One hardly spent anything, one too much.
    let spend = |n: usize, amount: u32| {
        let project = assigned.get(n).unwrap().project.unwrap();
        world.sandbox.accounting.spend(project, Credits::whole(amount))
    };
    spend(0, 49).unwrap();
    spend(1, 50).unwrap();
    let seats = assigned.iter().take(2).map(|result| result.seat).collect();
    let dropped = drop_seats(&world.app, ADMIN, ground.course, seats).await.unwrap();
    let verdicts: Vec<_> = dropped.iter().map(|result| (result.recovered, result.spent)).collect();
    assert_eq!(
        verdicts,
        [(Some(true), Some(Credits::whole(49))), (Some(false), Some(Credits::whole(50)))]
    );
    world.settled().await;
    world.audit();

    // Past its end: the rest is dropped and the lab depleted, once.
    world.clock.advance(TimeDelta::days(91)).unwrap();
    let summary = expire_courses(&world.app, ADMIN).await.unwrap();
    assert_eq!((summary.expired_courses_found, summary.enrolments_failed), (1, 0), "{summary:?}");
    world.settled().await;
    world.audit();
    assert_eq!(expire_courses(&world.app, ADMIN).await.unwrap().expired_courses_found, 0);

    void_course(&world.app, ADMIN, ground.course).await.unwrap();
    delete_course(&world.app, ADMIN, ground.course).await.unwrap();
    world.settled().await;
    world.audit();
    // The student projects' names are free again, and the lab takes a new course.
    let next = world.course_on(ground.lab, "Template 2").await;
    assert_ne!(next.id, ground.course);
    world.looked_at().await;
    world.audit();
}

async fn too_few_seats_or_a_known_student_and_nothing_happens_at_all(on: On) {
    let world = World::new(on).await;
    let ground = world.ground(2).await;
    let refused = assign_seats(&world.app, ADMIN, ground.course, students(3)).await;
    assert!(matches!(refused, Err(AssignError::NotEnoughSeats { requested: 3, found: 2 })));
    world.assign(ground.course, 1).await;
    let same_mail = vec![("S9".parse().unwrap(), "S1@Students.Example".parse().unwrap())];
    let refused = assign_seats(&world.app, ADMIN, ground.course, same_mail).await;
    assert!(matches!(refused, Err(AssignError::AlreadyEnrolled(found)) if found.len() == 1));
    world.audit();
}

async fn of_two_student_ids_that_name_one_project_the_second_fails_alone(on: On) {
    let world = World::new(on).await;
    let ground = world.ground(2).await;
    let twins = vec![
        ("s1".parse().unwrap(), "a@students.example".parse().unwrap()),
        ("S1".parse().unwrap(), "b@students.example".parse().unwrap()),
    ];
    let results = assign_seats(&world.app, ADMIN, ground.course, twins).await.unwrap();
    let statuses: Vec<_> = results.iter().map(|result| result.status).collect();
    assert_eq!(statuses, [ItemStatus::Done, ItemStatus::Failed]);
    world.audit();
}

async fn many_assigns_at_once_never_oversell(on: On) {
    let world = World::new(on).await;
    let ground = world.ground(5).await;
    let calls = (0..20).map(|n| {
        let student = vec![(
            format!("T{n}").parse().unwrap(),
            format!("t{n}@students.example").parse().unwrap(),
        )];
        assign_seats(&world.app, ADMIN, ground.course, student)
    });
    let answers = futures::future::join_all(calls).await;
    let sold = answers.iter().filter(|answer| answer.is_ok()).count();
    assert_eq!(sold, 5);
    for refused in answers.into_iter().filter_map(Result::err) {
        assert!(matches!(refused, AssignError::NotEnoughSeats { .. }), "{refused}");
    }
    world.audit();
}

async fn the_daily_run_closes_what_has_ended_and_two_replicas_run_it_once(on: On) {
    let world = World::without_reconcilers(on).await;
    let ground = world.ground(2).await;
    world.assign(ground.course, 1).await;
    let daily = || {
        let mut settings = world.settings.clone();
        settings.expire_schedule = "0 2 * * *".parse().unwrap();
        App::new(world.ports.clone(), settings)
    };
    let (one, other) = (daily(), daily());
    world.clock.advance(TimeDelta::days(92)).unwrap();
    one.start_reconcilers();
    other.start_reconcilers();
    world
        .eventually("the course is closed", async || {
            world.count("course WHERE budget_depleted") == 1
        })
        .await;
    world.settled().await;
    world.audit();
    assert_eq!(world.count("saga WHERE kind = 'close_course'"), 1);
    assert_eq!(world.count("daily_run"), 1);
}
