//! What the notebooks of all sagas told, held against the moments.

use super::{ALL, Moment};
use course_seats::demo::answers::Sagas;
use course_seats::demo::api::SERVICE_ADMIN;
use course_seats::demo::client::text;
use course_seats::demo::{Client, Seen};
use serde_json::Value;
use std::collections::BTreeSet;
use uuid::Uuid;

/// Steps that make no call: they are done with a write of their own, or with the settle.
const LOCAL: &[&str] = &["hold", "mark_dropping", "drop_all"];

/// Kinds of saga, each with one of its steps or undos.
pub type Pairs = BTreeSet<(String, String)>;

/// Of every saga, as not all of a kind have the same steps.
#[derive(Default)]
pub struct Told {
    read: BTreeSet<Uuid>,
    pub steps: Pairs,
    pub undos: Pairs,
}

impl Told {
    /// Reads the notebooks that are new.
    pub async fn read(&mut self, client: &Client) -> Seen<()> {
        let sagas: Sagas = client.get(SERVICE_ADMIN, "/operator/sagas?page_size=1000").await?;
        for saga in sagas.data {
            if !self.read.insert(saga.id) {
                continue;
            }
            let path = format!("/operator/sagas/{}", saga.id);
            let notebook: Value = client.get(SERVICE_ADMIN, &path).await?;
            for step in notebook["steps"].as_array().into_iter().flatten() {
                self.steps.insert((saga.kind.clone(), text(step, "/name")?));
                if let Some(undo) = step["undo"].as_str() {
                    self.undos.insert((saga.kind.clone(), undo.to_owned()));
                }
            }
        }
        Ok(())
    }

    /// Every step that was told has a moment or makes no call, and every undo has a moment.
    pub fn has_moments(&self) {
        let (steps, undos) = pairs(ALL.iter().copied().flatten());
        for pair @ (kind, step) in &self.steps {
            let local = LOCAL.contains(&step.as_str()) || step.starts_with("settle_");
            assert!(local || steps.contains(pair), "{kind}: {step} has no moment");
        }
        for pair @ (kind, undo) in &self.undos {
            assert!(undos.contains(pair), "{kind}: the undo {undo} has no moment");
        }
    }

    /// What these moments are named by was told.
    pub fn tells_of(&self, moments: &[Moment]) {
        let (steps, undos) = pairs(moments.iter().filter(|(kind, ..)| *kind != "outbox"));
        let missing: Vec<_> =
            steps.difference(&self.steps).chain(undos.difference(&self.undos)).collect();
        assert!(missing.is_empty(), "moments of what there is not: {missing:?}");
    }
}

/// The steps and the undos of these moments.
fn pairs<'a>(moments: impl Iterator<Item = &'a Moment>) -> (Pairs, Pairs) {
    let (undos, steps): (Vec<&Moment>, _) = moments.partition(|(.., fails)| fails.is_some());
    let pairs = |moments: Vec<&Moment>| {
        moments.iter().map(|(kind, what, ..)| ((*kind).to_owned(), (*what).to_owned())).collect()
    };
    (pairs(steps), pairs(undos))
}
