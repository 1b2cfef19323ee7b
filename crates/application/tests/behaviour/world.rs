//! One embedded service without its web server, in a folder of its own.

use crate::database::{Database, On};
use chrono::{DateTime, TimeDelta, Utc};
use course_seats_application::ports::{Caller, Clock};
use course_seats_application::settings::Settings;
use course_seats_application::use_cases::courses::{NewCourse, activate_course, create_course};
use course_seats_application::use_cases::enrolments::claim_enrolment;
use course_seats_application::use_cases::institutions::{NewInstitution, create_institution};
use course_seats_application::use_cases::labs::{NewProject, create_lab, create_project};
use course_seats_application::use_cases::seats::{
    AssignResult, ItemStatus, assign_seats, provision_seats,
};
use course_seats_application::{App, Ports};
use course_seats_domain::course::{Course, CourseDates};
use course_seats_domain::ids::{CourseId, EnrolmentId, LabId, UserId};
use course_seats_domain::seat::Seat;
use course_seats_domain::values::{EmailAddress, SeatCount, StudentId};
use course_seats_domain::virtual_lab::{ComputeCell, LabProfile};
use course_seats_sandbox::people::{COURSE_LAB_OWNER, student};
use course_seats_sandbox::{Sandbox, SandboxClock, SandboxConfig};
use course_seats_testkit::runtime::{RandomEntropy, TokioSpawner};
use std::sync::Arc;
use std::time::Duration;

pub const ADMIN: &str = "a-service-admin";

pub struct World {
    pub app: Arc<App>,
    pub sandbox: Sandbox,
    pub clock: Arc<SandboxClock>,
    pub settings: Settings,
    pub ports: Ports,
    pub _folder: tempfile::TempDir,
    pub database: Database,
}

/// A course in its first week, on a lab of the course-lab owner.
#[derive(Debug, Clone, Copy)]
pub struct Ground {
    pub lab: LabId,
    pub course: CourseId,
}

/// Limits short enough for a test, in the proportions of the defaults.
pub fn settings() -> Settings {
    let ms = Duration::from_millis;
    Settings {
        outside_timeout: ms(250),
        mail_timeout: ms(2000),
        grant_patience: ms(300),
        answer_deadline: ms(8000),
        saga_lease: ms(1500),
        late_arrival_grace: ms(600),
        reconcile_interval: ms(200),
        retry_max: ms(200),
        outbox_retry_base: ms(50),
        ..Settings::with_defaults(
            COURSE_LAB_OWNER,
            "a secret for tests".to_owned().into(),
            // Tests that want the daily run set a schedule that comes more often.
            "0 0 29 2 *".parse().unwrap(),
        )
    }
}

/// In memory where there is such a folder: many worlds at once would wait for one disk.
fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

impl World {
    pub async fn new(on: On) -> Self {
        Self::with(on, settings()).await
    }

    pub async fn with(on: On, settings: Settings) -> Self {
        let world = Self::idle(on, settings).await;
        world.app.start_reconcilers();
        world
    }

    pub async fn without_reconcilers(on: On) -> Self {
        Self::idle(on, settings()).await
    }

    pub async fn idle(on: On, settings: Settings) -> Self {
        let folder = folder();
        let clock = Arc::new(SandboxClock::open(folder.path()).unwrap());
        let (entropy, spawner) = (Arc::new(RandomEntropy), Arc::new(TokioSpawner::current()));
        let config = SandboxConfig {
            folder: folder.path().to_owned(),
            issuer: "http://127.0.0.1/sandbox/realms/obp-realm".into(),
            latency: Duration::ZERO,
            call_limit: settings.outside_timeout,
            concurrency: 32,
            token_lifetime: Duration::from_secs(1800),
        };
        let sandbox =
            Sandbox::open(config, clock.clone(), entropy.clone(), spawner.clone()).unwrap();
        let (database, store) = Database::open(on, folder.path(), &clock).await;
        let ports = Ports {
            store,
            identity: sandbox.identity.clone(),
            accounting: sandbox.accounting.clone(),
            mailer: sandbox.mailbox.clone(),
            clock: clock.clone(),
            entropy,
            spawner,
        };
        let app = App::new(ports.clone(), settings.clone());
        Self { app, sandbox, clock, settings, ports, _folder: folder, database }
    }

