//! `midwatch describe`: what is known of one object, in words or as it is written. I/O.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Args, ValueEnum};
use jiff::Timestamp;

use super::args::{Connect, Show};
use super::duration::duration;
use super::exit::{Failure, NOT_FOUND, PARTIAL, say};
use super::get::told;
use super::output::Out;
use super::session::{Session, run as connected};
use crate::app::note::Notes;
use crate::app::screen::Ctx;
use crate::app::text::yaml;
use crate::app::{describe, inspect};
use crate::domain::{
    Clean, ClusterId, CronRow, ExperimentRow, JobKind, JobRow, Key, ManifestRow, NamespaceRow,
    NodeRow, NotebookRow, PodRow, QueueRow, QueuedRow, QuotaRow, RevisionRow, Row, RunRow,
    ServiceRow, ServingMode, Subject, TeamRow, TemplateRow, TrialRow,
};
use crate::kinds::{manifest, spec};
use crate::settings::Settings;
use crate::store::{Scope, Table, Want, World};

/// Rounds in which what was read leads to more: a pod to its run, a run to its cron workflow.
const ROUNDS: usize = 5;

const AFTER_HELP: &str = "\
Without -n the object is looked for in every namespace that may be read.
Values of secrets are never printed, in no form.

Exit codes:
  0    printed
  1    failed: no cluster, or the object could not be read
  2    the arguments are wrong, or more than one object has this name
  3    printed, but not all that belongs to it could be read; each trouble is named on standard error
  4    there is no such object
  130  ended by Ctrl-C";

/// Feed, names.
const KINDS: [(&str, &str, &[&str]); 30] = [
    ("workflows", "run", &["runs", "workflow", "workflows", "wf"]),
    ("pods", "pod", &["pods", "po"]),
    ("nodes", "node", &["nodes", "no"]),
    ("namespaces", "namespace", &["namespaces", "ns"]),
    (
        "cron-workflows",
        "schedule",
        &[
            "schedules",
            "cron",
            "crons",
            "cronworkflow",
            "cronworkflows",
            "cwf",
        ],
    ),
    (
        "templates",
        "template",
        &[
            "templates",
            "workflowtemplate",
            "workflowtemplates",
            "wftmpl",
        ],
    ),
    (
        "services",
        "service",
        &["services", "inferenceservice", "inferenceservices", "isvc"],
    ),
    (
        "llm-services",
        "llm-service",
        &[
            "llm-services",
            "llminferenceservice",
            "llminferenceservices",
            "llmisvc",
        ],
    ),
    ("revisions", "revision", &["revisions", "rev"]),
    ("experiments", "experiment", &["experiments", "exp"]),
    ("trials", "trial", &["trials"]),
    (
        "cluster-queues",
        "cluster-queue",
        &["cluster-queues", "clusterqueue", "cq"],
    ),
    (
        "local-queues",
        "local-queue",
        &["local-queues", "localqueue", "lq"],
    ),
    ("workloads", "workload", &["workloads", "wl"]),
    ("quotas", "quota", &["quotas", "resourcequota"]),
    ("profiles", "profile", &["profiles"]),
    ("notebooks", "notebook", &["notebooks", "nb"]),
    ("pytorchjobs", "pytorchjob", &["pytorchjobs"]),
    ("tfjobs", "tfjob", &["tfjobs"]),
    ("mpijobs", "mpijob", &["mpijobs"]),
    ("mpijobs-v1", "mpijob-v1", &["mpijobs-v1"]),
    ("jaxjobs", "jaxjob", &["jaxjobs"]),
    ("xgboostjobs", "xgboostjob", &["xgboostjobs"]),
    ("paddlejobs", "paddlejob", &["paddlejobs"]),
    ("trainjobs", "trainjob", &["trainjobs"]),
    ("jobsets", "jobset", &["jobsets"]),
    ("rayjobs", "rayjob", &["rayjobs"]),
    ("rayclusters", "raycluster", &["rayclusters"]),
    ("rayservices", "rayservice", &["rayservices"]),
    ("jobs", "job", &["jobs"]),
];

/// Print what is known of one object.
#[derive(Debug, Clone, Args)]
#[command(after_help = AFTER_HELP)]
pub struct DescribeArgs {
    /// What it is
    #[arg(value_name = "KIND", value_parser = parser())]
    kind: String,
    /// Its name, or NAMESPACE/NAME
    #[arg(value_name = "NAME")]
    name: String,
    /// How it is printed
    #[arg(short, long, value_name = "FORM", value_enum, default_value_t)]
    output: Form,
    /// Its namespace
    #[arg(short = 'n', long = "namespace", value_name = "NS")]
    namespace: Option<String>,
    /// How long to wait for answers
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "30s")]
    timeout: Duration,
    /// Kubeconfig file
    #[arg(long, value_name = "PATH")]
    kubeconfig: Option<PathBuf>,
    /// Context to connect to [default: the current context]
    #[arg(long = "context", value_name = "NAME")]
    contexts: Vec<String>,
}

