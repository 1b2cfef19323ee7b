use crate::call::CallKind;
use crate::fault::{FaultKind, a_second, server_error, wrong_status};
use crate::mood::Mishap;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A share of the calls goes wrong, at random.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chaos {
    /// How many of them: from 0, none, to 1, all.
    pub rate: f64,
    /// Decides which ones and how: the same calls in the same order go wrong in the same way.
    #[serde(default)]
    pub seed: u64,
    /// Of which calls.
    #[serde(default)]
    pub calls: Calls,
    /// The ways in which they go wrong, each as likely as the others.
    #[serde(default = "all_kinds")]
    pub kinds: Vec<FaultKind>,
    /// What an error answers.
    #[serde(default = "server_error")]
    pub status: u16,
    /// How long `late` and the slow ones take at most.
    #[serde(default = "a_second")]
    pub delay_ms: u64,
}

/// The calls that chaos is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Calls {
    /// Those that change something.
    #[default]
    Writes,
    /// Every one.
    All,
}

fn all_kinds() -> Vec<FaultKind> {
    FaultKind::ALL.to_vec()
}

impl Chaos {
    /// Of the writes so many go wrong, in any way.
    #[must_use]
    pub fn of_writes(rate: f64, seed: u64) -> Self {
        Self {
            rate,
            seed,
            calls: Calls::Writes,
            kinds: all_kinds(),
            status: server_error(),
            delay_ms: a_second(),
        }
    }
}

/// Chaos at work.
pub(crate) struct Dice {
    pub(crate) chaos: Chaos,
    random: StdRng,
}

impl Dice {
    /// Begins with the seed, or says why this can never happen.
    pub(crate) fn new(chaos: Chaos) -> Result<Self, &'static str> {
        if !(0.0..=1.0).contains(&chaos.rate) {
            return Err("rate must be from 0 to 1");
        }
        if chaos.kinds.is_empty() {
            return Err("kinds must name one at least");
        }
        if let Some(why) = wrong_status(chaos.status) {
            return Err(why);
        }
        Ok(Self { random: StdRng::seed_from_u64(chaos.seed), chaos })
    }

    /// What goes wrong with this call.
    pub(crate) fn roll(&mut self, operation: impl CallKind) -> Option<Mishap> {
        let Chaos { rate, calls, kinds, status, delay_ms, .. } = &self.chaos;
        if *calls == Calls::Writes && !operation.is_write() {
            return None;
        }
        // Three numbers for each call, whatever they lead to: the next one's stay the same.
        let (hit, kind, delay) = (
            self.random.random_bool(*rate),
            kinds.choose(&mut self.random).copied(),
            self.random.random_range(0..=*delay_ms),
        );
        let mishap = |kind| Mishap { kind, status: *status, delay: Duration::from_millis(delay) };
        kind.filter(|_| hit).map(mishap)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
    enum Kind {
        Read,
        Write,
    }

    impl CallKind for Kind {
        fn is_write(self) -> bool {
            self == Self::Write
        }
    }

    fn rolled(chaos: Chaos, kind: Kind) -> Vec<Option<Mishap>> {
        let mut dice = Dice::new(chaos).unwrap();
        (0..1000).map(|_| dice.roll(kind)).collect()
    }

    #[test]
    fn the_seed_decides_and_the_rate_holds() {
        let chaos = Chaos::of_writes(0.2, 7);
        let first = rolled(chaos.clone(), Kind::Write);
        assert_eq!(first, rolled(chaos.clone(), Kind::Write));
        assert_ne!(first, rolled(Chaos { seed: 8, ..chaos }, Kind::Write));
        let hits: Vec<_> = first.iter().flatten().collect();
        assert!((150..=250).contains(&hits.len()), "{}", hits.len());
        for kind in FaultKind::ALL {
            assert!(hits.iter().any(|mishap| mishap.kind == kind), "{kind:?}");
        }
        assert!(hits.iter().all(|mishap| mishap.delay <= Duration::from_secs(1)));
    }

    #[test]
    fn the_ends_of_the_rate_are_none_and_all() {
        assert_eq!(rolled(Chaos::of_writes(0.0, 1), Kind::Write).iter().flatten().count(), 0);
        assert_eq!(rolled(Chaos::of_writes(1.0, 1), Kind::Write).iter().flatten().count(), 1000);
        assert_eq!(rolled(Chaos::of_writes(1.0, 1), Kind::Read).iter().flatten().count(), 0);
        let all = Chaos { calls: Calls::All, ..Chaos::of_writes(1.0, 1) };
        assert_eq!(rolled(all, Kind::Read).iter().flatten().count(), 1000);
    }

    #[test]
    fn what_can_never_happen_is_told() {
        for rate in [-0.1, 1.1, f64::NAN] {
            assert!(Dice::new(Chaos::of_writes(rate, 1)).is_err(), "{rate}");
        }
        assert!(Dice::new(Chaos { kinds: Vec::new(), ..Chaos::of_writes(0.1, 1) }).is_err());
        assert!(Dice::new(Chaos { status: 99, ..Chaos::of_writes(0.1, 1) }).is_err());
    }
}
