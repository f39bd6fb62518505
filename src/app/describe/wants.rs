//! What has to be watched for a description. Pure.

use super::owners;
use crate::app::screen::Ctx;
use crate::domain::{JobKind, Key, ManifestRow, PodRow, Subject};
use crate::kinds::{manifest::FEED, spec};
use crate::store::{Scope, Want};

/// The object as it is written.
#[must_use]
pub fn manifest(subject: &Subject) -> Want {
    Want {
        cluster: subject.key.cluster.clone(),
        feed: FEED,
        scope: Scope::Manifest {
            kind: subject.feed,
            namespace: subject.key.namespace.to_string(),
            name: subject.key.name.to_string(),
        },
    }
}

fn object(feed: &'static str, key: &Key) -> Want {
    Want {
        cluster: key.cluster.clone(),
        feed,
        scope: Scope::Object {
            namespace: key.namespace.to_string(),
            name: key.name.to_string(),
        },
    }
}

/// The pods of a run.
#[must_use]
pub fn pods_of(run: &Key) -> Want {
    Want {
        cluster: run.cluster.clone(),
        feed: "pods",
        scope: Scope::Labelled {
            namespace: run.namespace.to_string(),
            selector: format!("workflows.argoproj.io/workflow={}", run.name),
        },
    }
}

/// All that a description of an object is made of: itself, its row, its events, the run it belongs to with the node
/// it is on, and its owners.
#[must_use]
pub fn wants(subject: &Subject, ctx: &Ctx<'_>) -> Vec<Want> {
    let key = &subject.key;
    let mut wants = vec![manifest(subject), object(subject.feed, key)];
    wants.extend(spec(subject.feed).map(|spec| Want {
        cluster: key.cluster.clone(),
        feed: "events",
        scope: Scope::Events {
            namespace: key.namespace.to_string(),
            kind: spec.kind,
            name: key.name.to_string(),
        },
    }));
    match subject.feed {
        "workflows" => wants.extend([object("run", key), pods_of(key)]),
        "cron-workflows" => wants.push(Want {
            cluster: key.cluster.clone(),
            feed: "workflows",
            scope: Scope::Labelled {
                namespace: key.namespace.to_string(),
                selector: format!("workflows.argoproj.io/cron-workflow={}", key.name),
            },
        }),
        "pods" => wants.extend(around(key, ctx)),
        "experiments" => wants.extend(crate::app::trials::beside(key)),
        "trials" => wants.push(crate::app::trials::pods_of(key)),
        feed if JobKind::of(feed).is_some() => {
            wants.extend(crate::app::jobs::beside(feed, key, ctx));
        }
        "services" => wants.push(Want {
            cluster: key.cluster.clone(),
            feed: "revisions",
            scope: Scope::Labelled {
                namespace: key.namespace.to_string(),
                selector: format!("serving.kserve.io/inferenceservice={}", key.name),
            },
        }),
        _ => {}
    }
    for owner in owners::owners(subject, ctx) {
        // an owner's own owner stands in it
        wants.extend(
            owner
                .link
                .filter(|_| owner.holds)
                .map(|link| manifest(&link)),
        );
    }
    wants
}

/// The run of a pod and the node that it is on.
fn around(key: &Key, ctx: &Ctx<'_>) -> Vec<Want> {
    let Some(pod) = ctx.world.table::<PodRow>().and_then(|t| t.get(key)) else {
        return Vec::new();
    };
    let run = (!pod.run.is_empty()).then(|| {
        object(
            "run",
            &Key {
                name: pod.run.clone(),
                ..key.clone()
            },
        )
    });
    let node = (!pod.node.is_empty())
        .then(|| object("nodes", &Key::new(key.cluster.clone(), "", &pod.node)));
    run.into_iter().chain(node).collect()
}

/// The object of a link, as last seen.
pub fn row<'a>(subject: &Subject, ctx: &Ctx<'a>) -> Option<&'a std::sync::Arc<ManifestRow>> {
    let key = ManifestRow::key_of(subject.feed, &subject.key);
    ctx.world.table::<ManifestRow>()?.get(&key)
}
