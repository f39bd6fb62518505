//! Orders become tasks, and their reports messages of the loop. A task that only asks ends when nobody waits for it any
//! more; one that writes goes on to its verdict. A task that fails by a bug is reported, too.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{mpsc, watch};
use tokio::task::{AbortHandle, JoinError, JoinHandle};

use super::doubts::{Doubts, Own};
use super::post::Post;
use super::{Finished, Hands, Shelf, Works};
use crate::app::Msg;
use crate::app::deed::{Acted, Order, Point, TaskId};
use crate::app::note::Note;
use crate::domain::{Clean, ClusterId};
use crate::fault::{Fault, FaultKind, ended as sentence};
use crate::plan::{Ask, Consent, Halt, HaltKind, Outcome, Prepared, Progress, Verdict};
use crate::runbook::course::{Need, Reply as RunReply};

type Open<P> = dyn Fn(&ClusterId) -> Result<P, Fault> + Send + Sync;

/// What a crew works with.
pub struct Tools<P> {
    /// Makes the action plane of a cluster; once for each, when it is first needed.
    pub open: Box<Open<P>>,
    /// Where the journal is read.
    pub shelf: Shelf,
}

impl<P> fmt::Debug for Tools<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tools")
    }
}

/// Hands that act on clusters.
pub struct Crew<P> {
    tools: Tools<P>,
    tell: mpsc::Sender<Msg>,
    planes: BTreeMap<ClusterId, P>,
    asking: BTreeMap<TaskId, AbortHandle>,
    busy: Arc<watch::Sender<usize>>,
    own: Own,
    reached: Vec<ClusterId>,
}

impl<P> fmt::Debug for Crew<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Crew({} under way)", *self.busy.borrow())
    }
}

impl<P: Works> Crew<P> {
    /// Reports go to `tell`.
    #[must_use]
    pub fn new(tools: Tools<P>, tell: mpsc::Sender<Msg>) -> Self {
        Self {
            tools,
            tell,
            planes: BTreeMap::new(),
            asking: BTreeMap::new(),
            busy: Arc::new(watch::Sender::new(0)),
            own: Own::default(),
            reached: Vec::new(),
        }
    }

    fn plane(&mut self, cluster: &ClusterId) -> Result<P, Fault> {
        if let Some(plane) = self.planes.get(cluster) {
            return Ok(plane.clone());
        }
        let plane = (self.tools.open)(cluster)?;
        self.planes.insert(cluster.clone(), plane.clone());
        Ok(plane)
    }

    fn survey(&mut self, task: TaskId, point: Point) {
        let plane = self.plane(&point.cluster);
        let cluster = point.cluster.clone();
        let work = async move {
            match plane {
                Ok(plane) => plane.survey(&point).await,
                Err(fault) => Err(fault),
            }
        };
        self.ask(task, work, move |done| {
            let done = done.unwrap_or_else(|error| Err(bug(&cluster, &error)));
            Acted::Surveyed(task, done)
        });
    }

    fn prepare(&mut self, task: TaskId, ask: Ask) {
        let plane = self.plane(&ask.cluster);
        let work = async move {
            match plane {
                Ok(plane) => plane.prepare(&ask).await.map(Arc::new),
                Err(fault) => Err(no_plane(&fault)),
            }
        };
        self.ask(task, work, move |done| {
            let done = done.unwrap_or_else(|error| {
                let what = format!("midwatch has a bug: the plan could not be made ({error}).");
                Err(Halt::new(HaltKind::Unreachable, &what).hint("Nothing was written."))
            });
            Acted::Prepared(task, done)
        });
    }

