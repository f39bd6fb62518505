//! Orders of the console, carried out beside the loop by a scripted action plane.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use midwatch::app::Msg;
use midwatch::app::deed::{Acted, Order, Point};
use midwatch::domain::ClusterId;
use midwatch::fault::{Fault, FaultKind};
use midwatch::plan::{
    Ask, Consent, Ended, Entry, Halt, HaltKind, Offer, Outcome, Prepared, Progress, Safety, Verdict,
};
use midwatch::runbook::course::{Need, Reply, Written};
use midwatch::shell::{Crew, Hands, Pages, Shelf, Tools, Works};
use tokio::sync::{mpsc, watch};

use super::{done, platform};

/// What an action plane was asked for, and how it answers.
#[derive(Clone, Default)]
struct Script(Arc<Inner>);

struct Inner {
    calls: watch::Sender<Vec<String>>,
    /// Nothing is answered before it is open.
    gate: watch::Sender<bool>,
    /// Ids that are under way elsewhere, and how often that is still said.
    busy: Mutex<BTreeMap<String, u32>>,
    /// Carrying out is a bug.
    breaks: bool,
}

impl Default for Inner {
    fn default() -> Self {
        Self {
            calls: watch::Sender::default(),
            gate: watch::Sender::new(true),
            busy: Mutex::default(),
            breaks: false,
        }
    }
}

impl Script {
    fn note(&self, what: &str) {
        self.0
            .calls
            .send_modify(|calls| calls.push(what.to_owned()));
    }

    async fn open(&self) {
        let _ = self.0.gate.subscribe().wait_for(|open| *open).await;
    }

    /// Waits until this was asked for.
    async fn heard(&self, what: &str) {
        let mut calls = self.0.calls.subscribe();
        let heard = calls.wait_for(|calls| calls.iter().any(|call| call == what));
        heard.await.unwrap();
    }

    fn calls(&self) -> Vec<String> {
        self.0.calls.borrow().clone()
    }
}

/// Tells when what holds it is dropped.
struct Dropped(Script, &'static str);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.note(self.1);
    }
}

impl Works for Script {
    async fn survey(&self, point: &Point) -> Result<Vec<Offer>, Fault> {
        let _dropped = Dropped(self.clone(), "survey dropped");
        self.note(&format!("survey {}", point.name));
        self.open().await;
        Ok(Vec::new())
    }

    async fn prepare(&self, ask: &Ask) -> Result<Prepared, Halt> {
        self.note(&format!("prepare {}", ask.action));
        self.open().await;
        Err(Halt::new(HaltKind::Gone, "it is gone"))
    }

    async fn carry_out(
        &self,
        _prepared: &Prepared,
        _consent: &Consent,
        tell: impl Fn(Progress) + Send + Sync + 'static,
    ) -> Outcome {
        self.note("carry out");
        tell(Progress::Checked);
        tell(Progress::Journaled("own".to_owned()));
        self.open().await;
        assert!(!self.0.breaks, "a bug");
        self.note("carried out");
        Outcome {
            id: "own".to_owned(),
            verdict: Verdict::Done,
            ..Outcome::from(Halt::new(HaltKind::Cancelled, "as expected"))
        }
    }

    fn stop(&self, _id: &str) {}

    async fn resolve(&self, entry: &Entry) -> Result<Ended, Fault> {
        self.note(&format!("resolve {}", entry.id));
        if let Some(left) = self.0.busy.lock().unwrap().get_mut(&entry.id)
            && *left > 0
        {
            *left -= 1;
            return Err(Fault::new(
                "eu",
                FaultKind::Busy,
                "under way in process 7",
                platform::now(),
            ));
        }
        done::ended(entry.clone(), Verdict::Done, "the run is running")
            .ended
            .ok_or_else(|| Fault::new("eu", FaultKind::Malformed, "no end", platform::now()))
    }

    async fn runbook(&self, id: &str, _need: Need) -> Reply {
        self.note(&format!("runbook {id}"));
        Reply::Written(Ok(Written::default()))
    }

    async fn copy(&self, id: &str) -> Vec<Fault> {
        self.note(&format!("copy {id}"));
        vec![Fault::new(
            "audit",
            FaultKind::Unreachable,
            "The webhook did not answer",
            platform::now(),
        )]
    }
}

