//! The shortest script that still fails: items are left out, many at once and then one by one,
//! as long as the audit still finds something.

use crate::history::Keep;
use crate::model::Script;
use crate::run::run;
use std::collections::BTreeSet;

/// How many runs a shrinking may take.
const RUNS: usize = 3_000;

/// With how much other luck a shorter script is tried: what is left out changes the luck of all
/// that comes after it, so a script that does not fail at once may still hold the defect.
const LUCKS: u64 = 4;

/// What is needed to fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shortest {
    /// The numbers of the items.
    pub items: BTreeSet<usize>,
    /// The luck with which they fail.
    pub luck: u64,
}

impl Shortest {
    /// The script that it amounts to.
    #[must_use]
    pub fn of(&self, script: &Script) -> Script {
        Script { luck: self.luck, ..script.only(|number| self.items.contains(&number)) }
    }
}

/// The shortest script found that fails as this one does.
#[must_use]
pub fn shrink(script: &Script) -> Shortest {
    let all = script.episodes.iter().flat_map(|episode| &episode.items);
    let mut kept = Shortest { items: all.map(|item| item.number).collect(), luck: script.luck };
    let mut runs = 0;
    let mut at_once = (kept.items.len() / 2).max(1);
    loop {
        let before = kept.items.len();
        let numbers: Vec<usize> = kept.items.iter().rev().copied().collect();
        for some in numbers.chunks(at_once) {
            let fewer = kept.items.iter().filter(|number| !some.contains(number)).copied();
            let fewer: BTreeSet<usize> = fewer.collect();
            for luck in 0..LUCKS {
                if runs == RUNS {
                    return kept;
                }
                runs += 1;
                let luck = (kept.luck + luck) % LUCKS;
                let shorter = Shortest { items: fewer.clone(), luck };
                if !run(&shorter.of(script), Keep::Nothing).findings.is_empty() {
                    kept = shorter;
                    break;
                }
            }
        }
        match (at_once, kept.items.len() == before) {
            (1, true) => return kept,
            (1, false) => {}
            _ => at_once = (at_once / 2).max(1),
        }
    }
}
