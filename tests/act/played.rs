//! A cluster that is played: a few objects, versions, managed fields, and replies that get lost on demand.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use midwatch::act::{Journal, Options, Plane, Reply, Seen, Wire, journal};
use midwatch::domain::{Clean, ClusterId};
use midwatch::fault::{Fault, FaultKind};
use midwatch::plan::{
    Ask, Cluster, Consent, Entry, Home, Operator, Outcome, Params, Prepared, Safety, Stage, Step,
    action,
};
use serde_json::{Value, json};
use tokio::sync::mpsc::{Receiver, channel};
use tokio::sync::watch;

#[path = "played/state.rs"]
mod state;

pub use state::State;

pub const RUN: &str = "/apis/argoproj.io/v1alpha1/namespaces/ml/workflows/train";

/// What becomes of a request that is sent for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is carried out and answered.
    Pass,
    /// It is carried out, and the answer is lost.
    LoseAnswer,
    /// It never gets there, and nobody can tell.
    LoseRequest,
    /// It is answered with this status and not carried out.
    Refuse(u16),
    /// It is carried out and answered with this status all the same.
    PassBut(u16),
    /// It waits until it is let go.
    Hold,
    /// It is carried out, and someone else writes at the same moment.
    Overwritten,
}

/// The wire to it.
#[derive(Debug, Clone)]
pub struct Played {
    pub state: Arc<Mutex<State>>,
    changed: watch::Sender<u64>,
    pub let_go: watch::Sender<bool>,
    journal: Journal,
}

/// All that a test needs; the folder goes with it.
pub struct Stage0 {
    pub wire: Played,
    pub plane: Plane<Played>,
    pub journal: Journal,
    _folder: tempfile::TempDir,
}

pub fn cluster() -> Cluster {
    Cluster {
        name: "eu".to_owned(),
        server: "https://eu".to_owned(),
        system_uid: "sys-1".to_owned(),
        ca: "ca".to_owned(),
    }
}

/// A run that is under way.
pub fn running() -> Value {
    json!({
        "apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow",
        "metadata": {"name": "train", "namespace": "ml", "uid": "u-1", "resourceVersion": "1",
            "labels": {}, "managedFields": [{"manager": "argo", "operation": "Update", "time": "2026-01-01T00:00:00Z"}]},
        "spec": {"entrypoint": "main"},
        "status": {"phase": "Running", "progress": "0/1"},
    })
}

impl Stage0 {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self::on(folder)
    }

    pub fn on(folder: tempfile::TempDir) -> Self {
        Self::at(&folder.path().join("journal"), folder)
    }

    pub fn at(path: &Path, folder: tempfile::TempDir) -> Self {
        let journal = Journal::open(path, journal::Options::default());
        let state = State {
            cluster: cluster(),
            objects: BTreeMap::from([(RUN.to_owned(), running())]),
            version: 1,
            ..State::default()
        };
        let wire = Played {
            state: Arc::new(Mutex::new(state)),
            changed: watch::Sender::new(0),
            let_go: watch::Sender::new(false),
            journal: journal.clone(),
        };
        let options = Options {
            wait: Duration::from_secs(5),
            patient: false,
            look: Duration::from_millis(50),
            gone: Duration::from_millis(900),
            again: Duration::from_millis(5),
            settle: Duration::from_millis(5),
            front: "command",
        };
        let plane = Plane::new(wire.clone(), journal.clone(), options);
        Self {
            wire,
            plane,
            journal,
            _folder: folder,
        }
    }

    pub fn fates(&self, fates: &[Fate]) {
        self.wire
            .lock(|s| s.fates = fates.iter().copied().collect());
    }

    pub async fn prepare(&self, name: &str) -> Prepared {
        self.plane.prepare(&ask(name)).await.unwrap()
    }

    pub async fn carry_out(&self, prepared: &Prepared) -> Outcome {
        self.plane.carry_out(prepared, &consent(), |_| ()).await
    }

    pub fn sent(&self) -> Vec<String> {
        self.wire.lock(|s| s.sent.clone())
    }

    pub fn entries(&self) -> Vec<Entry> {
        Entry::fold(self.journal.read().unwrap().records.iter())
    }
}

pub fn consent() -> Consent {
    Consent {
        safety: Safety::Open,
        typed: "train".to_owned(),
    }
}

pub fn ask(name: &str) -> Ask {
    let spec = action(name).unwrap().spec();
    Ask {
        action: spec.name,
        cluster: ClusterId::new("eu"),
        resource: spec.targets[0],
        namespace: "ml".to_owned(),
        name: "train".to_owned(),
        uid: "u-1".to_owned(),
        params: Params::parse(spec, &[]).unwrap(),
        reason: Clean::new("drill"),
        incident: Clean::default(),
        runbook: String::new(),
    }
}

