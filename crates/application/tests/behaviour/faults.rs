//! Every call outside of every saga goes wrong in every way; afterwards, and after every late
//! look, the audit is clean and the answer told the truth.

use crate::world::{ADMIN, Ground, World, profile, pupil};
use chrono::TimeDelta;
use course_seats_application::ports::Caller;
use course_seats_application::use_cases::courses::{delete_course, void_course};
use course_seats_application::use_cases::enrolments::activate_enrolments;
use course_seats_application::use_cases::labs::{
    NewProject, accept_invite, create_lab, create_project, send_invite,
};
use course_seats_application::use_cases::operations::expire_courses;
use course_seats_application::use_cases::seats::{ItemStatus, assign_seats, drop_seats};
use course_seats_domain::group::GroupRole;
use course_seats_sandbox::{Fault, FaultKind, Operation};

const KINDS: [FaultKind; 7] = [
    FaultKind::Refuse,
    FaultKind::Reject,
    FaultKind::LoseAnswer,
    FaultKind::Late,
    FaultKind::ServerError,
    FaultKind::Garbage,
    FaultKind::NotFound,
];

/// What is done while the fault waits.
#[derive(Debug, Clone, Copy)]
enum Act {
    CreateLab,
    CreateProject,
    AcceptInvite,
    CreateCourse,
    Assign,
    Activate,
    Drop,
    Void,
    Delete,
    End,
}

impl Act {
    /// The calls that it makes.
    fn operations(self) -> &'static [Operation] {
        use Operation as O;
        match self {
            Self::CreateLab => &[O::CreateGroup, O::Join, O::OpenLab],
            Self::CreateProject => &[O::CreateGroup, O::Join, O::OpenProject],
            Self::AcceptInvite => &[O::Join, O::Members],
            Self::CreateCourse => &[O::Grant, O::ProjectBalance],
            Self::Assign => &[O::CreateGroup, O::Join, O::OpenProject, O::Grant, O::Send],
            Self::Activate => &[O::Join],
            Self::Drop => &[O::Members, O::Leave, O::ProjectBalance, O::DepleteProject],
            Self::Void | Self::End => {
                &[O::Members, O::Leave, O::ProjectBalance, O::DepleteProject, O::DepleteLab]
            }
            Self::Delete => &[O::DepleteLab, O::DeleteGroup],
        }
    }

    /// Everything before the fault.
    async fn prepare(self, world: &World) -> Ground {
        let ground = world.ground(3).await;
        match self {
            Self::CreateLab | Self::CreateProject | Self::Assign => {}
            Self::AcceptInvite | Self::CreateCourse => {}
            Self::Activate => {
                world.claimed(ground.course, 1).await;
            }
            Self::Drop | Self::Void | Self::End | Self::Delete => {
                world.claimed(ground.course, 1).await;
                activate_enrolments(&world.app, &pupil(1)).await.unwrap();
            }
        }
        if matches!(self, Self::End) {
            world.clock.advance(TimeDelta::days(91)).unwrap();
        }
        if matches!(self, Self::Delete) {
            void_course(&world.app, ADMIN, ground.course).await.unwrap();
            world.settled().await;
        }
        world.settled().await;
        ground
    }

    /// The act itself; the answer must be the truth.
    async fn perform(self, world: &World, ground: &Ground) {
        let app = &world.app;
        match self {
            Self::CreateLab => {
                let answer = create_lab(app, &world.owner(), profile("Another")).await;
                world.settled().await;
                assert_eq!(answer.is_ok(), world.count("virtual_lab") == 2, "{answer:?}");
            }
            Self::CreateProject => {
                let new = NewProject { name: "Another".parse().unwrap(), description: None };
                let answer = create_project(app, &world.owner(), ground.lab, new).await;
                world.settled().await;
                assert_eq!(answer.is_ok(), world.count("project") == 2, "{answer:?}");
            }
            Self::AcceptInvite => {
                let answer = invite_and_accept(world, ground, &pupil(3)).await;
                world.settled().await;
                let accepted = world.count("virtual_lab_invite WHERE accepted") == 1;
                assert_eq!(answer.is_ok(), accepted, "{answer:?}");
            }
            Self::CreateCourse => {
                let lab = create_lab(app, &world.owner(), profile("Another")).await.unwrap();
                world.course_on(lab.id, "Another").await;
            }
            Self::Assign => {
                let answer =
                    assign_seats(app, ADMIN, ground.course, crate::world::students(2)).await;
                world.settled().await;
                let done = answer.map_or(0, |results| {
                    results.iter().filter(|result| result.status == ItemStatus::Done).count()
                });
                assert_eq!(done, world.count("course_enrolment"));
            }
            Self::Activate => {
                let answer = activate_enrolments(app, &pupil(1)).await.unwrap();
                world.settled().await;
                let done = answer.iter().filter(|result| result.status == ItemStatus::Done).count();
                let rows = world.count("course_enrolment WHERE activated_at IS NOT NULL");
                assert_eq!(done, rows, "{answer:?}");
            }
            Self::Drop => {
                let seat = world.seats(ground.course).await;
                let seat = seat.into_iter().find(|seat| seat.enrolment.is_some()).unwrap();
                let answer =
                    drop_seats(app, ADMIN, ground.course, vec![seat.id]).await.unwrap().remove(0);
                assert_ne!(answer.status, ItemStatus::Failed, "{answer:?}");
                world.settled().await;
                assert_eq!(world.count("course_enrolment WHERE is_dropped"), 1);
                // Nothing was spent: whatever went wrong, the seat comes back.
                let seats = world.seats(ground.course).await;
                assert!(seats.iter().all(|seat| seat.enrolment.is_none()), "{seats:?}");
            }
            Self::Void => {
                void_course(app, ADMIN, ground.course).await.unwrap();
            }
            Self::Delete => {
                // Not done when the answer is due is no harm: it goes on by itself.
                let _ = delete_course(app, ADMIN, ground.course).await;
                world.settled().await;
                assert_eq!(world.count("course"), 0);
            }
            Self::End => {
                expire_courses(app, ADMIN).await.unwrap();
            }
        }
        world.settled().await;
    }
}

