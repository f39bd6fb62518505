//! An action plane that answers at once, from recorded samples: what orders lead to, without a cluster.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use midwatch::app::deed::{Acted, Order, TaskId};
use midwatch::app::{Effect, Model, Msg, update};
use midwatch::domain::{Clean, ClusterId};
use midwatch::fault::{Fault, FaultKind};
use midwatch::keys::{Chord, Code};
use midwatch::plan::{
    ACTIONS, Answered, Ask, Beside, By, Change, Cluster, Forecast, Given, Halt, HaltKind,
    NOTHING_BESIDE, Need, Offer, Operator, Outcome, Params, Possible, Prepared, Progress, Undo,
    Verdict, action,
};
use midwatch::store::{ClusterInfo, News};
use serde_json::Value;

use super::platform;

/// Tells the console which cluster it looks at.
pub fn introduce(model: &mut Model) {
    let info = ClusterInfo {
        id: ClusterId::new("prod-eu"),
        server: "https://eu:6443/".to_owned(),
        version: String::new(),
        user: "sre".to_owned(),
        namespace: "ml-fraud".to_owned(),
    };
    let _ = update(model, Msg::Arrived(News::Cluster(info)), platform::now());
}

/// Carries out orders on samples.
#[derive(Debug)]
pub struct Hand {
    /// The sample that stands for any run.
    pub sample: &'static str,
    /// The person may read only.
    pub denied: bool,
    /// Nothing is answered yet.
    pub mute: bool,
    /// An object that stands for any other, and what is seen beside it.
    pub on: Option<(Arc<Value>, Beside)>,
    /// What becomes of every change.
    pub forecast: Forecast,
    /// All orders, in order.
    pub orders: Vec<Order>,
    waiting: Vec<Order>,
    now: Timestamp,
}

impl Hand {
    /// With a run that failed.
    pub fn new() -> Self {
        Self {
            sample: "fraud-train-oom",
            denied: false,
            mute: false,
            on: None,
            forecast: Forecast::default(),
            orders: Vec::new(),
            waiting: Vec::new(),
            now: platform::now(),
        }
    }

    /// Presses a key, and answers what it leads to.
    pub fn press(&mut self, model: &mut Model, key: &str) {
        let chord = match key {
            "Enter" => Chord::plain(Code::Enter),
            "Esc" => Chord::plain(Code::Esc),
            "Tab" => Chord::plain(Code::Tab),
            "BackTab" => Chord::plain(Code::BackTab),
            "Down" => Chord::plain(Code::Down),
            "Right" => Chord::plain(Code::Right),
            "Space" => Chord::char(' '),
            other => Chord::char(other.chars().next().unwrap()),
        };
        let effects = update(model, Msg::Pressed(chord), self.now);
        self.take(effects.0);
        self.answer(model);
    }

