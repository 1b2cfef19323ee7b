//! `kill -9` in the middle of an assign or a drop, with everything embedded, and after the restart the
//! same request with the same key, or a look at the job.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that does not find what it needs has failed"
)]

#[path = "support/audit.rs"]
mod audit;
#[path = "support/binary.rs"]
mod binary;
#[path = "support/place.rs"]
mod place;
#[path = "support/repeat.rs"]
mod repeat;

use place::Place;
use repeat::Asked;

async fn play(rounds: &[Asked]) {
    for asked in rounds {
        let place = Place::new(repeat::IMPATIENT).unwrap();
        let round = async {
            let serving = place.serve(repeat::LATENCY_MS).await?;
            let another = async || place.serve(0).await;
            let serving = repeat::killed_and_asked_again(serving, *asked, another).await?;
            serving.stop().await
        };
        if let Err(wrong) = round.await {
            println!("{}", place.log());
            panic!("killed in {asked:?}: {wrong}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_kill_the_same_key_tells_what_became_of_each_student() {
    play(repeat::ASSIGNS).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_kill_the_job_tells_what_became_of_each_student() {
    play(repeat::JOBS).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_kill_the_same_key_tells_who_was_dropped() {
    play(repeat::DROPS).await;
}
