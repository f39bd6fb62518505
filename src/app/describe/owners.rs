//! What an object belongs to: its owners up to what started it, the node it is on, the template it was made from.
//! Pure.

use super::wants::row;
use crate::app::inspect::{subject, word};
use crate::app::screen::Ctx;
use crate::domain::{Clean, Key, RunRow, Subject, Tree};
use crate::kinds::spec_of;

/// Longest chain that is followed.
const DEEPEST: usize = 4;

/// One object that another belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// How: `owned by`, `on node`.
    pub how: String,
    /// What it is, and its name.
    pub text: String,
    /// It, where its kind is known.
    pub link: Option<Subject>,
    /// It owns the one before it: its own owners belong to the chain.
    pub holds: bool,
}

/// What an object belongs to, the nearest first.
#[must_use]
pub fn owners(of: &Subject, ctx: &Ctx<'_>) -> Vec<Owner> {
    let mut chain = Vec::new();
    let mut at = of.clone();
    for _ in 0..DEEPEST {
        let Some(found) = row(&at, ctx)
            .and_then(|row| owner(&row.tree, &at))
            .or_else(|| started_by(&at, ctx))
        else {
            break;
        };
        let next = found.link.clone();
        chain.push(found);
        match next {
            Some(next) if next != at => at = next,
            _ => break,
        }
    }
    if let Some(row) = row(of, ctx) {
        chain.extend(node(&row.tree, of));
        chain.extend(template(&row.tree, of));
        chain.extend(served(&row.tree, of));
    }
    chain
}

/// The owner that controls an object, or the first one.
fn owner(tree: &Tree, of: &Subject) -> Option<Owner> {
    let references = tree.items_at(&["metadata", "ownerReferences"]);
    let controls = |r: &&Tree| r.text_at(&["controller"]) == "true";
    let reference = references
        .iter()
        .find(controls)
        .or_else(|| references.first())?;
    let (kind, name) = (reference.text_at(&["kind"]), reference.text_at(&["name"]));
    let version = reference.text_at(&["apiVersion"]);
    let group = version.split_once('/').map_or("", |(group, _)| group);
    let spec = spec_of(group, &kind);
    let link = spec.map(|spec| {
        let namespace = if spec.namespaced {
            &*of.key.namespace
        } else {
            ""
        };
        let key = Key::new(of.key.cluster.clone(), namespace, &name);
        subject(spec.feed, &key, &Clean::from(reference.text_at(&["uid"])))
    });
    let called = spec.map_or_else(|| kind.clone(), |spec| word(spec.feed).to_owned());
    Some(Owner {
        how: "owned by".to_owned(),
        text: format!("{called} {name}"),
        link,
        holds: true,
    })
}

/// What the labels of a run say of its origin.
fn started_by(of: &Subject, ctx: &Ctx<'_>) -> Option<Owner> {
    if of.feed != "workflows" {
        return None;
    }
    let run = ctx.world.table::<RunRow>()?.get(&of.key)?;
    let name = run.origin.strip_prefix("cron ");
    let link = name.map(|name| {
        let key = Key {
            name: Clean::new(name),
            ..of.key.clone()
        };
        subject("cron-workflows", &key, &Clean::default())
    });
    (!run.origin.is_empty()).then(|| Owner {
        how: "started by".to_owned(),
        text: run.origin.to_string(),
        link,
        holds: false,
    })
}

fn node(tree: &Tree, of: &Subject) -> Option<Owner> {
    let name = tree.text_at(&["spec", "nodeName"]);
    let key = Key::new(of.key.cluster.clone(), "", &name);
    (of.feed == "pods" && !name.is_empty()).then(|| Owner {
        how: "on node".to_owned(),
        text: name,
        link: Some(subject("nodes", &key, &Clean::default())),
        holds: false,
    })
}

fn template(tree: &Tree, of: &Subject) -> Option<Owner> {
    let path: &[&str] = match of.feed {
        "workflows" => &["spec", "workflowTemplateRef"],
        "cron-workflows" => &["spec", "workflowSpec", "workflowTemplateRef"],
        _ => return None,
    };
    let name = tree.at(path)?.text_at(&["name"]);
    let whole = tree.at(path)?.text_at(&["clusterScope"]) == "true";
    let key = Key {
        name: Clean::new(&name),
        ..of.key.clone()
    };
    (!name.is_empty()).then(|| Owner {
        how: "made from".to_owned(),
        text: format!("{}template {name}", if whole { "cluster " } else { "" }),
        link: (!whole).then(|| subject("templates", &key, &Clean::default())),
        holds: false,
    })
}

/// The revision and the inference service that a pod or a revision belongs to, by its labels: between them stand kinds
/// that midwatch does not read.
fn served(tree: &Tree, of: &Subject) -> Vec<Owner> {
    let label = |name: &str| tree.text_at(&["metadata", "labels", name]);
    let link = |how: &str, feed: &'static str, name: String| {
        let key = Key {
            name: Clean::new(&name),
            ..of.key.clone()
        };
        (!name.is_empty()).then(|| Owner {
            how: how.to_owned(),
            text: format!("{} {name}", word(feed)),
            link: Some(subject(feed, &key, &Clean::default())),
            holds: false,
        })
    };
    let service = link(
        "serves",
        "services",
        label("serving.kserve.io/inferenceservice"),
    );
    match of.feed {
        "revisions" => service.into_iter().collect(),
        "pods" => {
            let revision = link("pod of", "revisions", label("serving.knative.dev/revision"));
            let llm = label("app.kubernetes.io/part-of") == "llminferenceservice";
            let llm = llm.then(|| label("app.kubernetes.io/name"));
            let llm = llm.and_then(|name| link("serves", "llm-services", name));
            let trial = label("katib.kubeflow.org/trial");
            let trial = link("runs for", "trials", trial);
            let all = revision.into_iter().chain(service).chain(llm);
            all.chain(trial).collect()
        }
        _ => Vec::new(),
    }
}