    /// Takes what the console asks for.
    pub fn take(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            if let Effect::Act(order) = effect {
                self.orders.push(order.clone());
                self.waiting.push(order);
            }
        }
    }

    /// Answers what waits.
    pub fn answer(&mut self, model: &mut Model) {
        if self.mute {
            return;
        }
        for order in std::mem::take(&mut self.waiting) {
            let acted = match order {
                Order::Survey { task, point } => {
                    Acted::Surveyed(task, Ok(self.survey(point.resource.feed)))
                }
                Order::Prepare { task, ask } => Acted::Prepared(task, self.prepare(&ask)),
                Order::CarryOut { .. }
                | Order::Stop { .. }
                | Order::Leave(_)
                | Order::Runbook { .. }
                | Order::ReadJournal => continue,
            };
            self.tell(model, acted);
        }
    }

    /// Reports something of what is carried out.
    pub fn hears(&self, model: &mut Model, progress: Progress) {
        if let Some((task, _)) = self.carried() {
            self.tell(model, Acted::Progressed(task, progress));
        }
    }

    fn tell(&self, model: &mut Model, acted: Acted) {
        let effects = update(model, Msg::Acted(Box::new(acted)), self.now);
        assert!(
            !effects.0.iter().any(|e| matches!(e, Effect::Act(_))),
            "a report never leads to an order"
        );
    }

    fn beside(&self) -> &Beside {
        self.on
            .as_ref()
            .map_or(&NOTHING_BESIDE, |(_, beside)| beside)
    }

    fn object(&self) -> Arc<Value> {
        static READ: Mutex<BTreeMap<&str, Arc<Value>>> = Mutex::new(BTreeMap::new());
        if let Some((object, _)) = &self.on {
            return object.clone();
        }
        let mut read = READ.lock().unwrap();
        let object = read.entry(self.sample).or_insert_with(|| {
            let path = Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("tests/data/workflows")
                .join(self.sample)
                .with_extension("json");
            Arc::new(serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap())
        });
        object.clone()
    }

    fn survey(&self, feed: &str) -> Vec<Offer> {
        let object = self.object();
        let mine = |spec: &midwatch::plan::ActionSpec| spec.targets.iter().any(|t| t.feed == feed);
        let all = ACTIONS.iter().filter(|a| mine(a.spec()));
        all.map(|action| {
            let params = Params::default();
            let possible = match action.plan(&given((&object, self.beside()), &params, self.now)) {
                Ok(plan) if self.denied => Possible::Denied(plan.needs),
                Ok(plan) => Possible::Yes(plan.risk),
                Err(_) if self.denied => Possible::Denied(vec![update_of_runs()]),
                Err(refused) => Possible::Refused(refused),
            };
            Offer {
                action: action.spec().name,
                possible,
            }
        })
        .collect()
    }

    fn prepare(&self, ask: &Ask) -> Result<Arc<Prepared>, Halt> {
        let object = self.object();
        let planned = action(ask.action).unwrap().plan(&given(
            (&object, self.beside()),
            &ask.params,
            self.now,
        ));
        let mut plan = planned
            .map_err(|refused| Halt::new(HaltKind::Refused, &refused.why).hint(&refused.instead))?;
        plan.forecast = self.forecast.clone();
        if self.on.is_none() {
            plan.changes = vec![change("status.phase", Some("Failed"), Some("Running"))];
        }
        Ok(Arc::new(Prepared {
            ask: ask.clone(),
            plan,
            object,
            cluster: cluster(),
            operator: Operator::default(),
        }))
    }

    fn carried(&self) -> Option<(TaskId, Arc<Prepared>)> {
        self.orders.iter().rev().find_map(|order| match order {
            Order::CarryOut { task, prepared, .. } => Some((*task, prepared.clone())),
            _ => None,
        })
    }

    /// All that happens on the way; nothing when nothing is carried out.
    pub fn progress(&mut self, model: &mut Model) {
        let Some((task, prepared)) = self.carried() else {
            return;
        };
        let mut all = vec![
            Progress::Checked,
            Progress::Journaled("20261121T031244Z-a1b2".to_owned()),
        ];
        for step in 0..prepared.plan.steps.len() {
            all.push(Progress::Sent { step, at: self.now });
            all.push(Progress::Answered(answered(step, 200)));
        }
        for (words, after) in [
            ("Running, 1/4", 2),
            ("Running, 1/4", 5),
            ("Running, 3/4", 9),
        ] {
            all.push(Progress::Seen {
                words: Clean::new(words),
                hold: usize::from(after == 9),
                of: 2,
                after: Duration::from_secs(after),
            });
        }
        for progress in all {
            self.tell(model, Acted::Progressed(task, progress));
        }
    }

    /// How it ends; nothing when nothing is carried out.
    pub fn end(&mut self, model: &mut Model, verdict: Verdict) {
        if let Some((task, _)) = self.carried() {
            self.tell(model, Acted::Ended(task, outcome(verdict, self.now)));
        }
    }
}

fn given<'a>(
    (object, beside): (&'a Value, &'a Beside),
    params: &'a Params,
    now: Timestamp,
) -> Given<'a> {
    static CLUSTER: std::sync::OnceLock<Cluster> = std::sync::OnceLock::new();
    Given {
        object,
        params,
        now,
        cluster: CLUSTER.get_or_init(cluster),
        namespace: "ml-fraud",
        suffix: "x7k2p",
        beside,
    }
}