    /// Another replica on the same database and the same outside.
    pub fn replica(&self) -> Arc<App> {
        App::new(self.ports.clone(), self.settings.clone())
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    pub fn owner(&self) -> Caller {
        caller(COURSE_LAB_OWNER, "obi-virtual-lab")
    }

    /// Institution, lab, template, course, dates around now, active, with free seats.
    pub async fn ground(&self, seats: i64) -> Ground {
        let lab = create_lab(&self.app, &self.owner(), profile("Neuro 101")).await.unwrap().id;
        let course = self.course_on(lab, "Template").await;
        activate_course(&self.app, ADMIN, course.id).await.unwrap();
        if seats > 0 {
            let count = SeatCount::new(seats).unwrap();
            provision_seats(&self.app, ADMIN, course.id, count).await.unwrap();
        }
        Ground { lab, course: course.id }
    }

    /// A draft with good dates.
    pub async fn course_on(&self, lab: LabId, template: &str) -> Course {
        let new = NewProject { name: template.parse().unwrap(), description: None };
        let project = create_project(&self.app, &self.owner(), lab, new).await.unwrap().project;
        let institution = NewInstitution {
            name: "EPFL".parse().unwrap(),
            contact_email: "edu@epfl.ch".parse().unwrap(),
        };
        let institution = create_institution(&self.app, ADMIN, institution).await.unwrap();
        let now = self.now();
        let new = NewCourse {
            lab,
            template_project: project.id,
            institution: institution.id,
            dates: CourseDates {
                start: Some(now - TimeDelta::days(1)),
                last_drop: Some(now + TimeDelta::days(10)),
                end: Some(now + TimeDelta::days(90)),
            },
        };
        create_course(&self.app, ADMIN, new).await.unwrap().course
    }

    pub async fn assign(&self, course: CourseId, count: usize) -> Vec<AssignResult> {
        assign_seats(&self.app, ADMIN, course, students(count)).await.unwrap()
    }

    /// Assigns one student and lets `user` claim the place.
    pub async fn claimed(&self, course: CourseId, user: u8) -> EnrolmentId {
        let result = self.assign(course, 1).await.remove(0);
        assert_eq!(result.status, ItemStatus::Done, "{:?}", result.error);
        let enrolment = result.enrolment.unwrap();
        claim_enrolment(&self.app, &pupil(user), enrolment, None).await.unwrap();
        enrolment
    }

    /// The token in the last invitation.
    pub fn last_token(&self) -> String {
        let mail = self.sandbox.mailbox.mailbox_json().to_string();
        let rest = mail.split("invite?token=").nth(1).unwrap();
        rest.split(['\\', '"', ' ']).next().unwrap().to_owned()
    }

    pub async fn seats(&self, course: CourseId) -> Vec<Seat> {
        let mut tx = self.ports.store.read().await.unwrap();
        let listed =
            tx.list_seats(course, self.clock.now(), &Default::default(), None).await.unwrap();
        listed.items.into_iter().map(|view| view.seat).collect()
    }

    /// Waits until no saga is open and no mail is queued.
    pub async fn settled(&self) {
        let what = "every saga is closed and every mail sent";
        self.eventually(what, async || !crate::audit::is_busy(&self.database)).await;
    }

    /// Turns the clock past every late look, and waits until they are done.
    pub async fn looked_at(&self) {
        let grace = TimeDelta::from_std(self.settings.late_arrival_grace).unwrap();
        let first = grace + TimeDelta::seconds(1);
        for after in [first, TimeDelta::minutes(11), TimeDelta::hours(25)] {
            self.settled().await;
            self.clock.advance(after).unwrap();
            self.app.wake_reconcilers();
            let what = "every look that is due is done";
            self.eventually(what, async || {
                crate::audit::looks_due(&self.database, self.now()) == 0
            })
            .await;
        }
        let what = "no look is left";
        self.eventually(what, async || {
            self.app.wake_reconcilers();
            if crate::audit::looks_left(&self.database) == 0 {
                return true;
            }
            // Looks that had to start anew.
            self.clock.advance(TimeDelta::hours(25)).unwrap();
            false
        })
        .await;
    }

    pub async fn eventually(&self, what: &str, check: impl AsyncFn() -> bool) {
        let give_up_at = self.clock.monotonic() + Duration::from_secs(15);
        while self.clock.monotonic() < give_up_at {
            if check().await {
                return;
            }
            self.clock.sleep(Duration::from_millis(15)).await;
        }
        panic!("not within 15 s: {what}\n{}", crate::audit::open_sagas(&self.database));
    }
}

pub fn profile(name: &str) -> LabProfile {
    LabProfile {
        name: name.parse().unwrap(),
        description: "a lab".into(),
        reference_email: None,
        email_verified: false,
        entity: "EPFL".into(),
        compute_cell: ComputeCell::CellA,
    }
}

pub fn students(count: usize) -> Vec<(StudentId, EmailAddress)> {
    (1..=count)
        .map(|n| {
            (format!("S{n}").parse().unwrap(), format!("s{n}@students.example").parse().unwrap())
        })
        .collect()
}

pub fn caller(user: UserId, name: &str) -> Caller {
    Caller {
        subject: user.to_string(),
        user: Some(user),
        username: name.into(),
        full_name: name.into(),
        email: Some(format!("{name}@sandbox.example").parse().unwrap()),
        email_verified: true,
        groups: Arc::default(),
    }
}

/// The n-th student of the sandbox.
pub fn pupil(n: u8) -> Caller {
    caller(student(n), &format!("student-{n}"))
}
