//! `kill -9` in the middle of an assign that was sent with a key, and the same request again after
//! the restart, with everything embedded.

#[path = "support/audit.rs"]
mod audit;
#[path = "support/binary.rs"]
mod binary;
#[path = "support/place.rs"]
mod place;
#[path = "support/repeat.rs"]
mod repeat;

use place::Place;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_kill_the_same_key_tells_what_became_of_each_student() {
    for assigned_before in repeat::MOMENTS {
        let place = Place::new(repeat::IMPATIENT).unwrap();
        let round = async {
            let serving = place.serve(repeat::LATENCY_MS).await?;
            let another = async || place.serve(0).await;
            let serving = repeat::killed_and_repeated(serving, assigned_before, another).await?;
            serving.stop().await
        };
        if let Err(wrong) = round.await {
            println!("{}", place.log());
            panic!("with {assigned_before} assigned before the kill: {wrong}");
        }
    }
}