fn cluster() -> Cluster {
    Cluster {
        name: "prod-eu".to_owned(),
        server: "https://eu:6443".to_owned(),
        system_uid: "1a2b3c4d-0000".to_owned(),
        ca: "9f3ce0a1b2c3".to_owned(),
    }
}

fn update_of_runs() -> Need {
    Need {
        verb: "update".into(),
        group: "argoproj.io".to_owned(),
        resource: "workflows".to_owned(),
        namespace: "ml-fraud".to_owned(),
        name: String::new(),
    }
}

/// One difference.
pub fn change(path: &str, before: Option<&str>, after: Option<&str>) -> Change {
    Change {
        path: Clean::new(path),
        pointer: format!("/{}", path.replace('.', "/")),
        before: before.map(Clean::new),
        after: after.map(Clean::new),
    }
}

/// The answer to one request.
pub fn answered(step: usize, status: u16) -> Answered {
    Answered {
        step,
        status,
        words: Clean::default(),
        resource_version: "3012".to_owned(),
        millis: 35,
    }
}

/// An end with everything that belongs to it.
pub fn outcome(verdict: Verdict, now: Timestamp) -> Outcome {
    let mut outcome = Outcome {
        id: "20261121T031244Z-a1b2".to_owned(),
        verdict,
        what: Clean::new("The run is Running again, and its end is cleared."),
        hint: Clean::default(),
        answers: vec![answered(0, 200)],
        changes: vec![change("status.phase", Some("Failed"), Some("Running"))],
        by: Vec::new(),
        undo: Some(Undo {
            action: "run.stop".to_owned(),
            text: Clean::new("stops the run; what was reset stays reset"),
            parameters: std::collections::BTreeMap::new(),
        }),
        unrecorded: Clean::default(),
        took: Duration::from_secs(9),
    };
    if let Verdict::NotWritten(kind) = verdict {
        let halt = Halt {
            changes: vec![change("spec.shutdown", None, Some("Terminate"))],
            by: vec![By {
                who: Clean::new("argo"),
                at: Some(now - jiff::Span::new().seconds(4)),
                what: Clean::new("Update"),
            }],
            ..Halt::new(
                kind,
                "The run is not what you saw any more: someone changed it 4 s ago.",
            )
            .hint("Look at what changed, then plan again (r).")
        };
        return halt.into();
    }
    if verdict == Verdict::Unknown {
        outcome.what = Clean::new(
            "The request left and no answer came in 10 s; the run could not be read since.",
        );
        outcome.hint = Clean::new(
            "It is not sent again. Look at the run when the cluster answers: midwatch audit show 20261121T031244Z-a1b2.",
        );
        outcome.undo = None;
        outcome.changes.clear();
    }
    outcome
}

/// Any report, for a task that may or may not be there.
pub fn any_report(task: TaskId, kind: u8) -> Acted {
    let hand = Hand::new();
    let ask = |name: &'static str| {
        let spec = action(name).unwrap().spec();
        Ask {
            action: spec.name,
            cluster: ClusterId::new("prod-eu"),
            resource: spec.targets[0],
            namespace: "ml-fraud".to_owned(),
            name: "train-nightly-x7k2p".to_owned(),
            uid: "u".to_owned(),
            params: Params::default(),
            reason: Clean::default(),
            incident: Clean::default(),
            runbook: String::new(),
        }
    };
    match kind % 10 {
        0 => Acted::Surveyed(task, Ok(hand.survey("workflows"))),
        1 => {
            let fault = Fault::new("prod-eu", FaultKind::Timeout, "no answer", hand.now);
            Acted::Surveyed(task, Err(fault))
        }
        2 | 3 => Acted::Prepared(task, hand.prepare(&ask("run.retry"))),
        4 => Acted::Prepared(task, hand.prepare(&ask("run.delete"))),
        5 => Acted::Prepared(task, Err(Halt::new(HaltKind::Gone, "it is gone"))),
        6 => Acted::Progressed(task, Progress::Checked),
        7 => Acted::Progressed(task, Progress::Answered(answered(900, 0))),
        8 => Acted::Ended(task, outcome(Verdict::Unknown, hand.now)),
        _ => Acted::Ended(task, outcome(Verdict::Done, hand.now)),
    }
}
