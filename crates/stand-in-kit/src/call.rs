use crate::answer::Answer;
use crate::fault::FaultKind;
use crate::mood::Mishap;
use crate::time;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::runtime::Handle;

/// The kinds of calls that a stand-in tells apart.
pub trait CallKind: Copy + Ord + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Whether it changes anything.
    fn is_write(self) -> bool;
}

/// A call that was read.
pub struct Call<K> {
    pub(crate) kind: K,
    pub(crate) act: Act,
}

/// What a call does, in one go.
pub(crate) type Act = Box<dyn FnOnce() -> Answer + Send>;

impl<K> Call<K> {
    /// A call of this kind that does this.
    pub fn new(kind: K, act: impl FnOnce() -> Answer + Send + 'static) -> Self {
        Self { kind, act: Box::new(act) }
    }
}

/// Makes a call that goes wrong. `None`: the connection is closed without an answer.
pub(crate) async fn gone_wrong(
    act: Act,
    mishap: Mishap,
    refusal: impl Fn(u16) -> Answer,
) -> Option<Answer> {
    let Mishap { kind, status, delay } = mishap;
    match kind {
        FaultKind::ErrorBefore => Some(refusal(status)),
        FaultKind::ErrorAfter => {
            act();
            Some(refusal(status))
        }
        FaultKind::DropBefore => None,
        FaultKind::DropAfter => {
            act();
            None
        }
        FaultKind::Late => {
            Handle::current().spawn(async move {
                time::sleep(delay).await;
                act()
            });
            None
        }
        FaultKind::SlowBefore => {
            time::sleep(delay).await;
            Some(act())
        }
        FaultKind::SlowAfter => {
            let answer = act();
            time::sleep(delay).await;
            Some(answer)
        }
        FaultKind::Garbage => {
            act();
            Some(Answer::text(200, "<html>hello</html>"))
        }
    }
}