async fn invite_and_accept(
    world: &World,
    ground: &Ground,
    caller: &Caller,
) -> Result<(), course_seats_application::use_cases::labs::InviteError> {
    let email = caller.email.clone().unwrap();
    let owner = world.owner();
    send_invite(&world.app, &owner, ground.lab, email, GroupRole::Admin).await.unwrap();
    let token = &world.last_token();
    accept_invite(&world.app, caller, token).await.map(|_| ())
}

impl World {
    pub fn count(&self, what: &str) -> usize {
        crate::audit::count(&self.database, what)
    }
}

/// One act with each of its calls going wrong in each way, the first and the second such call.
async fn matrix(act: Act) {
    let cases = act
        .operations()
        .iter()
        .flat_map(|operation| KINDS.map(|kind| (*operation, kind)))
        .flat_map(|(operation, kind)| [0, 1].map(|after| (operation, kind, after)));
    let mut run = 0;
    for (operation, kind, after) in cases {
        if !operation.is_write() && !matches!(kind, FaultKind::Refuse | FaultKind::ServerError) {
            continue;
        }
        run += 1;
        let world = World::new().await;
        let ground = act.prepare(&world).await;
        let fault = Fault { after, late_ms: 700, ..Fault::once(operation, kind) };
        world.sandbox.faults.inject(fault).unwrap();
        let case = format!("{act:?}: {operation:?} call {after} {kind:?}");
        println!("{case}");
        act.perform(&world, &ground).await;
        // What is late lands before the first look.
        tokio::time::timeout(std::time::Duration::from_secs(20), async {
            if kind == FaultKind::Late {
                use course_seats_application::ports::Clock;
                world.clock.sleep(std::time::Duration::from_millis(800)).await;
            }
            world.looked_at().await;
        })
        .await
        .unwrap_or_else(|_| {
            panic!("{case}: not settled\n{}", crate::audit::all_sagas(&world.database))
        });
        world.audit();
        world.app.begin_shutdown();
        world.app.drained().await;
    }
    println!("{act:?}: {run} cases");
}

macro_rules! matrices {
    ($($name:ident: $act:ident;)*) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            matrix(Act::$act).await;
        }
    )*};
}

matrices! {
    create_lab_survives_every_fault: CreateLab;
    create_project_survives_every_fault: CreateProject;
    accept_invite_survives_every_fault: AcceptInvite;
    fund_template_survives_every_fault: CreateCourse;
    assign_survives_every_fault: Assign;
    activate_survives_every_fault: Activate;
    drop_survives_every_fault: Drop;
    void_survives_every_fault: Void;
    delete_survives_every_fault: Delete;
    end_survives_every_fault: End;
}
