//! What is told while an action is carried out, on standard error, and what Ctrl-C does. I/O.

use std::io::{self, IsTerminal as _, Write as _};
use std::pin::pin;
use std::sync::Mutex;
use std::time::Duration;

use jiff::Timestamp;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::tell;
use crate::act::{Journal, Plane, Wire};
use crate::domain::Clean;
use crate::plan::{Consent, Entry, Halt, HaltKind, Outcome, Plan, Prepared, Progress, Standing};

/// What was told so far.
#[derive(Default)]
struct Told {
    id: String,
    sent: bool,
}

/// Carries it out. Before the first request has left, an interrupt takes it back; after, it goes on, and a second one
/// leaves it.
pub(super) async fn carry_out<W: Wire + 'static>(
    plane: &Plane<W>,
    journal: &Journal,
    (prepared, consent): (&Prepared, &Consent),
) -> Outcome {
    let told = Mutex::new(Told::default());
    let hear = |progress: Progress| hear(&prepared.plan, &progress, &told);
    let mut signals = Signals::new();
    let left = {
        let mut work = pin!(plane.carry_out(prepared, consent, hear));
        loop {
            tokio::select! {
                outcome = &mut work => return outcome,
                () = signals.next() => {}
            }
            let (id, sent) = known(&told);
            if !sent || signals.heard > 1 {
                break sent;
            }
            interrupted(plane, &prepared.plan, &id);
        }
    };
    let (id, _) = known(&told);
    if left {
        return alone(id);
    }
    // the task sees that nobody waits, or has just sent its first request and goes on
    plane.idle().await;
    ended(journal, &id).unwrap_or_else(|| {
        Halt::new(
            HaltKind::Cancelled,
            "It was taken back before anything was sent",
        )
        .into()
    })
}

/// The first interrupt after a request has left: what can be stopped half-way is, the rest goes on.
fn interrupted<W: Wire + 'static>(plane: &Plane<W>, plan: &Plan, id: &str) {
    if plan.evicts() {
        plane.stop(id);
        tell("no more pods are asked to go; what is left is told");
        return;
    }
    tell(&format!(
        "a request has left, so it goes on to its end; once more leaves it alone (midwatch audit show {id})"
    ));
}

fn known(told: &Mutex<Told>) -> (String, bool) {
    told.lock()
        .map(|t| (t.id.clone(), t.sent))
        .unwrap_or_default()
}

/// Left while a request is under way.
fn alone(id: String) -> Outcome {
    let halt = Halt::new(HaltKind::Cancelled, "It was left while it was under way");
    let hint = format!(
        "Its end is looked for by the next midwatch do on the same object, or: midwatch audit show {id}"
    );
    Outcome {
        id,
        verdict: crate::plan::Verdict::Unknown,
        ..Outcome::from(halt.hint(&hint))
    }
}

/// What the journal says about the end of an action.
fn ended(journal: &Journal, id: &str) -> Option<Outcome> {
    let reading = journal.read().ok().filter(|_| !id.is_empty())?;
    let entries = Entry::fold(reading.records.iter().filter(|r| r.id == id));
    let entry = entries.into_iter().next()?;
    let Standing::Ended(verdict) = entry.standing() else {
        return None;
    };
    let end = entry.ended?;
    Some(Outcome {
        id: entry.id,
        verdict,
        what: end.what,
        hint: Clean::default(),
        answers: entry.answers,
        changes: end.changes,
        by: end.by,
        undo: entry.intent.undo,
        unrecorded: Clean::default(),
        took: Duration::from_millis(end.millis),
    })
}

/// One line for each thing that happens.
fn hear(plan: &Plan, progress: &Progress, told: &Mutex<Told>) {
    if let Ok(mut told) = told.lock() {
        match progress {
            Progress::Journaled(id) => told.id.clone_from(id),
            Progress::Sent { .. } => told.sent = true,
            _ => {}
        }
    }
    let time = Timestamp::now().strftime("%H:%M:%SZ");
    write(&format!("  {time}  {}\n", words(plan, progress)));
}

fn words(plan: &Plan, progress: &Progress) -> String {
    let of = plan.steps.len();
    match progress {
        Progress::Checked => "checked: the same cluster, and what was shown still holds".to_owned(),
        Progress::Journaled(id) => format!("written down as {id}"),
        Progress::Sent { step, .. } => {
            let back = plan.rollback.as_ref().map(|back| &back.step);
            let request = plan.steps.get(*step).or(back);
            let of = of.max(step + 1);
            let request = request.map(|s| format!("{} {}", s.method, Clean::new(&s.path)));
            format!("sent {}/{of}  {}", step + 1, request.unwrap_or_default())
        }
        Progress::Answered(answered) => format!(
            "answer {}/{}  {} ({} ms)",
            answered.step + 1,
            of.max(answered.step + 1),
            answered.words,
            answered.millis
        ),
        Progress::Leaving { left } => {
            format!("waiting until what was deleted is gone ({left} to look at)")
        }
        Progress::Waiting {
            left,
            ending,
            words,
        } => format!("waiting: {left} may not go yet, {ending} end; {words}"),
        Progress::Gone { name, left } => format!("gone: {name} ({left} left)"),
        Progress::RollingBack { words } => format!("{words}; setting it back"),
        Progress::Seen {
            words,
            hold,
            of,
            after,
        } => format!(
            "seen after {} s: {words} ({hold} of {of} checks hold)",
            after.as_secs()
        ),
    }
}

/// Writes on standard error. Nobody may be there to read it, which is no failure.
pub(in crate::cli) fn write(text: &str) {
    let mut out = io::stderr().lock();
    let _ = out.write_all(text.as_bytes());
    let _ = out.flush();
}

/// Columns of the terminal that is told on the way; `None` when it is none.
pub(super) fn width() -> Option<usize> {
    io::stderr().is_terminal().then(columns)?
}

/// Columns of the terminal.
pub(super) fn columns() -> Option<usize> {
    let (columns, _) = crossterm::terminal::size().ok()?;
    Some(usize::from(columns)).filter(|c| *c > 0)
}

/// Signals that ask this program to end.
pub(in crate::cli) struct Signals {
    kinds: Vec<Signal>,
    heard: usize,
}

impl Signals {
    pub(in crate::cli) fn new() -> Self {
        let kinds = [
            SignalKind::interrupt(),
            SignalKind::terminate(),
            SignalKind::hangup(),
        ];
        Self {
            kinds: kinds.into_iter().filter_map(|k| signal(k).ok()).collect(),
            heard: 0,
        }
    }

    /// Waits for the next one.
    pub(in crate::cli) async fn next(&mut self) {
        if self.kinds.is_empty() {
            std::future::pending::<()>().await;
        }
        let any = self.kinds.iter_mut().map(|s| Box::pin(s.recv()));
        futures::future::select_all(any).await;
        self.heard += 1;
    }
}
