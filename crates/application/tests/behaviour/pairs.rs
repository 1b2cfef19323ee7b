//! Two operations on the same course at once: the second arrives while one call outside of the first
//! is held up, on its way there or on its way back; each of them in turn.

use crate::database::{On, on_each_database};
use crate::moody::{Mood, Moody, Which};
use crate::together::{Case, together};
use crate::wire::Gate;
use crate::world::{ADMIN, World, pupil, settings};
use course_seats_application::App;
use course_seats_application::use_cases::courses::{DeleteCourseError, delete_course, void_course};
use course_seats_application::use_cases::enrolments::{activate_enrolments, claim_enrolment};
use course_seats_application::use_cases::seats::{
    AssignError, ItemStatus, assign_seats, drop_seats,
};
use course_seats_domain::ids::{CourseId, EnrolmentId, SeatId};
use course_seats_domain::values::{EmailAddress, StudentId};
use std::sync::Arc;
use tokio::runtime::Handle;

/// What is done to the course, and to its students: `own` is the first operation's; one who has
/// claimed and one who is activated are there beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    Assign,
    Activate,
    Drop,
    Void,
    VoidAndDelete,
    /// Whatever the first one does.
    TheSame,
}

const OWN: &str = "own";
const CLAIMED: &str = "claimed";
const ACTIVATED: &str = "activated";
const LATER: &str = "later";

fn a_student(name: &str) -> (StudentId, EmailAddress) {
    (name.parse().unwrap(), format!("{name}@students.example").parse().unwrap())
}

/// The stage on which two acts meet.
struct Pair {
    world: World,
    moody: Arc<Moody>,
    course: CourseId,
    first: Act,
}

/// What was answered to one act.
#[derive(Debug, Default)]
struct Told {
    assigned: Vec<ItemStatus>,
    not_assigned: Option<AssignError>,
    activated: Vec<(EnrolmentId, ItemStatus)>,
    dropped: Vec<(EnrolmentId, ItemStatus)>,
    deleted: bool,
}

impl Pair {
    async fn ready(on: On, first: Act, then: Act) -> Self {
        let world = World::idle(on, settings()).await;
        let moody = Moody::on(&world.ports, &world.sandbox.accounting);
        let app = App::new(moody.ports(), world.settings.clone());
        app.start_reconcilers();
        let world = World { app, ..world };
        let course = world.ground(6).await.course;
        let pair = Self { world, moody, course, first };
        let names = [CLAIMED, ACTIVATED, OWN];
        let names = if first == Act::Assign { &names[..2] } else { &names[..] };
        let students = names.iter().map(|name| a_student(name)).collect();
        let app = &pair.world.app;
        assign_seats(app, ADMIN, course, students).await.unwrap();
        for (user, name) in (1..).zip(names) {
            claim_enrolment(app, &pupil(user), pair.enrolment(name), None).await.unwrap();
            // Who is not yet in can be let in while he is dropped.
            let own_comes_in = match first {
                Act::Drop => then != Act::Activate,
                first => first == Act::Void,
            };
            if *name == ACTIVATED || *name == OWN && own_comes_in {
                activate_enrolments(app, &pupil(user)).await.unwrap();
            }
        }
        pair.world.settled().await;
        pair.moody.begin(None);
        pair
    }

    fn enrolment(&self, student: &str) -> EnrolmentId {
        self.world.only("id", &format!("course_enrolment WHERE student_id = '{student}'"))
    }

    fn is_dropped(&self, enrolment: EnrolmentId) -> bool {
        self.world.count(&format!("course_enrolment WHERE id = '{enrolment}' AND NOT is_dropped"))
            == 0
    }

    /// The seats of these students, as far as they have one.
    async fn seats_of(&self, students: &[&str]) -> Vec<(SeatId, EnrolmentId)> {
        let ids: Vec<String> = students.iter().map(|name| format!("'{name}'")).collect();
        let sql = format!(
            "SELECT json_array(s.id, e.id) AS line FROM seat s \
             JOIN course_enrolment e ON e.id = s.enrolment_id WHERE e.student_id IN ({})",
            ids.join(", ")
        );
        let rows = self.world.database.rows(&sql).into_iter();
        rows.map(|row| serde_json::from_value(row.into()).unwrap()).collect()
    }