/// How it is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Form {
    /// In words
    #[default]
    Text,
    /// As it is written, as YAML
    Yaml,
    /// As it is written, as JSON
    Json,
}

fn parser() -> PossibleValuesParser {
    let kinds = KINDS
        .iter()
        .map(|(_, name, more)| PossibleValue::new(name).aliases(*more));
    PossibleValuesParser::new(kinds.collect::<Vec<_>>())
}

fn feed_of(kind: &str) -> &'static str {
    let known = |(_, name, more): &&(&str, &str, &[&str])| *name == kind || more.contains(&kind);
    KINDS
        .iter()
        .find(known)
        .map_or("workflows", |(feed, ..)| feed)
}

/// Reads the object and prints it.
pub fn run(args: &DescribeArgs, connect: &Connect, show: &Show) -> Result<ExitCode, Failure> {
    let reach = reach(args, connect);
    let mut out = Out::new(show);
    connected(&reach, show, async |mut session| {
        let found = find(&mut session, args, &reach).await?;
        let Some(subject) = found else {
            let troubled = tell(&session);
            // what a person typed goes to the terminal as it is told back
            let what = format!("{} {}", args.kind, Clean::new(&args.name));
            if troubled {
                say(&format!(
                    "{what} may be there all the same: not everything could be read"
                ));
                return Ok(ExitCode::from(1));
            }
            say(&format!("there is no {what}"));
            return Ok(ExitCode::from(NOT_FOUND));
        };
        read(&mut session, &subject, args).await;
        let printed = print(&session, &subject, args.output, &mut out)?;
        let troubled = tell(&session);
        Ok(match (printed, troubled) {
            (true, false) => ExitCode::SUCCESS,
            (true, true) => ExitCode::from(PARTIAL),
            (false, true) => ExitCode::from(1),
            (false, false) => {
                say(&format!("there is no {} {} any more", args.kind, args.name));
                ExitCode::from(NOT_FOUND)
            }
        })
    })
}

/// What stands after `describe` comes before what stands in front of it.
fn reach(args: &DescribeArgs, outer: &Connect) -> Connect {
    let mut reach = outer.clone();
    if args.kubeconfig.is_some() {
        reach.kubeconfig.clone_from(&args.kubeconfig);
    }
    if !args.contexts.is_empty() {
        reach.contexts.clone_from(&args.contexts);
    }
    if let Some(namespace) = &args.namespace {
        reach.namespaces = vec![namespace.clone()];
    }
    reach
}

/// The object that is meant: by its namespace, or the only one of its name.
async fn find(
    session: &mut Session,
    args: &DescribeArgs,
    reach: &Connect,
) -> Result<Option<Subject>, Failure> {
    let feed = feed_of(&args.kind);
    let namespaced = spec(feed).is_some_and(|s| s.namespaced);
    let split = args.name.split_once('/').filter(|_| namespaced);
    let (namespace, name) = match (split, reach.namespaces.as_slice()) {
        (Some((namespace, name)), _) => (Some(namespace), name),
        (None, [one]) if namespaced => (Some(one.as_str()), &*args.name),
        _ => (None, &*args.name),
    };
    let clusters = session.clusters().to_vec();
    let scope = match namespace {
        Some(namespace) => Scope::Object {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        },
        None if namespaced => Scope::All,
        None => Scope::Object {
            namespace: String::new(),
            name: name.to_owned(),
        },
    };
    session.want(clusters.into_iter().map(|cluster| Want {
        cluster,
        feed,
        scope: scope.clone(),
    }));
    session.settle(args.timeout).await;
    let mut found = named(session.world(), feed, name);
    found.retain(|key| namespace.is_none_or(|namespace| &*key.namespace == namespace));
    match found.as_slice() {
        [] => Ok(None),
        [one] => Ok(Some(inspect::subject(feed, one, &Clean::default()))),
        several => Err(Failure::Usage {
            what: format!("{} objects are called {name}", several.len()),
            hint: format!(
                "Name the namespace with -n, or the cluster with --context: {}",
                several
                    .iter()
                    .map(ToString::to_string)
                    .collect::<Vec<_>>()
                    .join(", ")
            ),
        }),
    }
}