fn crew(script: &Script, entries: Vec<Entry>, room: usize) -> (Crew<Script>, mpsc::Receiver<Msg>) {
    let (tell, told) = mpsc::channel(room);
    let plane = script.clone();
    let tools = Tools {
        open: Box::new(move |cluster: &ClusterId| {
            plane.note(&format!("open {cluster}"));
            Ok(plane.clone())
        }),
        shelf: Shelf::new(move || {
            Ok(Pages {
                entries: entries.clone(),
                mistakes: Vec::new(),
                left: Vec::new(),
            })
        }),
    };
    (Crew::new(tools, tell), told)
}

async fn next(told: &mut mpsc::Receiver<Msg>) -> Acted {
    match told.recv().await.unwrap() {
        Msg::Acted(acted) => *acted,
        other => panic!("{other:?}"),
    }
}

fn carry_out(task: u64) -> Order {
    Order::CarryOut {
        task,
        prepared: Arc::new(done::prepared()),
        consent: Consent {
            safety: Safety::Open,
            typed: String::new(),
        },
    }
}

fn survey(task: u64) -> Order {
    let ask = done::ask();
    let point = Point {
        cluster: ask.cluster,
        resource: ask.resource,
        namespace: ask.namespace,
        name: ask.name,
        uid: ask.uid,
    };
    Order::Survey {
        task,
        point: Box::new(point),
    }
}

#[tokio::test]
async fn what_is_asked_comes_back_with_its_task_and_one_plane_serves_a_cluster() {
    let script = Script::default();
    let (mut crew, mut told) = crew(&script, Vec::new(), 8);
    crew.act(survey(1));
    assert!(matches!(next(&mut told).await, Acted::Surveyed(1, Ok(_))));
    crew.act(Order::Prepare {
        task: 2,
        ask: Box::new(done::ask()),
    });
    let prepared = next(&mut told).await;
    assert!(
        matches!(&prepared, Acted::Prepared(2, Err(halt)) if halt.kind == HaltKind::Gone),
        "{prepared:?}"
    );
    let opened = script.calls().into_iter().filter(|c| c.starts_with("open"));
    assert_eq!(opened.collect::<Vec<_>>(), ["open prod-eu"]);
}

#[tokio::test]
async fn an_action_tells_its_way_then_its_end_then_who_could_not_be_told() {
    let script = Script::default();
    let (mut crew, mut told) = crew(&script, Vec::new(), 8);
    crew.act(carry_out(3));
    assert!(matches!(
        next(&mut told).await,
        Acted::Progressed(3, Progress::Checked)
    ));
    assert!(
        matches!(next(&mut told).await, Acted::Progressed(3, Progress::Journaled(id)) if id == "own")
    );
    assert!(matches!(next(&mut told).await, Acted::Ended(3, end) if end.verdict == Verdict::Done));
    let note = told.recv().await.unwrap();
    assert!(
        matches!(&note, Msg::Noted(note) if note.text == "audit: The webhook did not answer."),
        "{note:?}"
    );
    assert_eq!(crew.under_way(), 0);
}

#[tokio::test]
async fn leaving_ends_what_only_asks_and_never_what_writes() {
    let script = Script::default();
    script.0.gate.send_replace(false);
    let (mut crew, mut told) = crew(&script, Vec::new(), 8);
    crew.act(survey(1));
    crew.act(carry_out(2));
    script.heard("survey nightly").await;
    script.heard("carry out").await;
    crew.act(Order::Leave(1));
    crew.act(Order::Leave(2));
    script.heard("survey dropped").await;
    script.0.gate.send_replace(true);
    script.heard("carried out").await;
    for _ in 0..2 {
        assert!(matches!(next(&mut told).await, Acted::Progressed(2, _)));
    }
    assert!(matches!(next(&mut told).await, Acted::Ended(2, _)));
}