    /// A task that asks and writes nothing.
    fn ask<T: Send + 'static>(
        &mut self,
        task: TaskId,
        work: impl Future<Output = T> + Send + 'static,
        report: impl FnOnce(Result<T, JoinError>) -> Acted + Send + 'static,
    ) {
        let inner = tokio::spawn(work);
        self.asking.retain(|_, asking| !asking.is_finished());
        self.asking.insert(task, inner.abort_handle());
        let tell = self.tell.clone();
        tokio::spawn(async move {
            let done = inner.await;
            if !matches!(&done, Err(error) if error.is_cancelled()) {
                send(&tell, report(done)).await;
            }
        });
    }

    fn carry_out(&mut self, task: TaskId, prepared: Arc<Prepared>, consent: Consent) {
        let plane = match self.plane(&prepared.ask.cluster) {
            Ok(plane) => plane,
            Err(fault) => {
                let ended = Acted::Ended(task, Outcome::from(no_plane(&fault)));
                let tell = self.tell.clone();
                tokio::spawn(async move { send(&tell, ended).await });
                return;
            }
        };
        let copies = plane.clone();
        let post = Arc::new(Post::default());
        let (own, busy) = (self.own.clone(), Busy::begin(&self.busy));
        let work = tokio::spawn({
            let post = Arc::clone(&post);
            async move {
                // ends with the work, also while nobody takes reports
                let _busy = busy;
                let tell = move |progress: Progress| {
                    if let Progress::Journaled(id) = &progress {
                        own.add(id);
                    }
                    post.put(progress);
                };
                plane.carry_out(&prepared, &consent, tell).await
            }
        });
        let tell = self.tell.clone();
        tokio::spawn(async move {
            let id = follow(task, work, &post, &tell).await;
            copy(&copies, &id, &tell).await;
        });
    }

    /// Does what a run of a runbook needs. What is written counts as under way: the end of the console waits for it.
    fn runbook(&mut self, (task, cluster): (TaskId, ClusterId), id: String, need: Need) {
        let plane = self.plane(&cluster);
        let (tell, busy) = (self.tell.clone(), Busy::begin(&self.busy));
        tokio::spawn(async move {
            let reply = match plane {
                Ok(plane) => plane.runbook(&id, need).await,
                Err(fault) => refused(&need, &fault),
            };
            drop(busy);
            send(&tell, Acted::Runbook(task, reply)).await;
        });
    }

    fn read_journal(&self) {
        let (shelf, tell) = (self.tools.shelf.clone(), self.tell.clone());
        tokio::spawn(async move { tell_journal(&shelf, &tell).await });
    }
}

impl<P: Works> Hands for Crew<P> {
    fn act(&mut self, order: Order) {
        match order {
            Order::Survey { task, point } => self.survey(task, *point),
            Order::Prepare { task, ask } => self.prepare(task, *ask),
            Order::CarryOut {
                task,
                prepared,
                consent,
            } => self.carry_out(task, prepared, consent),
            Order::Stop { cluster, id } => {
                if let Ok(plane) = self.plane(&cluster) {
                    plane.stop(&id);
                }
            }
            Order::Leave(task) => {
                if let Some(asking) = self.asking.remove(&task) {
                    asking.abort();
                }
            }
            Order::ReadJournal => self.read_journal(),
            Order::Runbook {
                task,
                cluster,
                id,
                need,
            } => self.runbook((task, cluster), id, *need),
        }
    }

    fn reached(&mut self, cluster: &ClusterId) {
        if self.reached.contains(cluster) {
            return;
        }
        self.reached.push(cluster.clone());
        let Ok(plane) = self.plane(cluster) else {
            return;
        };
        let doubts = Doubts {
            plane,
            cluster: cluster.clone(),
            shelf: self.tools.shelf.clone(),
            tell: self.tell.clone(),
            own: self.own.clone(),
        };
        tokio::spawn(doubts.run());
    }

    fn under_way(&self) -> usize {
        *self.busy.borrow()
    }

    fn finish(&mut self, within: Duration) -> Finished<'_> {
        let mut busy = self.busy.subscribe();
        Box::pin(async move {
            let none = busy.wait_for(|count| *count == 0);
            let _ = tokio::time::timeout(within, none).await;
            self.under_way()
        })
    }
}

