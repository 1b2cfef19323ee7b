//! Two operations on the same course at once: the second arrives at every moment of the first.

use crate::acts::Blind;
use crate::database::{On, on_each_database};
use crate::together::{Case, together};
use crate::world::{ADMIN, World, pupil};
use course_seats_application::ports::Clock;
use course_seats_application::use_cases::courses::{delete_course, void_course};
use course_seats_application::use_cases::enrolments::activate_enrolments;
use course_seats_application::use_cases::seats::{assign_seats, drop_seats};
use std::sync::Arc;
use std::time::Duration;

const LATENCY: Duration = Duration::from_millis(4);
const MOMENTS: u32 = 7;

async fn second(name: &str, world: &World, act: &Blind) {
    let (app, course) = (&world.app, world.only_course().await);
    match name {
        "void" => drop(void_course(app, ADMIN, course).await),
        "void and delete" => {
            void_course(app, ADMIN, course).await.unwrap();
            drop(delete_course(app, ADMIN, course).await);
        }
        "drop" => {
            let seats = world.seats(course).await;
            let taken = seats.iter().filter(|seat| seat.enrolment.is_some());
            let seats: Vec<_> = taken.map(|seat| seat.id).collect();
            drop(drop_seats(app, ADMIN, course, seats).await);
        }
        "activate" => drop(activate_enrolments(app, &pupil(1)).await),
        "assign" => {
            let others = vec![("Z1".parse().unwrap(), "z1@students.example".parse().unwrap())];
            drop(assign_seats(app, ADMIN, course, others).await);
        }
        "the same" => act.clone().call(app, world.owner()).await,
        other => panic!("no second act {other}"),
    }
}

async fn pair(on: On, first: &'static str, then: &'static str) {
    together((0..MOMENTS).map(|moment| {
        move || async move {
            let world = World::new(on).await;
            let act = Blind::ready(first, &world).await;
            world.settled().await;
            world.sandbox.faults.set_latency(LATENCY);
            let _case = Case(format!("{first}, then {then} at moment {moment}"));
            let (app, owner, call) = (Arc::clone(&world.app), world.owner(), act.clone());
            let under_way = tokio::runtime::Handle::current()
                .spawn(async move { call.call(&app, owner).await });
            world.clock.sleep(LATENCY * moment * 2).await;
            second(then, &world, &act).await;
            under_way.await.unwrap();
            world.settled().await;
            world.audit();
            world.looked_at().await;
            world.audit();
            world.app.begin_shutdown();
            world.app.drained().await;
        }
    }))
    .await;
}

macro_rules! pairs {
    ($($name:ident: $first:literal then $($then:literal),+;)*) => {
        on_each_database! { $($name,)* }
        $(async fn $name(on: On) {
            for then in [$($then),+] {
                pair(on, $first, then).await;
            }
        })*
    };
}

pairs! {
    an_assign_bears_company: "assign" then "void", "void and delete", "drop", "activate", "assign", "the same";
    an_activation_bears_company: "activate" then "void", "void and delete", "drop", "assign", "the same";
    a_drop_bears_company: "drop" then "void", "void and delete", "activate", "assign", "the same";
    a_void_bears_company: "void" then "void and delete", "drop", "activate", "assign", "the same";
}