    /// Does it beside the test.
    async fn start(&self, act: Act, is_second: bool) -> tokio::task::JoinHandle<Told> {
        let (app, course) = (Arc::clone(&self.world.app), self.course);
        let the_same = act == Act::TheSame;
        let act = if the_same { self.first } else { act };
        let seats = match is_second && !the_same {
            true => self.seats_of(&[ACTIVATED, OWN]).await,
            false => self.seats_of(&[OWN]).await,
        };
        let student = if is_second && !the_same { LATER } else { OWN };
        let users: &[u8] = if is_second && !the_same { &[1, 3] } else { &[3] };
        Handle::current().spawn(async move {
            let mut told = Told::default();
            match act {
                Act::Assign => {
                    let students = vec![a_student(student)];
                    match assign_seats(&app, ADMIN, course, students).await {
                        Ok(results) => {
                            told.assigned = results.iter().map(|it| it.status).collect();
                        }
                        Err(refused) => told.not_assigned = Some(refused),
                    }
                }
                Act::Activate => {
                    for user in users {
                        let results = activate_enrolments(&app, &pupil(*user)).await.unwrap();
                        told.activated.extend(results.iter().map(|it| (it.enrolment, it.status)));
                    }
                }
                Act::Drop => {
                    let ids = seats.iter().map(|(seat, _)| *seat).collect();
                    let results = drop_seats(&app, ADMIN, course, ids).await.unwrap();
                    let statuses = results.iter().map(|it| it.status);
                    told.dropped = seats.iter().map(|(_, whom)| *whom).zip(statuses).collect();
                }
                Act::Void => drop(void_course(&app, ADMIN, course).await.unwrap()),
                Act::VoidAndDelete => {
                    let process = Arc::clone(&app);
                    let void = Handle::current()
                        .spawn(async move { void_course(&process, ADMIN, course).await.unwrap() });
                    // Until it is voided a delete is refused.
                    told.deleted = loop {
                        match delete_course(&app, ADMIN, course).await {
                            Err(DeleteCourseError::Active) => tokio::task::yield_now().await,
                            answer => break answer.is_ok(),
                        }
                    };
                    void.await.unwrap();
                }
                Act::TheSame => {}
            }
            told
        })
    }

    /// How often it is on paper that such a thing was begun.
    fn begun(&self, act: Act) -> usize {
        let act = if act == Act::TheSame { self.first } else { act };
        self.world.count(match act {
            Act::Assign => "audit_entry WHERE action = 'assign_seats'",
            Act::Activate => "saga WHERE kind = 'activate'",
            Act::Drop => "audit_entry WHERE action = 'drop_seats'",
            Act::Void => "audit_entry WHERE action = 'void_course'",
            Act::VoidAndDelete => "audit_entry WHERE action = 'delete_course'",
            Act::TheSame => panic!("as what?"),
        })
    }

    fn completed(&self, kind: &str) -> usize {
        self.world.count(&format!("saga WHERE kind = '{kind}' AND status = 'completed'"))
    }

    /// How often a call has dropped this one: the drops of a closing are of no request.
    fn dropped_by_a_call(&self, enrolment: EnrolmentId) -> usize {
        self.world.count(&format!(
            "saga WHERE kind = 'drop_seat' AND subject = 'enrolment:{enrolment}' \
             AND status = 'completed' AND request_id IS NOT NULL"
        ))
    }

    /// Both answers say what the ledger and the rows say. `before`: how many assigns and activations
    /// there were.
    fn told_the_truth(&self, both: &[Told; 2], before: (usize, usize)) {
        let done = |status: &&ItemStatus| **status == ItemStatus::Done;
        let assigned: Vec<ItemStatus> =
            both.iter().flat_map(|told| told.assigned.iter().copied()).collect();
        assert!(!assigned.contains(&ItemStatus::Pending), "{both:?}");
        let settled = self.completed("assign_seat") - before.0;
        assert_eq!(assigned.iter().filter(done).count(), settled, "{both:?}");
        let activated: Vec<ItemStatus> =
            both.iter().flat_map(|told| told.activated.iter().map(|(_, status)| *status)).collect();
        let settled = self.completed("activate") - before.1;
        assert_eq!(activated.iter().filter(done).count(), settled, "{both:?}");
        let dropped: Vec<&(EnrolmentId, ItemStatus)> =
            both.iter().flat_map(|told| &told.dropped).collect();
        for (enrolment, status) in &dropped {
            assert_ne!(*status, ItemStatus::Pending, "{both:?}");
            // What is not dropped by this one is by somebody else.
            assert!(self.is_dropped(*enrolment), "{status:?}: {both:?}");
            let told = dropped.iter().filter(|it| ***it == (*enrolment, ItemStatus::Done)).count();
            assert_eq!(told, self.dropped_by_a_call(*enrolment), "{both:?}");
        }
        if both.iter().any(|told| told.deleted) {
            assert_eq!(self.world.count("course"), 0);
        }
    }

    /// What was not settled when the course was voided never is: `settled` is how often the first had
    /// been by then.
    fn a_void_was_final(&self, then: Act, first: &Told, settled: usize) {
        if !matches!(then, Act::Void | Act::VoidAndDelete) {
            return;
        }
        let activated = first.activated.iter().map(|(_, status)| status);
        let done = first.assigned.iter().chain(activated);
        let done = done.filter(|status| **status == ItemStatus::Done).count();
        assert_eq!(done, settled, "{first:?}");
    }