/// An action that is carried out, from now until this is dropped.
struct Busy(Arc<watch::Sender<usize>>);

impl Busy {
    fn begin(count: &Arc<watch::Sender<usize>>) -> Self {
        count.send_modify(|n| *n += 1);
        Self(Arc::clone(count))
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.send_modify(|n| *n = n.saturating_sub(1));
    }
}

/// Passes on what happens, then the end; answers the id in the journal.
async fn follow(
    task: TaskId,
    mut work: JoinHandle<Outcome>,
    post: &Post,
    tell: &mpsc::Sender<Msg>,
) -> String {
    let outcome = loop {
        tokio::select! {
            biased;
            done = &mut work => break done.unwrap_or_else(|error| unknown(&error)),
            () = post.ring() => {
                for progress in post.take() {
                    send(tell, Acted::Progressed(task, progress)).await;
                }
            }
        }
    };
    for progress in post.take() {
        send(tell, Acted::Progressed(task, progress)).await;
    }
    let id = outcome.id.clone();
    send(tell, Acted::Ended(task, outcome)).await;
    id
}

/// Tells others of it. What does not arrive is told here, and changes nothing of what was done.
async fn copy<P: Works>(plane: &P, id: &str, tell: &mpsc::Sender<Msg>) {
    if id.is_empty() {
        return;
    }
    for fault in plane.copy(id).await {
        let text = sentence(&format!("{}: {}", fault.source, fault.told()));
        let note = Note::warn(Clean::new(&text).to_string());
        let _ = tell.send(Msg::Noted(note)).await;
    }
}

/// Reads the journal and tells it, or why not.
pub(super) async fn tell_journal(shelf: &Shelf, tell: &mpsc::Sender<Msg>) {
    match shelf.read().await {
        Ok(pages) => {
            let entries = Arc::new(pages.entries);
            let mistakes = pages.mistakes;
            send(tell, Acted::Journal { entries, mistakes }).await;
            if !pages.left.is_empty() {
                send(tell, Acted::Left(pages.left)).await;
            }
        }
        Err(why) => {
            let text =
                format!("{why} Looking works; nothing can be done until the journal can be kept");
            let note = Note::error(Clean::new(&text).to_string());
            let _ = tell.send(Msg::Noted(note)).await;
        }
    }
}

/// Nobody listens any more when the console has ended.
pub(super) async fn send(tell: &mpsc::Sender<Msg>, acted: Acted) {
    let _ = tell.send(Msg::Acted(Box::new(acted))).await;
}

/// A cluster that is not open here: why a run of a runbook does not go on.
fn refused(need: &Need, fault: &Fault) -> RunReply {
    let why = Clean::new(&fault.told());
    match need {
        Need::Write { .. } => RunReply::Written(Err(why)),
        Need::Query(_) => RunReply::Queried(Err(why.to_string())),
        Need::Look(_) => RunReply::Looked(Err(why)),
    }
}

fn no_plane(fault: &Fault) -> Halt {
    Halt::new(HaltKind::Unreachable, &fault.what).hint(&fault.hint)
}

fn bug(cluster: &ClusterId, error: &JoinError) -> Fault {
    let what = format!("midwatch has a bug: it could not be found out what can be done ({error}).");
    Fault::new(
        cluster.as_str(),
        FaultKind::Malformed,
        what,
        Timestamp::now(),
    )
}

fn unknown(error: &JoinError) -> Outcome {
    let halt = Halt::new(
        HaltKind::Unreachable,
        &format!("midwatch has a bug, and lost sight of the action ({error})."),
    );
    Outcome {
        verdict: Verdict::Unknown,
        hint: "Look at the target, and at the journal: it has what was sent.".into(),
        ..Outcome::from(halt)
    }
}