#[tokio::test]
async fn a_bug_while_acting_is_an_unknown_end_and_never_silence() {
    let script = Script(Arc::new(Inner {
        breaks: true,
        ..Inner::default()
    }));
    let (mut crew, mut told) = crew(&script, Vec::new(), 8);
    crew.act(carry_out(4));
    let end = loop {
        if let Acted::Ended(4, end) = next(&mut told).await {
            break end;
        }
    };
    assert_eq!(end.verdict, Verdict::Unknown);
    assert!(end.what.contains("midwatch has a bug"), "{}", end.what);
    assert_eq!(crew.under_way(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_end_waits_for_what_is_under_way_and_not_longer_than_it_may() {
    let script = Script::default();
    script.0.gate.send_replace(false);
    // nobody takes reports any more, and there is room for one only
    let (mut crew, _told) = crew(&script, Vec::new(), 1);
    crew.act(carry_out(5));
    script.heard("carry out").await;
    assert_eq!(crew.under_way(), 1);
    assert_eq!(crew.finish(Duration::from_secs(5)).await, 1);
    script.0.gate.send_replace(true);
    assert_eq!(crew.finish(Duration::from_secs(5)).await, 0);
    assert!(script.calls().contains(&"carried out".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn what_is_in_doubt_is_looked_at_once_its_cluster_answers() {
    let script = Script::default();
    let mut elsewhere = done::doubt(done::entry("far", "run.retry", ("workflows", "x"), 60));
    elsewhere.intent.cluster.name = "prod-us".to_owned();
    let mut entries = done::night();
    entries.push(elsewhere);
    let (mut crew, mut told) = crew(&script, entries, 8);
    for _ in 0..2 {
        crew.reached(&ClusterId::new("prod-eu"));
    }
    let found = next(&mut told).await;
    let Acted::Resolved(found) = found else {
        panic!("{found:?}");
    };
    assert_eq!(found.len(), 1);
    assert!(found[0].id == "a5" && found[0].resolved && found[0].ended.is_some());
    assert!(matches!(next(&mut told).await, Acted::Journal { .. }));
    let looked = script
        .calls()
        .into_iter()
        .filter(|c| c.starts_with("resolve"));
    assert_eq!(looked.collect::<Vec<_>>(), ["resolve a5"]);
}

#[tokio::test(start_paused = true)]
async fn what_another_console_is_at_is_looked_at_again_later_and_nothing_is_told_until_then() {
    let script = Script::default();
    script.0.busy.lock().unwrap().insert("a5".to_owned(), 2);
    let (mut crew, mut told) = crew(&script, done::night(), 8);
    crew.reached(&ClusterId::new("prod-eu"));
    assert!(matches!(next(&mut told).await, Acted::Resolved(found) if found.len() == 1));
    assert_eq!(
        script.calls().iter().filter(|c| *c == "resolve a5").count(),
        3
    );
}

#[tokio::test]
async fn an_action_of_this_session_is_never_looked_at_as_if_it_were_left() {
    let script = Script::default();
    script.0.gate.send_replace(false);
    let own = done::doubt(done::entry(
        "own",
        "cron.suspend",
        ("cronworkflows", "nightly"),
        1,
    ));
    let left = done::doubt(done::entry("left", "run.stop", ("workflows", "x"), 900));
    let (mut crew, mut told) = crew(&script, vec![own, left], 8);
    crew.act(carry_out(6));
    for _ in 0..2 {
        assert!(matches!(next(&mut told).await, Acted::Progressed(6, _)));
    }
    crew.reached(&ClusterId::new("prod-eu"));
    assert!(matches!(next(&mut told).await, Acted::Resolved(found) if found[0].id == "left"));
    assert!(!script.calls().contains(&"resolve own".to_owned()));
}

#[tokio::test]
async fn a_journal_that_cannot_be_read_is_told_with_what_that_means() {
    let script = Script::default();
    let (tell, mut told) = mpsc::channel(4);
    let tools = Tools {
        open: Box::new(move |_: &ClusterId| Ok(script.clone())),
        shelf: Shelf::new(|| Err("the journal cannot be read: /x: denied.".to_owned())),
    };
    let mut crew = Crew::new(tools, tell);
    crew.act(Order::ReadJournal);
    let note = told.recv().await.unwrap();
    let Msg::Noted(note) = note else {
        panic!("{note:?}");
    };
    assert!(
        note.text
            .contains("/x: denied. Looking works; nothing can be done"),
        "{}",
        note.text
    );
}
