//! Which logs are meant: from the name of a run, step or pod to containers. I/O through the session.

use std::collections::BTreeSet;

use super::LogsArgs;
use crate::cli::exit::{Failure, NOT_FOUND};
use crate::cli::get::told;
use crate::cli::session::{Session, Trouble};
use crate::domain::{Clean, ClusterId, Key, Phase, PodRow, RunDetail, RunRow, Step, StepId};
use crate::store::{Scope, Table, Want};

/// Names told when none fits.
const NAMED: usize = 5;

/// What a name stands for.
#[derive(Debug, Clone)]
pub struct Found {
    /// The run or pod.
    pub key: Key,
    /// It is a run.
    pub is_run: bool,
}

/// One container's log.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stream {
    /// Namespace of the pod.
    pub namespace: String,
    /// The pod.
    pub pod: String,
    /// The container.
    pub container: String,
    /// What is printed in front of its lines.
    pub label: String,
}

/// Looks for a run, then for a pod of the name, and watches what belongs to it.
pub async fn find(
    session: &mut Session,
    args: &LogsArgs,
    namespaces: &[String],
) -> Result<Found, Failure> {
    let (places, name) = match args.name.split_once('/') {
        Some((namespace, name)) => (vec![namespace.to_owned()], name),
        None => (namespaces.to_vec(), args.name.as_str()),
    };
    let mut found = None;
    for (feed, is_run) in [("workflows", true), ("pods", false)] {
        session.want(wants(session.clusters(), feed, &places));
        session.settle(args.timeout).await;
        let keys: Vec<Key> = keys(session, is_run)
            .into_iter()
            .filter(|k| k.name.as_str() == name)
            .collect();
        found = one(keys, name)?.map(|key| Found { key, is_run });
        if found.is_some() {
            break;
        }
    }
    let Some(found) = found else {
        return Err(missing(session, name));
    };
    session.drop_wants(|_| true);
    session.want(needs(&found));
    session.settle(args.timeout).await;
    Ok(found)
}

fn wants(clusters: &[ClusterId], feed: &'static str, places: &[String]) -> Vec<Want> {
    let scopes: Vec<Scope> = match places {
        [] => vec![Scope::All],
        named => named.iter().cloned().map(Scope::Namespace).collect(),
    };
    let all = clusters.iter().flat_map(|cluster| {
        scopes.iter().map(|scope| Want {
            cluster: cluster.clone(),
            feed,
            scope: scope.clone(),
        })
    });
    all.collect()
}

/// What has to be watched to know the containers of a run or pod.
fn needs(found: &Found) -> Vec<Want> {
    let want = |feed, scope| Want {
        cluster: found.key.cluster.clone(),
        feed,
        scope,
    };
    let namespace = found.key.namespace.to_string();
    let name = found.key.name.to_string();
    let object = Scope::Object {
        namespace: namespace.clone(),
        name: name.clone(),
    };
    if !found.is_run {
        return vec![want("pods", object)];
    }
    let selector = format!("workflows.argoproj.io/workflow={name}");
    let pods = Scope::Labelled {
        namespace,
        selector,
    };
    vec![want("run", object), want("pods", pods)]
}

fn keys(session: &Session, runs: bool) -> Vec<Key> {
    let world = session.world();
    if runs {
        let all = world.table::<RunRow>().into_iter().flat_map(Table::iter);
        all.map(|r| r.key.clone()).collect()
    } else {
        let all = world.table::<PodRow>().into_iter().flat_map(Table::iter);
        all.map(|p| p.key.clone()).collect()
    }
}

fn one(mut keys: Vec<Key>, name: &str) -> Result<Option<Key>, Failure> {
    if keys.len() > 1 {
        let places: Vec<String> = keys.iter().map(ToString::to_string).collect();
        return Err(Failure::Usage {
            what: format!(
                "{} is there more than once: {}",
                Clean::new(name),
                places.join(", ")
            ),
            hint: "Say which with -n NAMESPACE or --context NAME.".to_owned(),
        });
    }
    Ok(keys.pop())
}

