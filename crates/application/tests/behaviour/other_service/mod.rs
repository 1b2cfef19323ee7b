//! The other service writes to the same rows, in the middle of our sagas: at each of their calls
//! outside, and, on Postgres, truly at once.

mod at_once;
mod between;
mod closing;
mod hand;

use crate::traces::Stage;
use crate::world::{ADMIN, Ground, pupil, students};
use course_seats_application::App;
use course_seats_application::use_cases::courses::void_course;
use course_seats_application::use_cases::enrolments::activate_enrolments;
use course_seats_application::use_cases::seats::{ItemStatus, assign_seats, drop_seats};
use course_seats_domain::ids::SeatId;
use hand::Deed;
use std::sync::Arc;

/// What we are doing meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    Assign,
    Activate,
    Drop,
}

impl Act {
    async fn prepare(self, stage: &Stage) -> (Ground, Option<SeatId>) {
        let ground = stage.world.ground(3).await;
        if self == Self::Assign {
            return (ground, None);
        }
        stage.world.claimed(ground.course, 1).await;
        if self == Self::Drop {
            activate_enrolments(&stage.world.app, &pupil(1)).await.unwrap();
        }
        let seats = stage.world.seats(ground.course).await;
        let taken = seats.iter().find(|seat| seat.enrolment.is_some()).unwrap().id;
        stage.world.settled().await;
        (ground, Some(taken))
    }

    /// Does it. There is an answer, whatever the other service does.
    async fn call(self, app: Arc<App>, ground: Ground, seat: Option<SeatId>) -> Vec<ItemStatus> {
        let course = ground.course;
        match self {
            Self::Assign => match assign_seats(&app, ADMIN, course, students(1)).await {
                Ok(results) => results.iter().map(|result| result.status).collect(),
                // Refused before anything was begun.
                Err(refused) => {
                    assert!(!refused.to_string().contains("database"), "{refused}");
                    vec![ItemStatus::Failed]
                }
            },
            Self::Activate => {
                let results = activate_enrolments(&app, &pupil(1)).await.unwrap();
                results.iter().map(|result| result.status).collect()
            }
            Self::Drop => {
                let results = drop_seats(&app, ADMIN, course, vec![seat.unwrap()]).await.unwrap();
                results.iter().map(|result| result.status).collect()
            }
        }
    }

    /// The answer is what the rows say.
    fn told_the_truth(self, stage: &Stage, answer: &[ItemStatus]) {
        let done = answer.contains(&ItemStatus::Done);
        match self {
            // Only ours have the column.
            Self::Assign => {
                let ours = stage.world.count("course_enrolment WHERE grant_amount IS NOT NULL");
                assert_eq!(ours, usize::from(done), "{answer:?}");
            }
            Self::Activate => {
                let live = "course_enrolment WHERE activated_at IS NOT NULL AND NOT is_dropped";
                assert!(!done || stage.world.count(live) == 1, "{answer:?}");
            }
            Self::Drop => {
                let live = stage.world.count("course_enrolment WHERE NOT is_dropped");
                assert_eq!(live, 0, "{answer:?}");
            }
        }
    }
}

/// All is well in the end. What the other service has voided, we close.
async fn ends_well(stage: Stage, ground: Ground, deed: Deed) {
    stage.world.settled().await;
    if deed == Deed::VoidsTheCourse {
        void_course(&stage.world.app, ADMIN, ground.course).await.unwrap();
    }
    stage.ends_well().await;
}
