//! The ladder of a pod that waits, or does not start. Pure.

use std::sync::Arc;

use super::{Rung, pods};
use crate::app::screen::Ctx;
use crate::domain::{Key, PodRow, Span};
use crate::store::{Lacks, WaitingRow};

/// Seconds after which a scheduler has had its look.
const LOOKED: i64 = 30;

/// A pod and what is known of its waiting.
struct Waits<'a> {
    pod: &'a PodRow,
    row: Option<&'a WaitingRow>,
    ctx: Ctx<'a>,
}

/// The rungs of a pod.
pub(super) fn rungs(key: &Key, ctx: &Ctx<'_>) -> Option<Vec<Rung>> {
    let pod = ctx.world.table::<PodRow>()?.get(key)?;
    let row = ctx.world.table::<WaitingRow>().and_then(|t| t.get(key));
    let waits = Waits {
        pod,
        row: row.map(|row| &**row),
        ctx: *ctx,
    };
    let one: [&Arc<PodRow>; 1] = [pod];
    Some(vec![
        waits.let_in(),
        waits.looked_at(),
        waits.exists(),
        waits.room(),
        waits.open(),
        waits.may(),
        pods::volumes(&one),
        pods::images(&one),
        pods::starts(&one),
        pods::memory(&one),
        pods::nodes(&one, ctx),
    ])
}

impl Waits<'_> {
    fn lacks(&self, any: &[Lacks]) -> bool {
        self.row.is_some_and(|row| any.contains(&row.lacks))
    }

    /// The scheduler's message holds one of these.
    fn says(&self, words: &[&str]) -> bool {
        let text = self.pod.unscheduled.to_lowercase();
        words.iter().any(|word| text.contains(word))
    }

    fn red(&self, asks: &'static str, short: &str) -> Rung {
        let why = self.row.map(|row| row.why.to_string());
        let why = why.filter(|why| !why.is_empty());
        let evidence = self.row.map(|row| &row.evidence).into_iter().flatten();
        let evidence = evidence.map(ToString::to_string);
        let mut told: Vec<String> = evidence.collect();
        let said = self.pod.unscheduled.to_string();
        if !told.iter().any(|text| text.contains(&said)) {
            told.push(said);
        }
        Rung::red(asks, why.unwrap_or_else(|| short.to_owned())).because(told)
    }

    /// It is on a node already, or nothing of this kind is said.
    fn well(&self, asks: &'static str, else_says: &str) -> Rung {
        if self.pod.node.is_empty() {
            Rung::green(asks, else_says)
        } else {
            Rung::green(asks, format!("it is on {}", self.pod.node))
        }
    }

    fn let_in(&self) -> Rung {
        const ASKS: &str = "Is it let in: quota, queue, group?";
        let kept = self.lacks(&[Lacks::Quota, Lacks::Queue, Lacks::Gang]);
        if kept || self.says(&["scheduling gate", "schedulinggated", "exceeded quota"]) {
            return self
                .red(ASKS, "no: something keeps it from being scheduled at all")
                .then("see the queue that it waits in, and who is before it");
        }
        self.well(ASKS, "nothing keeps it from being scheduled")
    }

    fn looked_at(&self) -> Rung {
        const ASKS: &str = "Has the scheduler looked at it?";
        let waited = self.pod.created.map(|at| Span::between(at, self.ctx.now));
        let pending = &*self.pod.phase == "Pending" && self.pod.node.is_empty();
        match waited {
            Some(waited) if pending && self.pod.unscheduled.is_empty() && waited.0 > LOOKED => {
                Rung::red(ASKS, format!("no word of it for {waited}"))
                    .then("is the scheduler running, and is it the one that the pod names?")
            }
            _ => self.well(ASKS, "yes, and it says what is missing"),
        }
    }

    fn exists(&self) -> Rung {
        const ASKS: &str = "Does any node have what it asks for?";
        if self.lacks(&[Lacks::Resource]) {
            return self
                .red(ASKS, "no node has it")
                .then("cut a GPU differently, add a node, or ask for something else");
        }
        if self.pod.gpus.is_empty() {
            return self.well(ASKS, "it asks for no accelerator");
        }
        if self.row.is_none() && self.pod.node.is_empty() {
            return Rung::unknown(ASKS, "what nodes hold is not read yet");
        }
        self.well(ASKS, &format!("{} is there", self.pod.gpus))
    }

    fn room(&self) -> Rung {
        const ASKS: &str = "Is enough of it free?";
        let full = self.lacks(&[Lacks::Room, Lacks::Pieces]);
        let told = self.row.is_none() && self.says(&["insufficient", "too many pods"]);
        if !full && !told {
            return self.well(ASKS, "nothing is said against it");
        }
        let held = self.row.map(|row| row.held_by.iter());
        let held: Vec<String> = held
            .into_iter()
            .flatten()
            .map(ToString::to_string)
            .collect();
        let held = match held.as_slice() {
            [] => String::new(),
            all => format!("held by {}", all.join("; ")),
        };
        let cut = self.row.map(|row| row.relayout.iter());
        let cut = cut.into_iter().flatten().map(ToString::to_string);
        self.red(ASKS, "no: no node has enough left")
            .because([held])
            .because(cut)
            .then("see who holds it and does nothing with it: holders")
    }

    fn open(&self) -> Rung {
        const ASKS: &str = "Do the nodes with room take pods?";
        let shut = self.row.is_none() && self.says(&["unschedulable"]);
        if self.lacks(&[Lacks::Cordon]) || shut {
            return self
                .red(ASKS, "no: what is free is on nodes that are cordoned")
                .then("uncordon a node when what it was cordoned for is done");
        }
        self.well(ASKS, "none that is cordoned is in the way")
    }

    fn may(&self) -> Rung {
        const ASKS: &str = "Do taints, selectors and affinity let it there?";
        let words = ["untolerated taint", "didn't match", "affinity"];
        let kept = self.row.is_none() && self.says(&words) && !self.says(&["insufficient"]);
        if self.lacks(&[Lacks::Placement]) || kept {
            return self
                .red(ASKS, "no: its selectors or a taint keep it away")
                .then("compare its tolerations and its selector with the node");
        }
        self.well(ASKS, "nothing is said against it")
    }
}
