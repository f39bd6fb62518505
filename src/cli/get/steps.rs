//! The steps of one run, in the order of its tree, with the cause of what failed. Pure but for finding the run.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::ask::{GetArgs, wrong};
use super::sheet::{Eyes, Head, Line, Sheet, View, is_named, missing, path};
use crate::app::items::{Item, cause_of, seconds, text, time};
use crate::app::list::{Cell, Listing};
use crate::app::lists::{Runs, mark};
use crate::cli::exit::Failure;
use crate::cli::session::Session;
use crate::domain::{
    Artifact, Cause, Clean, Key, NodeRow, Parameter, PodRow, RunDetail, RunRow, Step, StepId,
    StepKind, clock, took,
};
use crate::store::{Scope, Want, cause};
use crate::theme::Role;

const HEADS: [Head; 10] = [
    head("state", "STATE", 11, 0),
    head("step", "STEP", 20, 0),
    head("type", "TYPE", 7, 4),
    head("started", "STARTED", 9, 5),
    Head {
        right: true,
        ..head("took", "TOOK", 8, 3)
    },
    head("cause", "CAUSE", 32, 0),
    head("pod", "POD", 48, 9),
    Head {
        wide: true,
        ..head("node", "NODE", 8, 6)
    },
    Head {
        wide: true,
        ..head("template", "TEMPLATE", 8, 7)
    },
    Head {
        wide: true,
        ..head("id", "ID", 12, 8)
    },
];

const fn head(id: &'static str, title: &'static str, least: usize, drop: u8) -> Head {
    Head {
        id,
        title,
        least,
        drop,
        right: false,
        wide: false,
    }
}

/// The steps of a run to be read.
#[derive(Debug)]
pub struct Steps {
    /// The run; `None` when none of that name is there.
    run: Option<Key>,
    given: String,
    /// What to say when it is not there.
    missing: String,
    eyes: Eyes,
}

impl Steps {
    /// Finds out which run is meant: where its namespace is not named, the runs are listed first.
    pub async fn find(session: &mut Session, given: &str, args: &GetArgs) -> Result<Self, Failure> {
        let known = placed(session, given, &args.namespaces);
        let run = match known {
            Some(key) => Some(key),
            None => Self::search(session, given, args).await?,
        };
        let missing = missing("run", given, runs(session).map(|r| &r.key));
        if run.is_some() {
            // the list has told what it was asked for
            session.drop_wants(|want| want.feed == Runs::FEEDS[0]);
        }
        Ok(Self {
            run,
            given: given.to_owned(),
            missing,
            eyes: Eyes::default(),
        })
    }

    async fn search(
        session: &mut Session,
        given: &str,
        args: &GetArgs,
    ) -> Result<Option<Key>, Failure> {
        let mut wants = Vec::new();
        for cluster in session.clusters() {
            let scopes: Vec<Scope> = match (given.split_once('/'), args.namespaces.as_slice()) {
                (Some((namespace, _)), _) => vec![Scope::Namespace(namespace.to_owned())],
                (None, []) => vec![Scope::All],
                (None, named) => named.iter().cloned().map(Scope::Namespace).collect(),
            };
            wants.extend(scopes.into_iter().map(|scope| Want {
                cluster: cluster.clone(),
                feed: Runs::FEEDS[0],
                scope,
            }));
        }
        session.want(wants);
        session.settle(args.timeout).await;
        let mut found: Vec<Key> = runs(session)
            .map(|run| run.key.clone())
            .filter(|key| is_named(key, given))
            .collect();
        if found.len() > 1 {
            found.sort();
            let places: Vec<String> = found.iter().map(|key| path(key, 2)).collect();
            return Err(wrong(
                format!(
                    "{} is the name of several runs: {}",
                    Clean::new(given),
                    places.join(", ")
                ),
                "Say which with -n NAMESPACE or --context CONTEXT.",
            ));
        }
        Ok(found.pop())
    }
}

/// With one cluster and a namespace that is named, nothing has to be searched.
fn placed(session: &Session, given: &str, namespaces: &[String]) -> Option<Key> {
    let [cluster] = session.clusters() else {
        return None;
    };
    let key = |namespace: &str, name: &str| Key::new(cluster.clone(), namespace, name);
    match (given.split_once('/'), namespaces) {
        (Some((namespace, name)), _) => Some(key(namespace, name)),
        (None, [namespace]) => Some(key(namespace, given)),
        (None, _) => None,
    }
}

fn runs(session: &Session) -> impl Iterator<Item = &std::sync::Arc<RunRow>> {
    let table = session.world().table::<RunRow>();
    table.into_iter().flat_map(crate::store::Table::iter)
}

impl View for Steps {
    fn wants(&self, _session: &Session) -> Vec<Want> {
        let Some(run) = &self.run else {
            return Vec::new();
        };
        let (namespace, name) = (run.namespace.to_string(), run.name.to_string());
        let want = |feed, scope| Want {
            cluster: run.cluster.clone(),
            feed,
            scope,
        };
        let selector = format!("workflows.argoproj.io/workflow={name}");
        vec![
            want(
                "run",
                Scope::Object {
                    namespace: namespace.clone(),
                    name,
                },
            ),
            want(
                "pods",
                Scope::Labelled {
                    namespace,
                    selector,
                },
            ),
            want("nodes", Scope::All),
        ]
    }

    /// Pods and nodes only add evidence to causes.
    fn needs(&self, feed: &str) -> bool {
        feed == "run" || feed == Runs::FEEDS[0]
    }