/// No run and no pod has the name: says what is there, and what could not be asked.
fn missing(session: &Session, name: &str) -> Failure {
    let mut near: Vec<(usize, String)> = [true, false]
        .iter()
        .flat_map(|runs| keys(session, *runs))
        .filter_map(|key| {
            Some((
                alike(&key.name, name)?,
                format!("{}/{}", key.namespace, key.name),
            ))
        })
        .collect();
    near.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    near.dedup();
    let names: Vec<String> = near.into_iter().take(NAMED).map(|(_, n)| n).collect();
    let troubles = session.troubles();
    let blind = troubles.iter().any(Trouble::is_blind);
    let name = Clean::new(name);
    // what could not be asked is not denied
    let mut message = if blind {
        format!(
            "no run and no pod {name} was found, but it may be there all the same: not everything could be read"
        )
    } else {
        format!("there is no run and no pod {name}")
    };
    if !names.is_empty() {
        message = format!("{message}; there is {}", names.join(", "));
    }
    for trouble in &troubles {
        message = format!("{message}\n{}", told(trouble));
    }
    Failure::Ended {
        message,
        code: if blind { 1 } else { NOT_FOUND },
    }
}

/// How much of the beginning of two names is the same; none when too little to be meant.
fn alike(there: &str, given: &str) -> Option<usize> {
    let same = there
        .chars()
        .zip(given.chars())
        .take_while(|(a, b)| a == b)
        .count();
    let inside = given.len() > 2 && there.contains(given);
    (same >= 4 || inside || same == given.chars().count()).then_some(same)
}

/// The containers whose logs are asked for, as far as they are known now.
pub fn streams(
    session: &Session,
    found: &Found,
    args: &LogsArgs,
) -> Result<BTreeSet<Stream>, Failure> {
    let detail = detail(session, found);
    let wanted = match (&args.step, detail) {
        (None, _) => None,
        (Some(step), Some(detail)) => Some(pods_of(detail, step)?),
        (Some(_), None) if found.is_run => return Err(session_trouble(session)),
        (Some(step), None) => {
            return Err(Failure::Usage {
                what: format!(
                    "{} is a pod, which has no step {}",
                    found.key.name,
                    Clean::new(step)
                ),
                hint: "Name a run to choose a step, or a container with -c.".to_owned(),
            });
        }
    };
    let pods = session.world().table::<PodRow>();
    let mut all = BTreeSet::new();
    let mut names = BTreeSet::new();
    for pod in pods.into_iter().flat_map(Table::iter) {
        let own = if found.is_run {
            pod.run == found.key.name
        } else {
            pod.key == found.key
        };
        let chosen = wanted
            .as_ref()
            .is_none_or(|w| w.contains(pod.key.name.as_str()));
        if own && chosen {
            names.extend(pod.containers.iter().map(|c| c.name.to_string()));
            all.extend(of_pod(pod, detail, args));
        }
    }
    match &args.container {
        Some(container) if all.is_empty() && !names.is_empty() => {
            let there: Vec<String> = names.into_iter().collect();
            Err(absent(format!(
                "there is no container {}; there is {}",
                Clean::new(container),
                there.join(", ")
            )))
        }
        _ => Ok(all),
    }
}

/// Steps that ended and whose pods are gone, so that nothing can be read of them: a sentence for each that failed, and
/// one for all others.
pub fn gone(session: &Session, found: &Found, args: &LogsArgs) -> Vec<String> {
    let Some(detail) = detail(session, found) else {
        return Vec::new();
    };
    // pods that were not listed may be there
    if session.troubles().iter().any(|t| t.id.feed == "pods") {
        return Vec::new();
    }
    let wanted = args.step.as_ref().and_then(|s| pods_of(detail, s).ok());
    let pods = session.world().table::<PodRow>();
    let is_gone = |step: &&Step| {
        let key = Key {
            name: step.pod.clone(),
            ..found.key.clone()
        };
        let chosen = wanted
            .as_ref()
            .is_none_or(|w| w.contains(step.pod.as_str()));
        let ran = step.phase.is_final() && !step.cached && !step.pod.is_empty();
        ran && chosen && pods.is_none_or(|t| t.get(&key).is_none())
    };
    let steps = detail.tree.steps.iter().filter(is_gone);
    let (failed, others): (Vec<&Step>, Vec<&Step>) =
        steps.partition(|s| matches!(s.phase, Phase::Failed | Phase::Error));
    let mut said: Vec<String> = failed.into_iter().map(lost).collect();
    let names: Vec<&str> = others.iter().map(|s| s.label.as_str()).collect();
    if !names.is_empty() {
        let which = names.join(", ");
        said.push(format!("not read, since their pods are gone: {which}"));
    }
    said
}

