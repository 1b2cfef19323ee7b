//! When a saga of many may go to work outside.

use futures::channel::oneshot;

/// A saga's turn to work outside. Who runs alone need not wait for one.
#[derive(Default)]
pub(super) struct Turn {
    awaited: Option<oneshot::Receiver<()>>,
    had: Option<oneshot::Sender<()>>,
}

/// One of the places outside, which many sagas get by turns.
pub(super) struct Place {
    offered: oneshot::Sender<()>,
    given_back: oneshot::Receiver<()>,
}

impl Turn {
    /// A turn, which comes when its place is lent.
    pub(super) fn new() -> (Self, Place) {
        let ((offered, awaited), (had, given_back)) = (oneshot::channel(), oneshot::channel());
        (Self { awaited: Some(awaited), had: Some(had) }, Place { offered, given_back })
    }

    /// Whether it has not come yet.
    pub(super) fn is_awaited(&self) -> bool {
        self.awaited.is_some()
    }

    /// Waits until it comes.
    pub(super) async fn comes(&mut self) {
        if let Some(awaited) = &mut self.awaited {
            // If whoever gives the turns has gone, nobody needs to wait for them.
            let _ = awaited.await;
        }
        self.awaited = None;
    }

    /// Whether it has come, and was not given back.
    pub(super) fn is_had(&self) -> bool {
        self.awaited.is_none() && self.had.is_some()
    }

    /// Somebody else may have it.
    pub(super) fn give_back(&mut self) {
        *self = Self::default();
    }
}

impl Place {
    /// Lends the place to the saga whose turn it is, and waits until it is given back.
    pub(super) async fn lent(self) {
        // One that is over already wants no turn, and gives it back by that.
        let _ = self.offered.send(());
        let _ = self.given_back.await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;

    #[test]
    fn a_place_is_lent_until_it_is_given_back() {
        let (mut turn, place) = Turn::new();
        assert!(turn.comes().now_or_never().is_none());
        assert!(turn.is_awaited() && !turn.is_had());
        let mut lent = Box::pin(place.lent());
        assert!(lent.as_mut().now_or_never().is_none());
        assert!(turn.comes().now_or_never().is_some());
        assert!(turn.is_had() && !turn.is_awaited());
        assert!(lent.as_mut().now_or_never().is_none());
        turn.give_back();
        assert!(lent.now_or_never().is_some());
    }

    #[test]
    fn a_place_is_not_kept_for_one_that_is_over() {
        let (turn, place) = Turn::new();
        drop(turn);
        assert!(place.lent().now_or_never().is_some());
    }

    #[test]
    fn who_runs_alone_waits_for_nobody() {
        let mut turn = Turn::default();
        assert!(!turn.is_awaited() && !turn.is_had());
        assert!(turn.comes().now_or_never().is_some());
    }

    #[test]
    fn nobody_waits_for_turns_that_nobody_gives() {
        let (mut turn, place) = Turn::new();
        drop(place);
        assert!(turn.comes().now_or_never().is_some());
    }
}
