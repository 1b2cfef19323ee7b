//! A system is away for a day: nothing needs a person, and all is settled within a minute of its
//! return.

use course_seats_simulation::history::Keep;
use course_seats_simulation::memory::Outside;
use course_seats_simulation::model::Script;
use course_seats_simulation::run::run;
use course_seats_simulation::world::Outage;
use std::time::Duration;

/// How many days each; `OUTAGE_SEEDS` for more of them (with `--profile simulation`).
const SEEDS: u64 = 2;

const MINUTE: Duration = Duration::from_secs(60);

fn a_day_without(outage: Outage) {
    let seeds = std::env::var("OUTAGE_SEEDS").ok().and_then(|seeds| seeds.parse().ok());
    let (seeds, mut sagas, mut waited) = (seeds.unwrap_or(SEEDS), 0, 0);
    for seed in 1..=seeds {
        let report = run(&Script::outage(seed, outage), Keep::Nothing);
        assert!(report.findings.is_empty(), "seed {seed}: {:#?}", report.findings);
        // Not even a template's grant, which the audit would bear with.
        let flagged = &report.needs_attention;
        assert!(flagged.is_empty(), "seed {seed}: {flagged:#?}");
        sagas += report.sagas as u64;
        waited += report.left_open;
        let took = report.settled_after;
        println!(
            "seed {seed}: {} sagas, {} of them and mails open at its return, settled after {} s",
            report.sagas,
            report.left_open,
            took.as_secs()
        );
        assert!(took <= MINUTE, "seed {seed}: settled {} s after its return", took.as_secs());
    }
    // In some days there is little to do.
    assert!(sagas >= 10 * seeds, "only {sagas} sagas");
    assert!(waited > 0, "nothing waited for its return");
}

#[test]
fn a_day_without_the_identity_provider() {
    a_day_without(Outage::System(Outside::Identity));
}

#[test]
fn a_day_without_the_accounting_service() {
    a_day_without(Outage::System(Outside::Accounting));
}

#[test]
fn a_day_without_the_mail_server() {
    a_day_without(Outage::System(Outside::Mail));
}

#[test]
fn a_day_without_the_database() {
    a_day_without(Outage::Database(None));
}
