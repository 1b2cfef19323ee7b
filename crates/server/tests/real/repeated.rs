//! An assign or a drop on one replica, which is killed, and then another one, which was there all the
//! time, is asked what became of it.

use crate::binary::ready;
use crate::parts::Parts;
use crate::repeat::{self, Asked};
use course_seats::demo::Wrong;
use std::time::Duration;

async fn play(rounds: &[Asked]) {
    let parts = Parts::start().await;
    parts.migrate();
    let latency = Duration::from_millis(repeat::LATENCY_MS);
    parts.accounting(|stand_in| stand_in.set_latency(latency));
    let mut other = parts.serve("other.log", repeat::IMPATIENT).await.unwrap();
    ready(&other.client).await.unwrap();
    for (number, asked) in rounds.iter().enumerate() {
        let log = format!("one-{number}.log");
        let round = async {
            let one = parts.serve(&log, repeat::IMPATIENT).await?;
            ready(&one.client).await?;
            repeat::killed_and_asked_again(one, *asked, async || Ok(other)).await
        };
        other = match round.await {
            Ok(other) => other,
            Err(wrong) => {
                let wrong: Wrong = wrong;
                println!("{}\n{}", parts.log(&log), parts.log("other.log"));
                panic!("killed in {asked:?}: {wrong}");
            }
        };
    }
    other.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_replica_tells_what_became_of_each_student_of_a_killed_one() {
    play(repeat::ASSIGNS).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_replica_tells_of_the_job_of_a_killed_one() {
    play(repeat::JOBS).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_replica_tells_who_was_dropped_by_a_killed_one() {
    play(repeat::DROPS).await;
}
