//! A step that panics says nothing about its effect; an owner that sleeps too long changes nothing
//! when it wakes.

use crate::acts::Blind;
use crate::world::World;
use async_trait::async_trait;
use course_seats_application::ports::{
    Accounting, AuthError, Caller, Freshness, IdentityProvider, Lease, PortError, UserProfile,
};
use course_seats_application::{App, Ports};
use course_seats_domain::group::{GroupId, GroupName};
use course_seats_domain::ids::{LabId, ProjectId, UserId};
use course_seats_domain::values::Credits;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};

#[derive(Debug, Clone, Copy, PartialEq)]
enum Mood {
    PanicsBefore,
    PanicsAfter,
    SleepsBefore,
    SleepsAfter,
}

/// An outside whose n-th write meets its caller in a mood.
struct Moody {
    mood: Mood,
    calls_left: AtomicI32,
    sleep: std::time::Duration,
    ports: Ports,
}

impl Moody {
    async fn write<T: Send>(
        &self,
        call: impl Future<Output = Result<T, PortError>> + Send,
    ) -> Result<T, PortError> {
        let its_turn = self.calls_left.fetch_sub(1, Ordering::SeqCst) == 0;
        match self.mood {
            Mood::PanicsBefore if its_turn => panic!("before the effect, as the test wants it"),
            Mood::SleepsBefore if its_turn => self.ports.clock.sleep(self.sleep).await,
            _ => {}
        }
        let result = call.await;
        match self.mood {
            Mood::PanicsAfter if its_turn => panic!("after the effect, as the test wants it"),
            Mood::SleepsAfter if its_turn => self.ports.clock.sleep(self.sleep).await,
            _ => {}
        }
        result
    }
}

#[async_trait]
impl IdentityProvider for Moody {
    async fn authenticate(&self, token: &str, how: Freshness) -> Result<Caller, AuthError> {
        self.ports.identity.authenticate(token, how).await
    }
    async fn create_group(&self, name: &GroupName, lease: &Lease) -> Result<GroupId, PortError> {
        self.write(self.ports.identity.create_group(name, lease)).await
    }
    async fn find_group(&self, name: &GroupName) -> Result<Option<GroupId>, PortError> {
        self.ports.identity.find_group(name).await
    }
    async fn delete_group(&self, group: &GroupId, lease: &Lease) -> Result<(), PortError> {
        self.write(self.ports.identity.delete_group(group, lease)).await
    }
    async fn members(&self, group: &GroupId) -> Result<Vec<UserId>, PortError> {
        self.ports.identity.members(group).await
    }
    async fn join(&self, user: UserId, group: &GroupId, lease: &Lease) -> Result<(), PortError> {
        self.write(self.ports.identity.join(user, group, lease)).await
    }
    async fn leave(&self, user: UserId, group: &GroupId, lease: &Lease) -> Result<(), PortError> {
        self.write(self.ports.identity.leave(user, group, lease)).await
    }
    async fn user(&self, user: UserId) -> Result<Option<UserProfile>, PortError> {
        self.ports.identity.user(user).await
    }
    async fn ready(&self) -> Result<(), PortError> {
        self.ports.identity.ready().await
    }
}

#[async_trait]
impl Accounting for Moody {
    async fn open_lab(&self, lab: LabId, name: &str, lease: &Lease) -> Result<(), PortError> {
        self.write(self.ports.accounting.open_lab(lab, name, lease)).await
    }
    async fn open_project(
        &self,
        project: ProjectId,
        lab: LabId,
        name: &str,
        lease: &Lease,
    ) -> Result<(), PortError> {
        self.write(self.ports.accounting.open_project(project, lab, name, lease)).await
    }
    async fn grant(
        &self,
        project: ProjectId,
        amount: Credits,
        lease: &Lease,
    ) -> Result<(), PortError> {
        self.write(self.ports.accounting.grant(project, amount, lease)).await
    }
    async fn project_balance(&self, project: ProjectId) -> Result<Credits, PortError> {
        self.ports.accounting.project_balance(project).await
    }
    async fn lab_balance(&self, lab: LabId) -> Result<Credits, PortError> {
        self.ports.accounting.lab_balance(lab).await
    }
    async fn deplete_project(
        &self,
        project: ProjectId,
        lease: &Lease,
    ) -> Result<Credits, PortError> {
        self.write(self.ports.accounting.deplete_project(project, lease)).await
    }
    async fn deplete_lab(&self, lab: LabId, lease: &Lease) -> Result<Credits, PortError> {
        self.write(self.ports.accounting.deplete_lab(lab, lease)).await
    }
}

/// The most writes outside that one of the acts makes, and one more.
const WRITES: i32 = 8;

async fn survives(name: &str, mood: Mood) {
    for call in 0..WRITES {
        let world = World::new().await;
        let act = Blind::ready(name, &world).await;
        world.settled().await;
        println!("{name} {mood:?} at write {call}");
        let moody = Arc::new(Moody {
            mood,
            calls_left: AtomicI32::new(call),
            sleep: world.settings.saga_lease + world.settings.saga_lease / 2,
            ports: world.ports.clone(),
        });
        let ports =
            Ports { identity: moody.clone(), accounting: moody.clone(), ..world.ports.clone() };
        // The world's own app is the other replica: it takes over what the moody one lets go.
        let app = App::new(ports, world.settings.clone());
        app.start_reconcilers();
        act.call(&app, world.owner()).await;
        let asleep = matches!(mood, Mood::SleepsBefore | Mood::SleepsAfter);
        if asleep {
            // Until it has woken, and stopped.
            app.begin_shutdown();
            app.drained().await;
        }
        world.settled().await;
        world.audit();
        world.looked_at().await;
        world.audit();
        for app in [app, world.app] {
            app.begin_shutdown();
            app.drained().await;
        }
    }
}

macro_rules! moods {
    ($($name:ident: $act:literal;)*) => {$(
        mod $name {
            use super::{Mood, survives};

            #[tokio::test(flavor = "multi_thread")]
            async fn survives_a_panic() {
                survives($act, Mood::PanicsBefore).await;
                survives($act, Mood::PanicsAfter).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn survives_an_owner_that_sleeps_and_wakes() {
                survives($act, Mood::SleepsBefore).await;
                survives($act, Mood::SleepsAfter).await;
            }
        }
    )*};
}

moods! {
    create_lab: "create lab";
    create_project: "create project";
    accept_invite: "accept invite";
    create_course: "create course";
    assign: "assign";
    activate: "activate";
    drop: "drop";
    void: "void";
    delete: "delete";
    end: "end";
}