/// Keys of the objects of a feed that have a name.
fn named(world: &World, feed: &str, name: &str) -> Vec<Key> {
    fn keys<R: Row>(world: &World, name: &str) -> Vec<Key> {
        let rows = world.table::<R>().into_iter().flat_map(Table::iter);
        let mut keys: Vec<Key> = rows
            .map(|r| r.key())
            .filter(|k| &*k.name == name)
            .cloned()
            .collect();
        keys.sort();
        keys
    }
    match feed {
        "pods" => keys::<PodRow>(world, name),
        "nodes" => keys::<NodeRow>(world, name),
        "namespaces" => keys::<NamespaceRow>(world, name),
        "cron-workflows" => keys::<CronRow>(world, name),
        "templates" => keys::<TemplateRow>(world, name),
        "services" | "llm-services" => services(world, feed, name),
        "revisions" => keys::<RevisionRow>(world, name),
        "experiments" => keys::<ExperimentRow>(world, name),
        "trials" => keys::<TrialRow>(world, name),
        "cluster-queues" | "local-queues" => keys::<QueueRow>(world, name),
        "workloads" => keys::<QueuedRow>(world, name),
        "quotas" => keys::<QuotaRow>(world, name),
        "profiles" => keys::<TeamRow>(world, name),
        "notebooks" => keys::<NotebookRow>(world, name),
        feed if JobKind::of(feed).is_some() => jobs(world, feed, name),
        _ => keys::<RunRow>(world, name),
    }
}

/// Services of one of the two kinds.
fn services(world: &World, feed: &str, name: &str) -> Vec<Key> {
    let rows = world
        .table::<ServiceRow>()
        .into_iter()
        .flat_map(Table::iter);
    let llm = feed == "llm-services";
    let of = rows.filter(|r| (r.mode == ServingMode::Llm) == llm && &*r.key.name == name);
    let mut keys: Vec<Key> = of.map(|r| r.key.clone()).collect();
    keys.sort();
    keys
}

fn jobs(world: &World, feed: &str, name: &str) -> Vec<Key> {
    let rows = world.table::<JobRow>().into_iter().flat_map(Table::iter);
    let of = rows.filter(|r| r.kind.feed() == feed && &*r.key.name == name);
    let mut keys: Vec<Key> = of.map(|r| r.key.clone()).collect();
    keys.sort();
    keys
}

/// Reads all that belongs to it; what was read may lead to more.
async fn read(session: &mut Session, subject: &Subject, args: &DescribeArgs) {
    session.drop_wants(|want| want.scope == Scope::All);
    for _ in 0..ROUNDS {
        let wants = match args.output {
            Form::Text => with_ctx(session, |ctx| describe::wants(subject, ctx)),
            Form::Yaml | Form::Json => vec![describe::manifest(subject)],
        };
        let known = session.wants().clone();
        if wants.iter().all(|want| known.contains(want)) {
            return;
        }
        session.want(wants);
        session.settle(args.timeout).await;
    }
}

fn with_ctx<T>(session: &Session, work: impl FnOnce(&Ctx<'_>) -> T) -> T {
    let (settings, notes) = (Settings::default(), Notes::default());
    let clusters: Vec<ClusterId> = session.clusters().to_vec();
    work(&Ctx {
        world: session.world(),
        clusters: &clusters,
        settings: &settings,
        notes: &notes,
        loads: session.loads(),
        now: Timestamp::now(),
        page: 0,
    })
}

/// False when the object is not there.
fn print(session: &Session, subject: &Subject, form: Form, out: &mut Out) -> Result<bool, Failure> {
    let key = ManifestRow::key_of(subject.feed, &subject.key);
    let row = session
        .world()
        .table::<ManifestRow>()
        .and_then(|t| t.get(&key));
    let Some(row) = row else {
        return Ok(false);
    };
    match form {
        Form::Yaml => out.text(&yaml::doc(&row.tree, false).text())?,
        Form::Json => out.line(&manifest::pretty(&row.tree))?,
        Form::Text => {
            let doc = with_ctx(session, |ctx| describe::doc(subject, Some(row), ctx));
            for line in &doc.lines {
                for (part, role) in line.parts() {
                    out.role(part, role)?;
                }
                out.line("")?;
            }
        }
    }
    out.flush()?;
    Ok(true)
}

/// Names every trouble on standard error; true when there is one.
fn tell(session: &Session) -> bool {
    let troubles = session.troubles();
    for trouble in &troubles {
        say(&told(trouble));
    }
    !troubles.is_empty()
}