    fn sheet(&self, session: &Session, now: Timestamp) -> Result<Sheet, Failure> {
        let table = session.world().table::<RunDetail>();
        let detail = self.run.as_ref().and_then(|key| table?.get(key));
        let mut sheet = Sheet {
            kind: "Step",
            heads: HEADS.to_vec(),
            nothing: "The run has no steps yet.".to_owned(),
            ..Sheet::default()
        };
        let Some(detail) = detail else {
            let missing = self.missing.clone();
            sheet.missing = vec![missing];
            sheet.more.insert("run".to_owned(), Value::Null);
            tracing::debug!(given = self.given, "no such run");
            return Ok(sheet);
        };
        let ctx = self.eyes.ctx(session, now);
        let said = |id: &str| {
            let column = Runs::columns().iter().find(|c| c.id == id)?;
            Some((column.cell)(&detail.row, &ctx).word().to_owned())
        };
        sheet.more = run_facts(detail, detail.row.item(&said));
        let reader = Reader {
            session,
            run: detail,
            now,
        };
        sheet.lines = detail
            .tree
            .walk()
            .filter_map(|id| reader.line(id))
            .collect();
        Ok(sheet)
    }
}

fn run_facts(detail: &RunDetail, run: Value) -> Map<String, Value> {
    let mut more = Map::new();
    more.insert("run".to_owned(), run);
    more.insert("gap".to_owned(), text(&detail.gap));
    more.insert("shutdown".to_owned(), text(&detail.shutdown));
    more.insert("arguments".to_owned(), parameters(&detail.arguments));
    more.insert("outputs".to_owned(), parameters(&detail.outputs));
    more
}

struct Reader<'a> {
    session: &'a Session,
    run: &'a RunDetail,
    now: Timestamp,
}

impl Reader<'_> {
    fn line(&self, id: StepId) -> Option<Line> {
        let step = self.run.tree.steps.get(id)?;
        let run = &self.run.row.key;
        let key = |namespace: &Clean, name: &Clean| Key {
            cluster: run.cluster.clone(),
            namespace: namespace.clone(),
            name: name.clone(),
        };
        let world = self.session.world();
        let pods = world.table::<PodRow>();
        let pod = pods.and_then(|t| t.get(&key(&run.namespace, &step.pod)));
        let host = pod.map_or(&step.host, |p| &p.node);
        let nodes = world.table::<NodeRow>();
        let node = nodes.and_then(|t| t.get(&key(&Clean::default(), host)));
        let why = cause(step, pod.map(|p| &**p), node.map(|n| &**n), self.run);
        Some(Line {
            key: Key {
                name: step.id.clone(),
                ..run.clone()
            },
            id: step.id.to_string(),
            cells: self.cells(id, step, why.as_ref(), host),
            item: self.item(id, step, why.as_ref(), host),
        })
    }

    fn cells(&self, id: StepId, step: &Step, why: Option<&Cause>, host: &Clean) -> Vec<Cell> {
        let depth = self.run.tree.depth(id);
        let end = step.finished.or(self.run.row.finished);
        let said = match why {
            Some(why) => Cell::Clean(why.sentence.clone(), Role::Text),
            None => Cell::Clean(step.message.clone(), Role::Dim),
        };
        vec![
            Cell::State(mark(step.phase), step.phase.word()),
            Cell::text(format!("{}{}", "  ".repeat(depth), step.label)),
            Cell::dim(word(step.kind)),
            step.started
                .map_or_else(Cell::unknown, |at| Cell::dim(clock(at, self.now))),
            took(step.started, end, self.now)
                .map_or_else(Cell::unknown, |span| Cell::text(span.to_string())),
            said,
            Cell::clean(&step.pod),
            Cell::clean(host),
            Cell::clean(&step.template),
            Cell::clean(&step.id),
        ]
    }

    fn item(&self, id: StepId, step: &Step, why: Option<&Cause>, host: &Clean) -> Value {
        let tree = &self.run.tree;
        let above = tree.parent.get(id).copied().flatten();
        let above = above.and_then(|id| tree.steps.get(id));
        json!({
            "id": text(&step.id),
            "name": text(&step.label),
            "path": text(&step.name),
            "parent": above.map(|s| text(&s.id)),
            "depth": tree.depth(id),
            "type": word(step.kind),
            "engineType": text(&step.engine_kind),
            "template": text(&step.template),
            "state": step.phase.word(),
            "message": text(&step.message),
            "cause": why.map(cause_of),
            "startedAt": time(step.started),
            "finishedAt": time(step.finished),
            "tookSeconds": seconds(step.started, step.finished),
            "attempt": step.attempt,
            "hook": step.hook,
            "cached": step.cached,
            "pod": text(&step.pod),
            "node": text(host),
            "exitCode": step.exit_code,
            "progress": step.progress.map(|p| json!({"done": p.done, "total": p.total})),
            "lock": text(&step.lock),
            "inputs": parameters(&step.inputs),
            "outputs": parameters(&step.outputs),
            "artifactsIn": artifacts(&step.artifacts_in),
            "artifactsOut": artifacts(&step.artifacts_out),
        })
    }
}

fn word(kind: StepKind) -> &'static str {
    match kind {
        StepKind::Task => "task",
        StepKind::Group => "group",
        StepKind::FanOut => "fan-out",
        StepKind::Retry => "retry",
        StepKind::Gate => "gate",
        StepKind::Call => "call",
        StepKind::Skipped => "skipped",
    }
}

fn parameters(list: &[Parameter]) -> Value {
    let one = |p: &Parameter| {
        let value = p.value.as_ref().map(Clean::as_str);
        json!({"name": text(&p.name), "value": value})
    };
    list.iter().map(one).collect::<Vec<_>>().into()
}

fn artifacts(list: &[Artifact]) -> Value {
    let one = |a: &Artifact| json!({"name": text(&a.name), "location": text(&a.location), "deleted": a.deleted});
    list.iter().map(one).collect::<Vec<_>>().into()
}
