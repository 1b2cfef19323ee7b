//! The traces that break a ledger with one sentence less: one test each, as they were found. "The
//! other service" is the one that serves the same database during a switch-over.

mod activations;
mod assigns;
mod closings;
mod drops;
mod found_by_reading;
mod found_by_simulation;

use crate::database::On;
use crate::shaky::Shaky;
use crate::wire::Wire;
use crate::world::{Ground, World};
use chrono::TimeDelta;
use course_seats_application::ports::Accounting;
use course_seats_application::settings::Settings;
use course_seats_application::{App, Ports};
use course_seats_domain::enrolment::Enrolment;
use course_seats_domain::ids::{EnrolmentId, ProjectId};
use course_seats_domain::values::Credits;
use std::sync::Arc;
use tokio::task::JoinHandle;

/// A world whose wire to the outside and whose database are in the hands of the test.
pub struct Stage {
    pub world: World,
    pub wire: Arc<Wire>,
    pub shaky: Arc<Shaky>,
}

impl Stage {
    /// Its app has reconcilers.
    pub async fn new(on: On) -> Self {
        let world = World::without_reconcilers(on).await;
        let wire = Wire::to(&world.ports);
        let shaky = Shaky::on(Arc::clone(&world.ports.store));
        let ports = Ports {
            identity: wire.clone(),
            accounting: wire.clone(),
            store: shaky.clone(),
            ..world.ports.clone()
        };
        let app = App::new(ports.clone(), world.settings.clone());
        app.start_reconcilers();
        Self { world: World { app, ports, ..world }, wire, shaky }
    }

    /// Another process, without reconcilers, with a database connection of its own.
    fn with_own_database(&self, settings: Settings) -> (Arc<App>, Arc<Shaky>) {
        let shaky = Shaky::on(Arc::clone(&self.world.ports.store));
        let ports = Ports { store: shaky.clone(), ..self.world.ports.clone() };
        (App::new(ports, settings), shaky)
    }

    /// Until this holds.
    pub async fn until(&self, what: &str, check: impl Fn() -> bool) {
        self.world.eventually(what, async || check()).await;
    }

    /// Turns the clock, and waits until every look that is due then is over.
    async fn look(&self, after: TimeDelta) {
        self.world.settled().await;
        self.world.clock.advance(after).unwrap();
        let what = "every look that is due is over";
        self.world
            .eventually(what, async || {
                self.world.app.wake_reconcilers();
                let due = crate::audit::looks_due(&self.world.database, self.world.now());
                due == 0 && self.world.count("saga WHERE looking") == 0
            })
            .await;
    }

    /// After every look all is well.
    pub async fn ends_well(self) {
        self.world.settled().await;
        self.world.looked_at().await;
        self.world.audit();
        self.world.app.begin_shutdown();
    }

    /// The other service writes to the database.
    pub fn sql(&self, sql: &str) {
        self.world.database.execute(sql);
    }

    async fn balance(&self, project: ProjectId) -> Credits {
        self.world.sandbox.accounting.project_balance(project).await.unwrap()
    }

    async fn enrolment(&self, id: EnrolmentId) -> Enrolment {
        let mut tx = self.world.ports.store.read().await.unwrap();
        tx.enrolment(id).await.unwrap().unwrap()
    }

    /// Whether the n-th student is in the group of this name.
    fn is_in(&self, group: &str, student: u8) -> bool {
        let groups = self.world.sandbox.identity.groups_json();
        let group =
            groups["groups"].as_array().unwrap().iter().find(|found| found["name"] == group);
        let user = course_seats_sandbox::people::student(student).to_string();
        let members = group.unwrap()["members"].as_array().unwrap();
        members.iter().any(|member| member["id"] == user.as_str())
    }
}

fn lab_members(ground: Ground) -> String {
    format!("vlab/{}/member", ground.lab)
}

fn project_members(ground: Ground, project: ProjectId) -> String {
    format!("proj/{}/{project}/member", ground.lab)
}

/// Does something beside the test.
pub fn beside<T: Send + 'static>(call: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
    tokio::runtime::Handle::current().spawn(call)
}