    /// The second one did what it was for, if the first left room for it.
    fn has_happened(&self, then: Act, told: &[Told; 2]) {
        let [first, second] = told;
        let rows = |what: &str| self.world.count(what);
        let is_done = |of: &[(EnrolmentId, ItemStatus)], whom: &str| {
            of.contains(&(self.enrolment(whom), ItemStatus::Done))
        };
        match then {
            Act::Void => {
                assert_eq!(rows("course WHERE status = 'VOIDED' AND budget_depleted"), 1);
                assert_eq!(rows("course_enrolment WHERE NOT is_dropped"), 0);
            }
            Act::VoidAndDelete => assert_eq!(rows("course"), 0),
            // Each student once, whoever does it.
            Act::Drop if self.first == Act::Void => assert_eq!(self.completed("drop_seat"), 3),
            Act::Drop => assert!(is_done(&second.dropped, ACTIVATED), "{second:?}"),
            Act::Activate if self.first == Act::Void => {
                assert!(!second.activated.iter().any(|(_, status)| *status == ItemStatus::Done));
            }
            Act::Activate => assert!(is_done(&second.activated, CLAIMED), "{second:?}"),
            Act::Assign if self.first == Act::Void => {
                assert!(matches!(second.not_assigned, Some(AssignError::Refused(_))), "{second:?}");
            }
            Act::Assign => assert_eq!(second.assigned, [ItemStatus::Done], "{second:?}"),
            Act::TheSame => match self.first {
                Act::Assign => {
                    assert_eq!(rows(&format!("course_enrolment WHERE student_id = '{OWN}'")), 1);
                }
                Act::Activate => {
                    assert!(is_done(&first.activated, OWN), "{first:?}");
                    assert_eq!(rows("course_enrolment WHERE activated_at IS NOT NULL"), 2);
                }
                Act::Drop => {
                    assert!(is_done(&first.dropped, OWN), "{first:?}");
                    assert_eq!(second.dropped.len(), 1);
                    assert_eq!(self.completed("drop_seat"), 1);
                    assert_eq!(rows("seat WHERE previously_dropped AND NOT is_consumed"), 1);
                }
                _ => self.has_happened(Act::Void, told),
            },
        }
    }

    async fn close(self) {
        self.world.app.begin_shutdown();
        self.world.app.drained().await;
    }
}

/// How many calls the first one makes when it is alone.
async fn calls(on: On, first: Act, then: Act) -> usize {
    let pair = Pair::ready(on, first, then).await;
    pair.start(first, false).await.await.unwrap();
    pair.world.settled().await;
    let calls = pair.moody.made().len();
    pair.close().await;
    assert_ne!(calls, 0);
    calls
}

async fn meet(on: On, first: Act, then: Act) {
    let calls = calls(on, first, then).await;
    let cases = (0..calls).flat_map(|n| [(n, false), (n, true)]);
    together(cases.map(|(n, after)| {
        move || async move {
            let pair = Pair::ready(on, first, then).await;
            let _case =
                Case(format!("{first:?}, then {then:?} at call {n}, on its way back: {after}"));
            let before = (pair.completed("assign_seat"), pair.completed("activate"));
            let gate = Gate::default();
            let mood =
                if after { Mood::WaitsAfter(gate.clone()) } else { Mood::Waits(gate.clone()) };
            pair.moody.begin(Some((Which::Any(n), mood)));
            let one = pair.start(first, false).await;
            pair.world.eventually("the call is made", async || gate.is_reached()).await;
            let begun = pair.begun(then);
            let now = (pair.completed("assign_seat"), pair.completed("activate"));
            let settled = now.0 - before.0 + now.1 - before.1;
            let other = pair.start(then, true).await;
            let arrived = async || other.is_finished() || pair.begun(then) > begun;
            pair.world.eventually("the second has arrived", arrived).await;
            gate.open();
            let told = [one.await.unwrap(), other.await.unwrap()];
            pair.world.settled().await;
            pair.told_the_truth(&told, before);
            pair.a_void_was_final(then, &told[0], settled);
            pair.has_happened(then, &told);
            pair.world.audit();
            pair.world.looked_at().await;
            pair.world.audit();
            pair.close().await;
        }
    }))
    .await;
}

macro_rules! pairs {
    ($($name:ident: $first:ident then $($then:ident),+;)*) => {
        on_each_database! { $($name,)* }
        $(async fn $name(on: On) {
            for then in [$(Act::$then),+] {
                meet(on, Act::$first, then).await;
            }
        })*
    };
}

pairs! {
    an_assign_bears_company: Assign then Void, VoidAndDelete, Drop, Activate, Assign, TheSame;
    an_activation_bears_company: Activate then Void, VoidAndDelete, Drop, Assign, TheSame;
    a_drop_bears_company: Drop then Void, VoidAndDelete, Activate, Assign, TheSame;
    a_void_bears_company: Void then VoidAndDelete, Drop, Activate, Assign, TheSame;
}
