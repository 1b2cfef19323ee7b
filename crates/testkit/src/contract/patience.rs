use std::time::Duration;

/// Asks until the answer is the expected one, for at most ten seconds: some systems commit after
/// they have answered, so only patience proves that something is *not* so.
pub(super) async fn eventually<T: PartialEq + std::fmt::Debug>(
    what: &str,
    expected: T,
    mut ask: impl AsyncFnMut() -> T,
) {
    let mut last = ask().await;
    for _ in 0..500 {
        if last == expected {
            return;
        }
        pause().await;
        last = ask().await;
    }
    assert_eq!(last, expected, "{what}, after ten seconds");
}

#[expect(clippy::disallowed_methods, reason = "the suites poll systems in real time")]
async fn pause() {
    tokio::time::sleep(Duration::from_millis(20)).await;
}
