//! The logs that one screen reads: one a container, and how each of them stands. Pure.

use std::sync::Arc;

use super::target::{Found, Pick};
use crate::app::screen::Ctx;
use crate::domain::{
    Clean, ClusterId, ContainerRow, ContainerState, Key, LogEnd, LogScope, PodRow, SourceId,
    SourceState, Span,
};
use crate::store::{LOG_LINES, LogBook};

/// Most logs read at once.
const TAILS: usize = 40;

/// Containers that serve the others: their log is rarely the one that is looked for.
const SIDECARS: [&str; 6] = [
    "wait",
    "istio-proxy",
    "istio-init",
    "linkerd-proxy",
    "vault-agent",
    "argoexec",
];

/// Which containers of a pod.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Containers {
    /// What does the work; an init container that failed, since then nothing else ran.
    #[default]
    Main,
    /// All.
    All,
    /// The ones of this name.
    Named(Clean),
}

/// What is read of each container.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reading {
    /// Which containers.
    pub containers: Containers,
    /// What the container before the last restart printed.
    pub previous: bool,
    /// Only the last so many seconds.
    pub since: Option<u32>,
    /// The attempt so many before the last, of a step that is retried.
    pub back: usize,
}

/// One log.
#[derive(Debug, Clone)]
pub struct Tail {
    /// What is asked for.
    pub scope: LogScope,
    /// What its pod is called.
    pub label: Clean,
    cluster: ClusterId,
}

/// How a log stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Asked for.
    Asking,
    /// New lines arrive as they are printed.
    Following,
    /// All was read.
    Complete,
    /// The pod went away while it was read, or its log did.
    Gone,
    /// The container has not started: why.
    Waiting(String),
    /// It cannot be read: the state, what was tried, what to do.
    Trouble(SourceState, String),
}

impl Standing {
    /// A word for the heading.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Asking => "asking",
            Self::Following => "live",
            Self::Complete => "complete",
            Self::Gone => "gone",
            Self::Waiting(_) => "waiting to start",
            Self::Trouble(state, _) => state.word(),
        }
    }
}

impl Tail {
    /// The source that reads it.
    #[must_use]
    pub fn source(&self) -> SourceId {
        SourceId {
            cluster: self.cluster.clone(),
            feed: "logs",
            scope: self.scope.source(),
        }
    }

    /// The pod.
    #[must_use]
    pub fn pod(&self) -> Key {
        Key::new(self.cluster.clone(), &self.scope.namespace, &self.scope.pod)
    }

    /// How it stands now.
    #[must_use]
    pub fn standing(&self, book: Option<&LogBook>, ctx: &Ctx<'_>) -> Standing {
        let streams = book.map_or(&[][..], LogBook::streams);
        let end = streams.iter().find(|s| s.scope == self.scope);
        match end.and_then(|s| s.end) {
            Some(LogEnd::Complete) => return Standing::Complete,
            Some(LogEnd::Gone) => return Standing::Gone,
            None => {}
        }
        let source = ctx.world.source(&self.source());
        let state = source.map_or(SourceState::Connecting, |s| s.state);
        if matches!(state, SourceState::Live | SourceState::Partial) {
            return Standing::Following;
        }
        if let Some(reason) = self.waits(ctx) {
            return Standing::Waiting(reason);
        }
        let fault = source.and_then(|s| s.fault.as_ref());
        match (state, fault) {
            (SourceState::Connecting, None) => Standing::Asking,
            (state, fault) => {
                let since = source.map_or(0, |s| Span::between(s.since, ctx.now).0);
                let told =
                    fault.map_or_else(|| format!("for {}", Span(since)), crate::fault::Fault::told);
                Standing::Trouble(state, told)
            }
        }
    }

    /// Why the container has not started, when it has not.
    fn waits(&self, ctx: &Ctx<'_>) -> Option<String> {
        if self.scope.previous {
            return None;
        }
        let pod = ctx.world.table::<PodRow>()?.get(&self.pod())?;
        if !pod.unscheduled.is_empty() {
            return Some(format!("not scheduled: {}", pod.unscheduled));
        }
        let name = &self.scope.container;
        let container = pod.containers.iter().find(|c| *c.name == **name);
        match container {
            Some(c) if c.state == ContainerState::Waiting => Some(if c.message.is_empty() {
                c.reason.to_string()
            } else {
                format!("{}: {}", c.reason, c.message)
            }),
            None if &*pod.phase == "Pending" => Some("the pod is pending".to_owned()),
            _ => None,
        }
    }
}