impl Played {
    pub fn lock<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut self.state.lock().unwrap())
    }

    /// Someone else changes the run.
    pub fn edit(&self, manager: &str, edit: impl FnOnce(&mut Value)) {
        self.edit_at(RUN, manager, edit);
    }

    /// Someone else changes an object.
    pub fn edit_at(&self, path: &str, manager: &str, edit: impl FnOnce(&mut Value)) {
        self.lock(|state| {
            let mut object = state.objects.remove(path).unwrap();
            edit(&mut object);
            state.write(path, object, manager);
        });
        self.changed.send_modify(|n| *n += 1);
    }

    fn carry(&self, step: &Step, dry: bool) -> Reply {
        let reply = self.lock(|state| state.carry(step, dry));
        if !dry {
            self.changed.send_modify(|n| *n += 1);
        }
        reply
    }
}

fn lost() -> Reply {
    Reply::Lost(fault(FaultKind::Timeout, "no answer within 10 s"))
}

fn fault(kind: FaultKind, what: &str) -> Fault {
    Fault::new("eu/act", kind, what, Timestamp::UNIX_EPOCH)
}

impl Wire for Played {
    async fn cluster(&self) -> Result<Cluster, Fault> {
        Ok(self.lock(|s| s.cluster.clone()))
    }

    async fn operator(&self) -> Operator {
        Operator {
            os_user: Clean::new("ada"),
            ..Operator::default()
        }
    }

    async fn read(&self, path: &str, _what: &str) -> Result<Value, Fault> {
        let found = self.lock(|s| s.objects.get(path).cloned());
        found.ok_or_else(|| fault(FaultKind::Gone, "\"train\" not found"))
    }

    async fn ask(&self, _path: &str, body: &Value, _what: &str) -> Result<Value, Fault> {
        let verb = body["spec"]["resourceAttributes"]["verb"].as_str().unwrap();
        let allowed = self.lock(|s| !s.denied.contains(&verb));
        Ok(json!({"status": {"allowed": allowed, "reason": "played"}}))
    }

    async fn send(&self, step: &Step, dry: bool) -> Reply {
        if dry {
            self.lock(|s| s.tried += 1);
            return self.carry(step, true);
        }
        let stages: Vec<String> = self
            .journal
            .read()
            .unwrap()
            .records
            .iter()
            .map(|r| match &r.stage {
                Stage::Intent(_) => "intent".to_owned(),
                Stage::Sending { step } => format!("sending {step}"),
                Stage::Answer(a) => format!("answer {}", a.step),
                other => format!("{other:?}"),
            })
            .collect();
        let fate = self.lock(|s| {
            s.on_disk.push(stages);
            s.sent.push(format!("{} {}", step.method, step.path));
            s.fates.pop_front().unwrap_or(Fate::Pass)
        });
        match fate {
            Fate::Pass => self.carry(step, false),
            Fate::LoseAnswer => {
                self.carry(step, false);
                lost()
            }
            Fate::LoseRequest => lost(),
            Fate::Refuse(status) => Reply::Answered {
                status,
                body: json!({"message": format!("played {status}")}),
            },
            Fate::PassBut(status) => {
                self.carry(step, false);
                Reply::Answered {
                    status,
                    body: Value::Null,
                }
            }
            Fate::Overwritten => {
                let reply = self.carry(step, false);
                let at = &step.stand.as_ref().unwrap().object;
                self.lock(|s| {
                    let found = s.objects.get_mut(at).unwrap();
                    found["spec"]["aliases"]["champion"] = "9".into();
                });
                reply
            }
            Fate::Hold => {
                let mut let_go = self.let_go.subscribe();
                let_go.wait_for(|go| *go).await.unwrap();
                self.carry(step, false)
            }
        }
    }

    async fn place(&self, _home: Home) -> Result<String, Fault> {
        Ok(self.lock(|s| s.place.clone()))
    }

    fn follow(&self, path: &str) -> Receiver<Seen> {
        let (tell, seen) = channel(4);
        let (wire, path) = (self.clone(), path.to_owned());
        let mut changed = self.changed.subscribe();
        tokio::spawn(async move {
            loop {
                let now = wire.lock(|s| s.objects.get(&path).cloned());
                let now = now.map_or(Seen::Absent, |o| Seen::Object(Box::new(o)));
                if tell.send(now).await.is_err() {
                    return;
                }
                tokio::select! {
                    _ = changed.changed() => {}
                    () = tell.closed() => return,
                }
            }
        });
        seen
    }
}
