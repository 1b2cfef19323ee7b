//! An assign with a key on one replica, which is killed, and the same request again on another, which
//! was there all the time.

use crate::binary::ready;
use crate::parts::Parts;
use crate::repeat;
use course_seats::demo::Wrong;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_replica_tells_what_became_of_each_student_of_a_killed_one() {
    let parts = Parts::start().await;
    parts.migrate();
    let latency = Duration::from_millis(repeat::LATENCY_MS);
    parts.accounting(|stand_in| stand_in.set_latency(latency));
    let mut other = parts.serve("other.log", repeat::IMPATIENT).await.unwrap();
    ready(&other.client).await.unwrap();
    for assigned_before in repeat::MOMENTS {
        let log = format!("one-{assigned_before}.log");
        let round = async {
            let one = parts.serve(&log, repeat::IMPATIENT).await?;
            ready(&one.client).await?;
            repeat::killed_and_repeated(one, assigned_before, async || Ok(other)).await
        };
        other = match round.await {
            Ok(other) => other,
            Err(wrong) => {
                let wrong: Wrong = wrong;
                println!("{}\n{}", parts.log(&log), parts.log("other.log"));
                panic!("with {assigned_before} assigned before the kill: {wrong}");
            }
        };
    }
    other.stop().await.unwrap();
}
