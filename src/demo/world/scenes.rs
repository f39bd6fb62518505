//! What people run on the platform: templates, cron workflows, and runs that somebody submits once. The manifests
//! stand in `scenes/`, one file per namespace. Pure but for the store.

use serde_json::{Value, json};

use super::simulation::{Due, World};
use super::{gitops, serving};
use crate::demo::catalog::{self, text};
use crate::demo::drill;
use crate::demo::site::stamp;

/// A file of manifests.
const FILES: [&str; 12] = [
    include_str!("scenes/ml-fraud.yaml"),
    include_str!("scenes/ml-churn.yaml"),
    include_str!("scenes/ml-nlp.yaml"),
    include_str!("scenes/recsys.yaml"),
    include_str!("scenes/platform.yaml"),
    include_str!("scenes/argocd.yaml"),
    include_str!("scenes/serving.yaml"),
    include_str!("scenes/monitoring.yaml"),
    include_str!("scenes/katib.yaml"),
    include_str!("scenes/gpu-operator.yaml"),
    include_str!("scenes/training.yaml"),
    include_str!("scenes/kueue.yaml"),
];

/// When a scene is submitted: minutes after the opening, negative for the past.
const SUBMIT: &str = "rig.midwatch.dev/submit-at";

/// All manifests, in order.
pub(in crate::demo) fn manifests() -> Vec<Value> {
    let documents = FILES.iter().flat_map(|f| f.split("\n---\n"));
    documents
        .filter(|d| !d.trim().is_empty())
        .filter_map(|d| match serde_saphyr::from_str(d) {
            Ok(value) => Some(value),
            Err(error) => {
                tracing::error!(%error, "a manifest of the demo cannot be read");
                None
            }
        })
        .collect()
}

/// Stores what stands there from the start and puts the rest on the agenda.
pub(super) fn prepare(world: &mut World) {
    let mut manifests = drill::cast(manifests(), world.site.drill());
    let history = serving::histories(&mut manifests);
    let applications = gitops::prepare(world, &mut manifests);
    for mut manifest in manifests {
        if serving::found(world, &manifest, &history) {
            continue;
        }
        let Some(id) = catalog::find_kind(text(&manifest, "/apiVersion"), text(&manifest, "/kind"))
        else {
            continue;
        };
        let minutes = manifest["metadata"]["annotations"][SUBMIT]
            .as_str()
            .and_then(|m| m.parse::<f64>().ok());
        if let Some(minutes) = minutes {
            #[allow(clippy::cast_possible_truncation)]
            let at = (minutes * 60_000.0) as i64;
            world.agenda.add(at, Due::Submit(world.scenes.len()));
            world.scenes.push(manifest);
        } else {
            let since = world.long_ago(text(&manifest, "/metadata/name"));
            manifest["metadata"]["creationTimestamp"] = stamp(since);
            let writer = gitops::writer_of(&manifest);
            world.create(id, manifest, writer);
        }
    }
    for application in applications {
        gitops::found(world, application);
    }
}

/// Somebody submits a scene.
pub(super) fn submit(world: &mut World, index: usize) {
    let Some(mut manifest) = world.scenes.get(index).cloned() else {
        return;
    };
    let base = text(&manifest, "/metadata/generateName").to_owned();
    if !base.is_empty() {
        let suffix = world.chance_of(&format!("{base}{index}")).suffix(5);
        manifest["metadata"]["name"] = json!(format!("{base}{suffix}"));
    }
    if let Some(annotations) = manifest["metadata"]["annotations"].as_object_mut() {
        annotations.remove(SUBMIT);
    }
    let id = catalog::find_kind(text(&manifest, "/apiVersion"), text(&manifest, "/kind"));
    world.create(id.unwrap_or_else(super::workflows), manifest, "argo");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_manifest_can_be_read_and_is_of_a_kind_that_is_served() {
        let documents: usize = FILES.iter().map(|f| f.split("\n---\n").count()).sum();
        let all = manifests();
        assert_eq!(all.len(), documents);
        for manifest in &all {
            let id =
                catalog::find_kind(text(manifest, "/apiVersion"), text(manifest, "/kind")).unwrap();
            let problems = crate::demo::admit::check_created(catalog::ALL[id], &{
                let mut m = manifest.clone();
                if m["metadata"]["name"].is_null() {
                    m["metadata"]["name"] = json!("x");
                }
                m
            });
            assert_eq!(problems, [], "{manifest}");
        }
    }
}