fn lost(step: &Step) -> String {
    let logs = step.artifacts_out.iter();
    let kept = logs
        .filter(|a| !a.deleted)
        .find(|a| a.name.ends_with("-logs"));
    let log = kept.map_or_else(
        || ", and its log with it".to_owned(),
        |a| format!("; its log is kept at {}", a.location),
    );
    let word = step.phase.word();
    format!("{} {word}: its pod {} is gone{log}", step.label, step.pod)
}

/// Why the step that was named has no pod, when it has none.
pub fn podless(session: &Session, found: &Found, args: &LogsArgs) -> Option<String> {
    let detail = detail(session, found)?;
    let given = args.step.as_deref()?;
    let named = |s: &&Step| {
        [&s.label, &s.name, &s.id]
            .iter()
            .any(|n| n.as_str() == given)
    };
    let step = detail.tree.steps.iter().find(named)?;
    let none = pods_of(detail, given).is_ok_and(|pods| pods.is_empty());
    let why = Some(step.without_pod()).filter(|why| none && !why.is_empty())?;
    Some(format!(
        "step {} of {} has no pod: {why}",
        step.label, found.key.name
    ))
}

/// The run as it is known, with its steps.
pub fn detail<'a>(session: &'a Session, found: &Found) -> Option<&'a RunDetail> {
    let table = session.world().table::<RunDetail>()?;
    table.get(&found.key).map(|d| &**d)
}

fn absent(message: String) -> Failure {
    Failure::Ended {
        message,
        code: NOT_FOUND,
    }
}

fn session_trouble(session: &Session) -> Failure {
    match session.troubles().first() {
        None => absent("the steps of the run are not known: the run is gone".to_owned()),
        Some(trouble) => Failure::Ended {
            message: format!("the steps of the run are not known\n{}", told(trouble)),
            code: 1,
        },
    }
}

/// Names of the pods of a step and of all below it.
fn pods_of(detail: &RunDetail, step: &str) -> Result<BTreeSet<String>, Failure> {
    let tree = &detail.tree;
    let mut open: Vec<StepId> = (0..tree.steps.len())
        .filter(|id| {
            let found = tree.steps.get(*id);
            found.is_some_and(|s| {
                [&s.label, &s.name, &s.id]
                    .iter()
                    .any(|n| n.as_str() == step)
            })
        })
        .collect();
    if open.is_empty() {
        let mut labels: Vec<(usize, String)> = tree
            .steps
            .iter()
            .map(|s| (alike(&s.label, step).unwrap_or(0), s.label.to_string()))
            .collect();
        labels.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        labels.dedup();
        let names: Vec<String> = labels.into_iter().take(10).map(|(_, n)| n).collect();
        return Err(absent(format!(
            "the run has no step {}; it has {}",
            Clean::new(step),
            names.join(", ")
        )));
    }
    let mut pods = BTreeSet::new();
    while let Some(id) = open.pop() {
        open.extend_from_slice(tree.children(id));
        let pod = tree.steps.get(id).map(|s| s.pod.to_string());
        pods.extend(pod.filter(|p| !p.is_empty()));
    }
    Ok(pods)
}

fn of_pod(pod: &PodRow, detail: Option<&RunDetail>, args: &LogsArgs) -> Vec<Stream> {
    let names = |pick: &dyn Fn(&crate::domain::ContainerRow) -> bool| -> Vec<String> {
        let all = pod.containers.iter().filter(|c| pick(c));
        all.map(|c| c.name.to_string()).collect()
    };
    let containers = if args.all_containers {
        names(&|_| true)
    } else if let Some(given) = &args.container {
        names(&|c| c.name.as_str() == given)
    } else {
        let main = names(&|c| c.name.as_str() == "main");
        let own = names(&|c| !c.init);
        main.into_iter().chain(own).take(1).collect()
    };
    let step = detail.and_then(|d| d.tree.steps.iter().find(|s| s.pod == pod.key.name));
    let label = step.map_or(&pod.key.name, |s| &s.label);
    let several = containers.len() > 1;
    let all = containers.into_iter().map(|container| Stream {
        namespace: pod.key.namespace.to_string(),
        pod: pod.key.name.to_string(),
        label: if several {
            format!("{label}/{container}")
        } else {
            label.to_string()
        },
        container,
    });
    all.collect()
}