/// Adds the logs of pods that are not read yet. What is read stays, also when its pod goes away: its lines would go
/// with it.
pub fn add(tails: &mut Vec<Tail>, found: &Found, reading: &Reading, key: &Key, view: u32) {
    let mut fresh: Vec<(Clean, Clean, Clean)> = Vec::new();
    for pick in &found.pods {
        for container in containers(pick, &reading.containers) {
            fresh.push((pick.pod.clone(), pick.label.clone(), container));
        }
    }
    let room = TAILS.min(fresh.len().max(tails.len())).max(1);
    let tail = u32::try_from(LOG_LINES / room).unwrap_or(u32::MAX);
    for (pod, label, container) in fresh {
        let known = |t: &Tail| *t.scope.pod == *pod && *t.scope.container == *container;
        if tails.len() < TAILS && !tails.iter().any(known) {
            tails.push(Tail {
                scope: LogScope {
                    view,
                    namespace: key.namespace.to_string(),
                    pod: pod.to_string(),
                    container: container.to_string(),
                    previous: reading.previous,
                    since: reading.since,
                    tail: Some(tail),
                },
                label,
                cluster: key.cluster.clone(),
            });
        }
    }
}

fn containers(pick: &Pick, which: &Containers) -> Vec<Clean> {
    let Some(pod) = &pick.row else {
        // what is known of a pod that cannot be looked up is what the engine calls its container
        return match which {
            Containers::Named(name) => vec![name.clone()],
            _ => vec![Clean::new("main")],
        };
    };
    let all = || pod.containers.iter();
    match which {
        Containers::All => all().map(|c| c.name.clone()).collect(),
        Containers::Named(name) => {
            let same = all().filter(|c| c.name == *name);
            same.map(|c| c.name.clone()).collect()
        }
        Containers::Main => main(pod).map(|c| c.name.clone()).collect(),
    }
}

fn main(pod: &Arc<PodRow>) -> impl Iterator<Item = &ContainerRow> {
    let broke = |c: &&ContainerRow| {
        let again = c.restarts > 0 && c.state == ContainerState::Waiting;
        c.init && (c.exit_code.is_some_and(|code| code != 0) || again)
    };
    let all = || pod.containers.iter();
    let serves = |c: &&ContainerRow| SIDECARS.contains(&&*c.name);
    let work = |c: &&ContainerRow| !c.init && !serves(c);
    let named = all().find(|c| &*c.name == "main");
    let mut chosen: Vec<&ContainerRow> = all().filter(broke).collect();
    match named {
        Some(main) => chosen.push(main),
        None => chosen.extend(all().filter(work)),
    }
    if chosen.is_empty() {
        chosen.extend(all().find(|c| !c.init));
    }
    chosen.into_iter()
}

/// Names of all containers of these pods, each once.
#[must_use]
pub fn names(found: &Found) -> Vec<Clean> {
    let mut names: Vec<Clean> = Vec::new();
    let rows = found.pods.iter().filter_map(|pick| pick.row.as_ref());
    for container in rows.flat_map(|row| row.containers.iter()) {
        if !names.contains(&container.name) {
            names.push(container.name.clone());
        }
    }
    names
}

/// What stands before the lines of each log; empty when there is only one.
#[must_use]
pub fn prefixes(tails: &[Tail]) -> Vec<String> {
    let differ =
        |of: fn(&Tail) -> &str| tails.iter().any(|t| of(t) != tails.first().map_or("", of));
    let pods = differ(|t| &t.scope.pod);
    let containers = differ(|t| &t.scope.container);
    let name = |t: &Tail| match (pods, containers) {
        (false, false) => String::new(),
        (true, false) => t.label.to_string(),
        (false, true) => t.scope.container.clone(),
        (true, true) => format!("{}/{}", t.label, t.scope.container),
    };
    tails.iter().map(name).collect()
}
